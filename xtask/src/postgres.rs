//! A private Postgres: npm's binaries, a data folder of this checkout, a port of its own, never a system service.

mod account;
pub(crate) mod client;
mod home;
mod pid_file;

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Signal, kill_process, test_kill_process};

use crate::checkout::{Checkout, write_secret};
use crate::npm;
use crate::ports;
use crate::progress::{Progress, Step};
use crate::service::Service;
use account::Account;
use home::Home;

const START_LIMIT: Duration = Duration::from_secs(60);

/// What a cluster is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The local stack's data: kept, and as safe as Postgres can make it.
    Data,
    /// Tests: new each time, and nothing is forced to disk.
    Tests,
    /// Measurements: new each time, and as safe as the data's.
    Bench,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Data => "postgres",
            Self::Tests => "postgres-test",
            Self::Bench => "postgres-bench",
        }
    }

    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Data | Self::Bench => &[],
            Self::Tests => &[
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                "max_connections=300",
            ],
        }
    }
}

/// A server to use, ours or one that `DATABASE_URL` names.
pub(crate) struct Postgres {
    pub(crate) url: String,
    /// Ours; none when it is somebody else's.
    pub(crate) service: Option<Service>,
}

impl Postgres {
    /// Uses the server at `given`, or starts our own for `purpose`.
    ///
    /// # Errors
    /// When npm has no Postgres for this platform, or it cannot be initialised or started.
    pub(crate) fn start(
        checkout: &Checkout,
        purpose: Purpose,
        given: Option<&str>,
        progress: &mut Progress,
    ) -> Result<Self> {
        if let Some(url) = given {
            return Ok(Self {
                url: url.to_owned(),
                service: None,
            });
        }
        let Some(native) = npm::postgres(checkout) else {
            bail!(
                "there are no Postgres binaries for this platform ({} {}): start a Postgres 16 or newer of your own \
                 and set DATABASE_URL to an empty database of it",
                std::env::consts::OS,
                std::env::consts::ARCH
            );
        };
        progress.step("start Postgres", |step| {
            let cluster = Cluster::at(Home::choose(checkout, &native, purpose.name())?, purpose)?;
            cluster.start(checkout, step)
        })
    }
}

/// Runs `work` with the address of a server for tests: the one at `given`, or a private one that is gone afterwards.
pub(crate) fn for_tests<T>(
    checkout: &Checkout,
    given: Option<&str>,
    progress: &mut Progress,
    work: impl FnOnce(&str, &mut Progress) -> Result<T>,
) -> Result<T> {
    temporary(checkout, Purpose::Tests, given, progress, work)
}

/// Runs `work` with the address of a server: the one at `given`, or a private one that is gone afterwards.
pub(crate) fn temporary<T>(
    checkout: &Checkout,
    purpose: Purpose,
    given: Option<&str>,
    progress: &mut Progress,
    work: impl FnOnce(&str, &mut Progress) -> Result<T>,
) -> Result<T> {
    let postgres = Postgres::start(checkout, purpose, given, progress)?;
    let result = work(&postgres.url, progress);
    if let Some(service) = postgres.service {
        drop(service);
        remove(checkout, purpose)?;
    }
    result
}

/// Stops what runs of `purpose` and deletes its data.
pub(crate) fn remove(checkout: &Checkout, purpose: Purpose) -> Result<()> {
    let Some(native) = npm::postgres(checkout) else {
        return Ok(());
    };
    let cluster = Cluster::at(Home::choose(checkout, &native, purpose.name())?, purpose)?;
    cluster.stop_left_behind()?;
    remove_dir(&cluster.home.cluster)
}

struct Cluster {
    home: Home,
    purpose: Purpose,
    data: PathBuf,
}

impl Cluster {
    fn at(home: Home, purpose: Purpose) -> Result<Self> {
        let data = home.cluster.join("data");
        Ok(Self { home, purpose, data })
    }

