//! Programs that tests start: ended by their id when dropped, and also when the tests themselves are killed.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::eventually;

const PATIENCE: Duration = Duration::from_secs(5);

/// A running program with whatever it starts itself: one process group. Ended at the latest when dropped.
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    ended: Option<ExitStatus>,
}

impl Process {
    /// Starts `command`; what it prints is added to `log`.
    pub fn spawn(name: &str, command: &mut Command, log: &Path) -> Self {
        let out = OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .expect("a log");
        let errors = out.try_clone().expect("the log once more");
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(errors)
            .process_group(0)
            .spawn();
        let child = child.unwrap_or_else(|error| panic!("starting {name}: {error}"));
        Watchdog::note('+', child.id());
        Self {
            name: name.to_owned(),
            child,
            log: log.to_owned(),
            ended: None,
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    pub fn status(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().expect("the state of a child");
            if self.ended.is_some() {
                Watchdog::note('-', self.child.id());
            }
        }
        self.ended
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        let _gone = kill_process_group(self.pid(), Signal::KILL);
        let _reaped = self.child.wait();
        self.status();
    }

    /// Sends it a signal, and nothing to what it started.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("a running process");
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// When it does not end in time.
    pub async fn ended(&mut self, within: Duration) -> ExitStatus {
        let what = format!("the end of {}", self.name);
        eventually(&what, within, async || self.status().ok_or("it runs")).await
    }

    /// Waits until `ready` finds something.
    ///
    /// # Panics
    /// When it ends or is not ready in time; the message has the end of its log.
    pub async fn until<T>(&mut self, within: Duration, mut ready: impl AsyncFnMut(&str) -> Option<T>) -> T {
        let started = Instant::now();
        loop {
            if let Some(found) = ready(&fs::read_to_string(&self.log).unwrap_or_default()).await {
                return found;
            }
            let waited = started.elapsed();
            if let Some(status) = self.status() {
                panic!(
                    "{} ended ({status}) before it was ready:\n{}",
                    self.name,
                    self.tail()
                );
            }
            assert!(
                waited < within,
                "{} was not ready after {waited:?}:\n{}",
                self.name,
                self.tail()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The end of its log, with the log's name.
    pub fn tail(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let mut tail = format!("the end of {}:\n", self.log.display());
        for line in &lines[lines.len().saturating_sub(20)..] {
            let _infallible = writeln!(tail, "  {line}");
        }
        tail
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.status().is_none() {
            let _gone = kill_process_group(self.pid(), Signal::TERM);
            let started = Instant::now();
            while self.status().is_none() && started.elapsed() < PATIENCE {
                thread::sleep(Duration::from_millis(20));
            }
        }
        // What it started may outlive it.
        let _gone = kill_process_group(self.pid(), Signal::KILL);
        let _reaped = self.child.wait();
        self.status();
    }
}

/// A shell that outlives us by a moment: when its input closes, because we ended in whatever way, it ends the
/// process groups that were not taken off its list. Statics are never dropped and a killed test drops nothing.
struct Watchdog;

#[expect(
    clippy::zombie_processes,
    reason = "it outlives us, so that nobody is left to wait for it"
)]
static WATCHDOG: LazyLock<Mutex<ChildStdin>> = LazyLock::new(|| {
    const SCRIPT: &str = r#"
        trap '' INT TERM HUP
        groups=' '
        while read -r line; do
            id=${line#?}
            case $line in
                +*) groups="$groups$id " ;;
                -*) groups="${groups%% $id *} ${groups#* $id }" ;;
            esac
        done
        for id in $groups; do kill -TERM -- "-$id"; done
        for _ in 1 2 3 4 5; do
            left=
            for id in $groups; do kill -0 -- "-$id" && left=1; done
            [ -z "$left" ] && exit
            sleep 1
        done
        for id in $groups; do kill -KILL -- "-$id"; done
    "#;
    let mut shell = Command::new("sh");
    shell
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut shell = shell.process_group(0).spawn().expect("sh");
    Mutex::new(shell.stdin.take().expect("a piped input"))
});

impl Watchdog {
    fn note(sign: char, id: u32) {
        let mut input = WATCHDOG.lock().expect("nobody panics while noting");
        writeln!(input, "{sign}{id}").expect("the watchdog reads");
    }
}

/// The folder for the logs and files of the test `name`, empty: `target/e2e/<name>`.
pub fn folder(name: &str) -> PathBuf {
    let folder = target().join("e2e").join(name);
    let _absent = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder under target");
    folder
}

/// Cargo's target folder: this very program lies in `<target>/<profile>/deps`.
pub fn target() -> PathBuf {
    let program = std::env::current_exe().expect("our own path");
    program
        .ancestors()
        .nth(3)
        .expect("three folders above a test program")
        .to_owned()
}

/// A binary of this package.
pub fn built(name: &str) -> PathBuf {
    let program = std::env::current_exe().expect("our own path");
    program
        .ancestors()
        .nth(2)
        .expect("two folders above a test program")
        .join(name)
}

/// The checkout's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace above this package")
}

/// A port of 127.0.0.1 that nobody listens on now.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("a bound address").port()
}
