use std::path::{Path, PathBuf};
use std::process::Stdio;

use marquee_core::config::{Config, Storage};
use marquee_core::platform::files::Files;
use object_store::ClientOptions;
use object_store::aws::AmazonS3Builder;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::eventually;
use crate::process::root;

const BUCKET: &str = "media";
const WITHIN: std::time::Duration = std::time::Duration::from_secs(20);

/// An S3 with one bucket, on a port of its own, which checks signatures. Stops when it is dropped.
///
/// By moto; or, where `MARQUEE_S3S` names the program, by s3s-fs, which is `cargo xtask nightly`'s.
pub struct S3Server {
    port: u16,
    process: Child,
    /// Where s3s-fs keeps what it has.
    folder: Option<TempDir>,
}

impl S3Server {
    /// Needs what `cargo xtask test` installs.
    pub async fn start() -> Self {
        match s3s() {
            None => Self::moto().await,
            Some(program) => Self::s3s(&program).await,
        }
    }

    async fn moto() -> Self {
        let mut process = Command::new(root().join("target/tools/moto/bin/python"))
            .arg("tests/support/s3_server.py")
            .current_dir(root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("moto starts: `cargo xtask test` installs it");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.next_line().await.unwrap().expect("the S3 server starts");
        Self {
            port: port.parse().unwrap(),
            process,
            folder: None,
        }
    }

    async fn s3s(program: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let process = Command::new(program)
            .args([
                "--access-key",
                "test",
                "--secret-key",
                "test",
                "--host",
                "127.0.0.1",
            ])
            .arg(format!("--port={port}"))
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("s3s-fs starts: `cargo xtask nightly` installs it");
        eventually("s3s-fs listens", WITHIN, async || {
            TcpStream::connect(("127.0.0.1", port)).await.map(drop)
        })
        .await;
        Self {
            port,
            process,
            folder: Some(folder),
        }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Nobody answers on its port any more.
    pub async fn stop(&mut self) {
        self.process.kill().await.unwrap();
    }

    /// Files that are kept here, below `prefix`.
    pub fn files(&self, config: &Config, prefix: &str) -> Files {
        self.files_through(self.port, config, prefix, ClientOptions::new())
    }

    /// The same, reached by another port of this machine.
    pub fn files_through(&self, port: u16, config: &Config, prefix: &str, client: ClientOptions) -> Files {
        let config = Config {
            storage: Storage::S3 {
                bucket: BUCKET.to_owned(),
                prefix: prefix.to_owned(),
            },
            ..config.clone()
        };
        let account = AmazonS3Builder::new()
            .with_client_options(client.with_allow_http(true))
            .with_endpoint(format!("http://127.0.0.1:{port}"))
            .with_region("us-east-1")
            .with_access_key_id("test")
            .with_secret_access_key("test");
        Files::with_account(&config, account).unwrap()
    }

    /// The keys of all objects.
    pub async fn keys(&self) -> Vec<String> {
        match &self.folder {
            None => tagged(&self.asked("list-type=2").await, "Key"),
            Some(folder) => {
                let bucket = folder.path().join(BUCKET);
                let names = |path: PathBuf| path.strip_prefix(&bucket).unwrap().display().to_string();
                let files = files_below(&bucket).into_iter().map(names);
                files.filter(|name| !is_its_own(name)).collect()
            }
        }
    }

    /// How many uploads in parts are begun and not ended.
    pub async fn uploads(&self) -> usize {
        match &self.folder {
            None => tagged(&self.asked("uploads").await, "UploadId").len(),
            Some(folder) => files_below(folder.path())
                .into_iter()
                .filter(|path| path.display().to_string().contains("upload_id"))
                .count(),
        }
    }

    async fn asked(&self, query: &str) -> String {
        let url = format!("http://127.0.0.1:{}/{BUCKET}?{query}", self.port);
        reqwest::get(url).await.unwrap().text().await.unwrap()
    }
}

fn s3s() -> Option<PathBuf> {
    std::env::var_os("MARQUEE_S3S").map(PathBuf::from)
}

/// What s3s-fs writes beside objects.
fn is_its_own(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    name.starts_with('.')
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let below = entries.flat_map(|path| {
        if path.is_dir() {
            files_below(&path)
        } else {
            vec![path]
        }
    });
    below.collect()
}

/// What stands between these tags of XML.
fn tagged(text: &str, tag: &str) -> Vec<String> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let pieces = text.split(&open).skip(1);
    pieces
        .filter_map(|piece| Some(piece.split_once(&close)?.0.to_owned()))
        .collect()
}
