//! A process that decides the same requests another way, round by round as it is asked.
//!
//! It prints one line of JSON when it is ready and one for each word it reads: `answers`, `round`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;

/// Ended when dropped.
pub(crate) struct Peer {
    name: &'static str,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts it; what it said when it was ready comes with it.
    pub(crate) fn start<T: DeserializeOwned>(name: &'static str, command: &mut Command) -> Result<(Self, T)> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let input = child.stdin.take().context("a peer has no standard input")?;
        let output = child.stdout.take().context("a peer has no standard output")?;
        let mut peer = Self {
            name,
            child,
            input,
            output: BufReader::new(output),
        };
        let ready = peer.line()?;
        Ok((peer, ready))
    }

    /// The rule that decides each request.
    pub(crate) fn answers<T: DeserializeOwned>(&mut self) -> Result<Vec<Option<T>>> {
        self.ask("answers")
    }

    /// Nanoseconds per decision of each batch, for one pass over the requests.
    pub(crate) fn round(&mut self) -> Result<Vec<f64>> {
        self.ask("round")
    }

    fn ask<T: DeserializeOwned>(&mut self, word: &str) -> Result<T> {
        writeln!(self.input, "{word}").with_context(|| format!("asking {}", self.name))?;
        self.line()
    }

    fn line<T: DeserializeOwned>(&mut self) -> Result<T> {
        let mut line = String::new();
        self.output
            .read_line(&mut line)
            .with_context(|| format!("reading from {}", self.name))?;
        ensure!(!line.is_empty(), "{} ended; what it said is above", self.name);
        serde_json::from_str(&line).with_context(|| format!("reading what {} said", self.name))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _reaped = self.child.wait();
    }
}
