//! Where and when: a figure without them means nothing.

use std::fs;
use std::process::Command;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A few lines of Markdown on the machine, its load now, the date and the commit.
pub fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    #[expect(clippy::disallowed_methods, reason = "the date in a report's head")]
    let now = OffsetDateTime::now_utc();
    format!(
        "- {} · {cores} cores · {} memory · Linux {}\n- {} · commit {} · load average at the start {}\n",
        field("/proc/cpuinfo", "model name"),
        field("/proc/meminfo", "MemTotal"),
        line("/proc/sys/kernel/osrelease"),
        now.replace_nanosecond(0)
            .unwrap_or(now)
            .format(&Rfc3339)
            .unwrap_or_default(),
        commit(),
        load(),
    )
}

/// Processes that wanted to run, over 1, 5 and 15 minutes. More than about 0.3 before the start spoils figures.
pub fn load() -> String {
    line("/proc/loadavg")
        .split(' ')
        .take(3)
        .collect::<Vec<_>>()
        .join(" ")
}

fn commit() -> String {
    let output = Command::new("git")
        .args(["describe", "--always", "--dirty", "--abbrev=10"])
        .output();
    output.map_or_else(
        |_| "unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

fn line(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

/// The value of the first `name : value` in a file of such lines.
fn field(path: &str, name: &str) -> String {
    line(path)
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.trim() == name)
        .map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
}
