//! Programs that run until we stop them: the core, the edge, emulators, Postgres.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use crate::checkout::create_dir;
use crate::command::tail;
use crate::interrupt;

const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);

/// A running program with everything it starts, which is one process group. Stopped at the latest when dropped.
pub(crate) struct Service {
    name: &'static str,
    child: Child,
    log: PathBuf,
    stop_with: Signal,
    record: Option<Record>,
    stopped: bool,
}

impl Service {
    /// Starts `command` with its output in `log`.
    pub(crate) fn spawn(name: &'static str, command: &mut Command, log: &Path) -> Result<Self> {
        let file = File::create(log).with_context(|| format!("creating {}", log.display()))?;
        let errors = file.try_clone().context("sharing the log")?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting {name} ({})", command.get_program().display()))?;
        Ok(Self {
            name,
            child,
            log: log.to_owned(),
            stop_with: Signal::TERM,
            record: None,
            stopped: false,
        })
    }

    /// Notes it under `records`, so that the next run can stop it should we be killed.
    pub(crate) fn recorded(mut self, records: &Path) -> Result<Self> {
        self.record = Some(Record::write(records, self.name, &self.child)?);
        Ok(self)
    }

    /// Asks it to stop by another signal than SIGTERM.
    pub(crate) fn stopped_with(mut self, signal: Signal) -> Self {
        self.stop_with = signal;
        self
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// # Errors
    /// When it has ended; the error ends with the tail of its log.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.child.try_wait().context("asking for a program's state")? {
            None => Ok(()),
            Some(status) => Err(self.ended(status)),
        }
    }

    /// Waits until `ready` says so.
    ///
    /// # Errors
    /// When it ends, is not ready in time, or somebody asks us to stop.
    pub(crate) fn wait_until(&mut self, limit: Duration, mut ready: impl FnMut() -> bool) -> Result<()> {
        let started = Instant::now();
        while !ready() {
            interrupt::check()?;
            self.check()?;
            if started.elapsed() > limit {
                bail!(
                    "{} was not ready after {} s. The end of {}:\n{}",
                    self.name,
                    limit.as_secs(),
                    self.log.display(),
                    tail(&self.log, 30)
                );
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Asks it to stop, and kills what has not stopped in time.
    pub(crate) fn stop(&mut self) {
        if self.stopped {
            return;
        }
        self.stopped = true;
        let group = Pid::from_child(&self.child);
        let _gone = kill_process_group(group, self.stop_with);
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            // Reaped here, so that the group can become empty.
            let leader_ended = self.child.try_wait().is_ok_and(|status| status.is_some());
            if leader_ended && test_kill_process_group(group).is_err() {
                break;
            }
            thread::sleep(POLL);
        }
        let _gone = kill_process_group(group, Signal::KILL);
        let _reaped = self.child.wait();
        if let Some(record) = &self.record {
            record.remove();
        }
    }

    fn ended(&self, status: ExitStatus) -> anyhow::Error {
        let log = self.log.display();
        anyhow!(
            "{} ended ({status}). The end of {log}:\n{}",
            self.name,
            tail(&self.log, 30)
        )
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Services in the order in which they were started, and stopped in the opposite one.
#[derive(Default)]
pub(crate) struct Services(Vec<Service>);

impl Services {
    pub(crate) fn push(&mut self, service: Service) {
        self.0.push(service);
    }

    /// # Errors
    /// When one of them has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.0.iter_mut().try_for_each(Service::check)
    }

    /// Waits until `ready` has an answer, as long as all of them run.
    ///
    /// # Errors
    /// When one ends, the time is over (`what` says what did not happen), or somebody asks us to stop.
    pub(crate) fn wait_for<T>(
        &mut self,
        what: &str,
        limit: Duration,
        mut ready: impl FnMut() -> Result<Option<T>>,
    ) -> Result<T> {
        let started = Instant::now();
        loop {
            if let Some(answer) = ready()? {
                return Ok(answer);
            }
            interrupt::check()?;
            self.check()?;
            if started.elapsed() > limit {
                bail!(
                    "{what} did not happen within {} s; the logs are in .local/logs",
                    limit.as_secs()
                );
            }
            thread::sleep(POLL);
        }
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        // The edge may still hand hits to the queue, and the core write to the database.
        while let Some(mut service) = self.0.pop() {
            service.stop();
        }
    }
}

/// Stops what an earlier run left behind when it was killed, and says what that was.
pub(crate) fn stop_survivors(records: &Path) -> Result<Vec<String>> {
    create_dir(records)?;
    let mut stopped = Vec::new();
    for entry in fs::read_dir(records)
        .context("reading what an earlier run left")?
        .flatten()
    {
        let record = Record { path: entry.path() };
        if let Some(group) = record.survivor() {
            let _gone = kill_process_group(group, Signal::TERM);
            let started = Instant::now();
            while test_kill_process_group(group).is_ok() && started.elapsed() < PATIENCE {
                thread::sleep(POLL);
            }
            let _gone = kill_process_group(group, Signal::KILL);
            stopped.push(entry.file_name().to_string_lossy().into_owned());
        }
        record.remove();
    }
    Ok(stopped)
}

/// A file that holds a service's process id and when that process started: ids are used again.
struct Record {
    path: PathBuf,
}

impl Record {
    fn write(records: &Path, name: &str, child: &Child) -> Result<Self> {
        create_dir(records)?;
        let path = records.join(name);
        let birth = birth(child.id()).unwrap_or_default();
        fs::write(&path, format!("{} {birth}", child.id()))
            .with_context(|| format!("writing {}", path.display()))?;
        Ok(Self { path })
    }

    /// The group of the process that the file names, if that very process still runs.
    fn survivor(&self) -> Option<Pid> {
        let text = fs::read_to_string(&self.path).ok()?;
        let (id, born) = text.split_once(' ')?;
        let id: u32 = id.parse().ok()?;
        if birth(id)? != born {
            return None;
        }
        Pid::from_raw(i32::try_from(id).ok()?)
    }

    fn remove(&self) {
        let _absent_is_fine = fs::remove_file(&self.path);
    }
}

/// When a process started, in the system's own words; none when there is no such process.
fn birth(id: u32) -> Option<String> {
    if Path::new("/proc/self/stat").exists() {
        return start_ticks(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?).map(str::to_owned);
    }
    let output = Command::new("ps")
        .args(["-o", "lstart=", "-p", &id.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// Field 22 of `/proc/<id>/stat`. The second is the program's name in brackets and may hold anything.
fn start_ticks(stat: &str) -> Option<&str> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(19)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_process_is_read_past_an_odd_name() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 10 20";
        assert_eq!(start_ticks(stat), Some("987654"));
    }

    #[test]
    fn a_service_left_behind_is_stopped_by_the_next_run() {
        let folder = std::env::temp_dir().join(format!("marquee-service-{}", std::process::id()));
        let records = folder.join("run");
        create_dir(&records).unwrap();
        let mut child = Command::new("sh")
            .args(["-c", "sleep 60 & wait"])
            .process_group(0)
            .spawn()
            .unwrap();
        Record::write(&records, "sleeper", &child).unwrap();
        fs::write(records.join("reused"), format!("{} another", std::process::id())).unwrap();

        // Somebody has to reap it, as init does for a survivor.
        let reaper = thread::spawn(move || child.wait().unwrap());
        assert_eq!(
            stop_survivors(&records).unwrap(),
            ["sleeper"],
            "we ourselves are not what `reused` names"
        );
        assert!(!reaper.join().unwrap().success());
        assert_eq!(fs::read_dir(&records).unwrap().count(), 0);
        fs::remove_dir_all(&folder).unwrap();
    }
}
