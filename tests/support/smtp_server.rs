use std::process::Stdio;

use secrecy::SecretString;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;

use crate::process::root;

/// A mail server by aiosmtpd, on a port of its own; see `smtp_server.py` for what it does with whom. Stops when it is
/// dropped.
pub struct SmtpServer {
    pub port: u16,
    talk: Mutex<(ChildStdin, Lines<BufReader<ChildStdout>>)>,
    _process: Child,
}

impl SmtpServer {
    /// Needs what `cargo xtask test` installs.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With STARTTLS and a certificate that nobody trusts, long expired.
    pub async fn with_bad_certificate() -> Self {
        Self::with(&["--certificate", "tests/support/expired.pem"]).await
    }

    async fn with(arguments: &[&str]) -> Self {
        let mut process = Command::new(root().join("target/tools/aiosmtpd/bin/python"))
            .arg("tests/support/smtp_server.py")
            .args(arguments)
            .current_dir(root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("aiosmtpd starts: `cargo xtask test` installs it");
        let input = process.stdin.take().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().expect("the mail server starts");
        let ready: Value = serde_json::from_str(&line).unwrap();
        Self {
            port: ready["port"].as_u64().unwrap().try_into().unwrap(),
            talk: Mutex::new((input, lines)),
            _process: process,
        }
    }

    /// As `SMTP_URL` has it on a developer's machine.
    pub fn url(&self) -> SecretString {
        SecretString::from(format!("smtp://127.0.0.1:{}", self.port))
    }

    /// Every mail that it took, parsed, in order.
    pub async fn received(&self) -> Vec<Value> {
        let mut talk = self.talk.lock().await;
        talk.0.write_all(b"\n").await.unwrap();
        let line = talk.1.next_line().await.unwrap().expect("the mail server runs");
        serde_json::from_str(&line).unwrap()
    }
}
