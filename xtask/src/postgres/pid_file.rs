//! `postmaster.pid`, in which a server says who and where it is.

use std::fs;
use std::path::Path;

use rustix::process::Pid;

const NAME: &str = "postmaster.pid";

pub(crate) struct PidFile {
    id: u32,
    status: String,
}

/// None when there is no such file, or it is still being written.
pub(crate) fn read(data: &Path) -> Option<PidFile> {
    parse(&fs::read_to_string(data.join(NAME)).ok()?)
}

pub(crate) fn remove(data: &Path) {
    let _absent_is_fine = fs::remove_file(data.join(NAME));
}

impl PidFile {
    /// Whether the server with this process id takes connections.
    pub(crate) fn ready(&self, id: u32) -> bool {
        self.id == id && self.status == "ready"
    }

    /// The server's process, if it really is one that serves `data`: after a crash the id may be another's.
    pub(crate) fn running(&self, data: &Path) -> Option<Pid> {
        let pid = Pid::from_raw(i32::try_from(self.id).ok()?)?;
        if Path::new("/proc/self/cwd").exists() {
            // A server works in its data folder.
            let cwd = fs::read_link(format!("/proc/{}/cwd", self.id)).ok()?;
            return (cwd == data.canonicalize().ok()?).then_some(pid);
        }
        rustix::process::test_kill_process(pid).is_ok().then_some(pid)
    }
}

/// Lines: process id, data folder, start time, port, socket folder, address, shared memory key, status.
fn parse(text: &str) -> Option<PidFile> {
    let mut lines = text.lines();
    let id = lines.next()?.trim().parse().ok()?;
    let status = lines.nth(6).unwrap_or_default().trim().to_owned();
    Some(PidFile { id, status })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_ready_when_its_last_line_says_so() {
        let text = "4711\n/data\n1795329180\n5433\n\n127.0.0.1\n  5243 7\nready   \n";
        assert!(parse(text).unwrap().ready(4711));
        assert!(!parse(text).unwrap().ready(4712), "the file of another server");
        let starting = text.replace("ready", "starting");
        assert!(!parse(&starting).unwrap().ready(4711));
        assert!(!parse("4711\n").unwrap().ready(4711), "half written");
    }
}