    fn start(&self, checkout: &Checkout, step: &Step) -> Result<Postgres> {
        if let Some(elsewhere) = &self.home.elsewhere {
            step.note(elsewhere);
        }
        self.stop_left_behind()?;
        if self.purpose != Purpose::Data {
            remove_dir(&self.home.cluster)?;
        }
        if !self.data.exists() {
            step.say("initialising the data folder");
            self.initialise()?;
        }
        let password = fs::read_to_string(self.password()).context("reading the password of Postgres")?;
        let port = self.port()?;
        let mut command = self.program("postgres");
        command.arg("-D").arg(&self.data).args(["-p", &port.to_string()]);
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories="] {
            command.args(["-c", setting]);
        }
        for setting in self.purpose.settings() {
            command.args(["-c", setting]);
        }
        let log = checkout.log(self.purpose.name())?;
        // SIGINT is Postgres' "fast" shutdown: it disconnects everybody and writes what it must.
        let mut service = Service::spawn("Postgres", &mut command, &log)?.stopped_with(Signal::INT);
        let id = service.id();
        service.wait_until(START_LIMIT, || {
            pid_file::read(&self.data).is_some_and(|file| file.ready(id))
        })?;
        Ok(Postgres {
            url: format!("postgres://postgres:{password}@127.0.0.1:{port}/marquee"),
            service: Some(service),
        })
    }

    /// The port of the last time if it is free, so that what one noted down keeps working.
    fn port(&self) -> Result<u16> {
        let note = self.home.cluster.join("port");
        let last = fs::read_to_string(&note)
            .ok()
            .and_then(|text| text.trim().parse().ok());
        let port = match last.filter(|port| ports::is_free(*port)) {
            Some(port) => port,
            None => ports::free()?,
        };
        fs::write(&note, port.to_string()).context("noting the port of Postgres")?;
        Ok(port)
    }

    fn password(&self) -> PathBuf {
        self.home.cluster.join("password")
    }

    /// Makes the data folder beside its final name and then renames it: a half-made one is never used.
    fn initialise(&self) -> Result<()> {
        self.home.create()?;
        write_secret(&self.password(), &random_hex()?)?;
        self.home.give(&self.password())?;
        let unfinished = self.home.cluster.join("unfinished");
        remove_dir(&unfinished)?;

        let mut initdb = self.program("initdb");
        initdb
            .arg("-D")
            .arg(&unfinished)
            .arg("--pwfile")
            .arg(self.password());
        initdb.args([
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C",
            // Postgres' own: letters beyond ASCII have their lower case, on every machine the same.
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "-A",
            "scram-sha-256",
            "--no-instructions",
        ]);
        if self.purpose == Purpose::Tests {
            initdb.arg("--no-sync");
        }
        quiet(&mut initdb).context("initialising Postgres' data folder")?;

        let mut single = self.program("postgres");
        single.args(["--single", "-D"]).arg(&unfinished).arg("postgres");
        feed(&mut single, "create database marquee;\n").context("creating the database")?;
        fs::rename(&unfinished, &self.data).context("moving Postgres' data folder to its place")
    }

    /// A server of ours that outlived a killed run is stopped; a stale note of one is removed.
    fn stop_left_behind(&self) -> Result<()> {
        let Some(file) = pid_file::read(&self.data) else {
            return Ok(());
        };
        if let Some(id) = file.running(&self.data) {
            let _gone = kill_process(id, Signal::INT);
            let started = Instant::now();
            while test_kill_process(id).is_ok() && file.running(&self.data).is_some() {
                if started.elapsed() > START_LIMIT {
                    bail!(
                        "a Postgres of an earlier run does not stop: end the process {id} and run this again"
                    );
                }
                thread::sleep(Duration::from_millis(50));
            }
        }
        pid_file::remove(&self.data);
        Ok(())
    }

    /// A program of Postgres', to be run by the account that owns the data.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.home.native.join("bin").join(name));
        command
            .current_dir("/")
            .env_remove("PGDATA")
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        if let Some(Account { uid, gid, .. }) = self.home.account {
            // As root this also drops root's further groups.
            command.uid(uid).gid(gid);
        }
        command
    }
}

/// Runs a short command whose output matters only when it fails.
fn quiet(command: &mut Command) -> Result<()> {
    crate::command::capture(command).map(drop)
}

/// Runs a short command with `text` as its input.
fn feed(command: &mut Command, text: &str) -> Result<()> {
    use std::io::Write;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(text.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    // A refused statement does not fail the program.
    if !output.status.success() || errors.contains("ERROR") {
        bail!(
            "{} failed ({})\n{}",
            command.get_program().display(),
            output.status,
            errors.trim()
        );
    }
    Ok(())
}

fn remove_dir(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// 192 random bits, for a password that no other program on this machine can guess.
fn random_hex() -> Result<String> {
    use std::io::Read;
    let mut bytes = [0; 24];
    fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("reading /dev/urandom")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
