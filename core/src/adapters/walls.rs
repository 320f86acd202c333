//! What stands between a hostile file and us: C programs that parse it run behind these walls, and nowhere else.
//!
//! By the kernel: memory, time, what they write and open, and no network (`unshare`, where it is let). By us: they are
//! started without a shell and without our environment, in a folder of their own, and killed, with all they have started,
//! when they take too long or when whoever waits for them goes away.

use std::ffi::OsStr;
use std::future::Future;
use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{ChildStdout, Command};
use tokio::sync::OnceCell;

/// A network of their own, which is empty, and a numbering of processes of their own: nothing they start outlives them.
const APART: [&str; 4] = ["unshare", "-rnpf", "--kill-child", "--"];
/// No settings and no secrets of ours.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin";
/// What is kept of what they complain of.
const MOST_ERRORS: usize = 64 << 10;

/// What a program may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) within: Duration,
    pub(super) processor: Duration,
    pub(super) memory_bytes: u64,
    /// Of each file that it writes.
    pub(super) file_bytes: u64,
}

/// How a program ended.
pub(super) struct Ended<T> {
    pub(super) status: ExitStatus,
    pub(super) output: T,
    pub(super) errors: String,
}

/// Whether this machine lets us take the network away is found out once.
#[derive(Default)]
pub(super) struct Walls(OnceCell<bool>);

impl Walls {
    pub(super) async fn command(&self, program: &OsStr, folder: &Path, limits: &Limits) -> Command {
        let mut command = Command::new("prlimit");
        command
            .arg(format!("--cpu={}", limits.processor.as_secs()))
            .arg(format!("--as={}", limits.memory_bytes))
            .arg(format!("--fsize={}", limits.file_bytes))
            .args(["--nofile=64", "--core=0", "--"]);
        if self.are_whole().await {
            command.args(APART);
        }
        command
            .arg(program)
            .current_dir(folder)
            .env_clear()
            .env("PATH", PATH)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        command
    }

    /// Whether there is no network behind them.
    pub(super) async fn are_whole(&self) -> bool {
        let look = || async {
            let mut command = Command::new(APART[0]);
            command.args(&APART[1..]).arg("true");
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let whole = command.status().await.is_ok_and(|status| status.success());
            if !whole {
                tracing::warn!("videos are worked on with a network within reach: unshare -rnp is refused");
            }
            whole
        };
        *self.0.get_or_init(look).await
    }

    /// `5.1.9, without network`
    pub(super) async fn describe(&self, program: &OsStr, limits: &Limits) -> anyhow::Result<String> {
        let name = program.to_string_lossy();
        let mut command = self.command(program, Path::new("/"), limits).await;
        command.arg("-version");
        let run = run(command, limits.within, |output| read(output, 4 << 10)).await?;
        let ended = run.with_context(|| format!("{name} does not answer"))?;
        let errors = ended.errors.trim();
        anyhow::ensure!(ended.status.success(), "{name} fails: {errors}");
        let version = String::from_utf8_lossy(&ended.output);
        let version = version.split_whitespace().nth(2).unwrap_or("?").to_owned();
        Ok(if self.are_whole().await {
            format!("{name} {version}, without network")
        } else {
            format!("{name} {version}; this machine does not let us take its network away (unshare -rnp)")
        })
    }
}

/// Runs it to its end, while `output` reads what it says: a full pipe would stop it. `None`: it took too long.
pub(super) async fn run<T, F>(
    mut command: Command,
    within: Duration,
    output: impl FnOnce(ChildStdout) -> F,
) -> anyhow::Result<Option<Ended<T>>>
where
    F: Future<Output = io::Result<T>>,
{
    let mut child = command
        .spawn()
        .context("starting a program behind prlimit (util-linux)")?;
    let group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (out, err) = (out.context("no output")?, err.context("no errors")?);
    let run = async {
        let ended = async {
            let status = child.wait().await;
            // Whatever it started and left behind would keep its pipes open.
            group.kill();
            status
        };
        let (status, output, errors) = tokio::join!(ended, output(out), drain(err));
        anyhow::Ok(Ended {
            status: status?,
            output: output?,
            errors: String::from_utf8_lossy(&errors?).into_owned(),
        })
    };
    let ended = tokio::time::timeout(within, run).await;
    let Ok(ended) = ended else {
        group.kill();
        // So that nothing is left of it, not even its number.
        child.wait().await?;
        return Ok(None);
    };
    ended.map(Some)
}

/// What is too much is not read, and who writes it stops at a closed pipe.
pub(super) async fn read(pipe: impl AsyncRead + Unpin, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.take(most).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// What is too much is read and forgotten.
async fn drain(mut pipe: impl AsyncRead + Unpin) -> io::Result<Vec<u8>> {
    let (mut kept, mut some) = (Vec::new(), [0; 4 << 10]);
    loop {
        let read = pipe.read(&mut some).await?;
        if read == 0 {
            return Ok(kept);
        }
        let room = MOST_ERRORS - kept.len();
        kept.extend(some.iter().take(read.min(room)));
    }
}

/// Whatever runs in it is killed when this goes, whether it ended, took too long, or its job was taken away.
struct Group(Option<Pid>);

impl Group {
    fn kill(&self) {
        if let Some(group) = self.0 {
            // It has mostly ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}
