//! A shell in which a page's commands are typed one after another, as its reader does.

use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use crate::command::signal_group;
use crate::interrupt;

/// Longer than any command of a page takes, on a machine that is busy with something else.
const LIMIT: Duration = Duration::from_secs(600);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What a command printed, both streams in one, and how it ended.
#[derive(Debug)]
pub(super) struct Printed {
    pub(super) code: i32,
    pub(super) text: String,
}

pub(super) struct Shell {
    child: Child,
    input: ChildStdin,
    lines: Receiver<Vec<u8>>,
    /// Holds the command of the moment: what is wrong with it must not swallow the next.
    script: PathBuf,
    commands: u32,
}

impl Shell {
    /// In `folder`, with its `.local/env`.
    pub(super) fn start(folder: &Path, home: &Path) -> Result<Self> {
        let mut shell = Command::new("bash");
        shell
            .args(["--noprofile", "--norc"])
            .env("HOME", home)
            .env("LANG", "C.UTF-8")
            .env("no_proxy", "*")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0);
        let mut child = shell.spawn().context("starting bash")?;
        let input = child.stdin.take().context("a shell's input")?;
        let output = child.stdout.take().context("a shell's output")?;
        let (send, lines) = mpsc::channel();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = Vec::new();
            while matches!(output.read_until(b'\n', &mut line), Ok(1..)) {
                if send.send(std::mem::take(&mut line)).is_err() {
                    return;
                }
            }
        });
        let mut shell = Self {
            child,
            input,
            lines,
            script: home.join("command.sh"),
            commands: 0,
        };
        shell.run("exec 2>&1; . .local/env")?;
        Ok(shell)
    }

    /// Runs a command to its end.
    pub(super) fn run(&mut self, command: &str) -> Result<Printed> {
        self.commands += 1;
        let mark = format!("-- command {} ended: ", self.commands);
        fs::write(&self.script, format!("{command}\n")).context("writing a command")?;
        let script = self.script.display();
        writeln!(
            self.input,
            ". '{script}' </dev/null; printf '\\n%s%s\\n' '{mark}' \"$?\""
        )
        .context("typing a command")?;
        let started = Instant::now();
        let mut text = Vec::new();
        loop {
            interrupt::check()?;
            match self.lines.recv_timeout(LOOK_AGAIN) {
                Ok(line) => match String::from_utf8_lossy(&line).strip_prefix(&mark) {
                    Some(code) => {
                        let code = code.trim().parse().context("an exit code")?;
                        let text = String::from_utf8_lossy(&text).replace('\r', "");
                        return Ok(Printed { code, text });
                    }
                    None => text.extend(line),
                },
                Err(RecvTimeoutError::Timeout) if started.elapsed() < LIMIT => {}
                Err(error) => bail!("`{command}`: {error}; so far: {}", String::from_utf8_lossy(&text)),
            }
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        signal_group(&self.child, Signal::KILL);
        let _reaped = self.child.wait();
    }
}
