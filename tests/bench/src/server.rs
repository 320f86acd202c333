//! Programs under test: started on a port of 127.0.0.1, ended by their id.

use std::ffi::OsStr;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// A listening program. It ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// Starts `program` on the given core of the machine, with its output in `log`, and waits until `port` answers.
    ///
    /// # Errors
    /// When it ends or does not listen within a minute.
    pub fn start(program: &mut Command, port: u16, log: &Path) -> Result<Self> {
        let file = File::create(log).with_context(|| format!("creating {}", log.display()))?;
        let errors = file.try_clone().context("sharing the log")?;
        let child = program
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .spawn()
            .with_context(|| format!("starting {}", program.get_program().display()))?;
        let mut server = Self { child, port };
        server.wait(log)?;
        Ok(server)
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    fn wait(&mut self, log: &Path) -> Result<()> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            let ended = self.child.try_wait().context("asking for a program's state")?;
            if ended.is_some() || started.elapsed() > PATIENCE {
                let text = std::fs::read_to_string(log).unwrap_or_default();
                bail!(
                    "nothing listens on port {}. {} says:\n{text}",
                    self.port,
                    log.display()
                );
            }
            thread::sleep(POLL);
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked, not killed: wrangler ends its workerd only when asked.
        let _gone_already = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(5) {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            thread::sleep(POLL);
        }
        let _gone_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A port of 127.0.0.1 that is free now.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("finding a free port")?;
    Ok(listener.local_addr().context("finding a free port")?.port())
}

/// `program` kept on one core, so that a server and its load do not take turns on the same one.
pub fn pinned(core: usize, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &core.to_string()]).arg(program);
    command
}

/// The program of that name on the path.
///
/// # Errors
/// When it is not installed; the message says how to install it.
pub fn installed(program: &str, debian_package: &str) -> Result<PathBuf> {
    let folders = ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/usr/local/sbin"];
    let found = folders
        .into_iter()
        .map(|folder| Path::new(folder).join(program))
        .find(|path| path.is_file());
    found.with_context(|| {
        format!("{program} is not installed: apt-get install --no-install-recommends {debian_package}")
    })
}
