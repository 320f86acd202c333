//! Running other programs to their end, so that a failure says what to look at and Ctrl-C stops them too.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::interrupt;
use crate::progress::Step;

const POLL: Duration = Duration::from_millis(50);

/// What `cargo run` tells of this package. Build scripts look at it (ring's does), so a cargo started with it would
/// build anew what a developer's own cargo has built, and the other way round.
const OF_CARGO_RUN: [&str; 7] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// Runs `command` with its output in `log`, the latest line of it shown by `step`.
///
/// # Errors
/// When it cannot be started or fails; then the error ends with the tail of the log.
pub(crate) fn run(command: &mut Command, log: &Path, step: &Step) -> Result<()> {
    let file = File::create(log).with_context(|| format!("creating {}", log.display()))?;
    let errors = file.try_clone().context("sharing the log")?;
    command.stdin(Stdio::null()).stdout(file).stderr(errors);
    let status = finish(command, || {
        if let Some(line) = last_line(log) {
            step.say(&line);
        }
    })?;
    if !status.success() {
        bail!(
            "`{}` failed ({status}). The end of {}:\n{}",
            line(command),
            log.display(),
            tail(log, 30)
        );
    }
    Ok(())
}

/// Runs `command` with its output where ours goes.
pub(crate) fn run_attached(command: &mut Command) -> Result<()> {
    let status = finish(command.stdin(Stdio::null()), || {})?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs `command` and returns what it printed.
pub(crate) fn capture(command: &mut Command) -> Result<String> {
    let output = forget_cargo_run(command)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("starting `{}`", line(command)))?;
    if !output.status.success() {
        bail!(
            "`{}` failed ({})\n{}",
            line(command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("reading what `{}` printed", line(command)))
}

fn finish(command: &mut Command, mut meanwhile: impl FnMut()) -> Result<ExitStatus> {
    // A group of its own: Ctrl-C reaches only us, and we stop the program with all that it started.
    let mut child = forget_cargo_run(command)
        .process_group(0)
        .spawn()
        .with_context(|| format!("starting `{}`", line(command)))?;
    loop {
        if let Some(status) = child.try_wait().context("waiting for a program")? {
            return Ok(status);
        }
        if interrupt::requested() {
            signal_group(&child, Signal::TERM);
            child.wait().context("waiting for a program to stop")?;
            return Err(interrupt::Interrupted.into());
        }
        meanwhile();
        thread::sleep(POLL);
    }
}

fn forget_cargo_run(command: &mut Command) -> &mut Command {
    OF_CARGO_RUN
        .iter()
        .fold(command, |command, name| command.env_remove(name))
}

/// Signals a child's whole group; that it is gone already is what we wanted.
pub(crate) fn signal_group(child: &Child, signal: Signal) {
    let _gone = kill_process_group(Pid::from_child(child), signal);
}

/// The last `lines` lines of a file.
pub(crate) fn tail(path: &Path, lines: usize) -> String {
    let text = fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    let from = all.len().saturating_sub(lines);
    all.get(from..).unwrap_or_default().join("\n")
}

/// The last line of a file that is not blank.
pub(crate) fn last_line(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let end = file.seek(SeekFrom::End(0)).ok()?;
    file.seek(SeekFrom::Start(end.saturating_sub(400))).ok()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    text.lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .map(str::to_owned)
}

/// The command as one would type it, without its environment.
fn line(command: &Command) -> String {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_printed_as_one_would_type_it() {
        assert_eq!(
            line(Command::new("cargo").args(["test", "--workspace"])),
            "cargo test --workspace"
        );
    }

    #[test]
    fn a_program_does_not_hear_which_package_cargo_runs() {
        let seen =
            capture(Command::new("sh").args(["-c", "echo \"$CARGO_MANIFEST_DIR$CARGO_PKG_NAME\""])).unwrap();
        assert_eq!(seen, "\n");
    }

    #[test]
    fn a_failure_names_the_command() {
        let error = capture(Command::new("sh").args(["-c", "echo no such thing >&2; exit 3"])).unwrap_err();
        assert!(error.to_string().contains("no such thing"), "{error}");
    }
}
