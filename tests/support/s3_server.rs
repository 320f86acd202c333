use std::process::Stdio;

use marquee_core::config::{Config, Storage};
use marquee_core::platform::files::Files;
use object_store::aws::AmazonS3Builder;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::process::root;

const BUCKET: &str = "media";

/// An S3 by moto with one bucket, on a port of its own. It believes every signature. Stops when it is dropped.
pub struct S3Server {
    port: u16,
    process: Child,
}

impl S3Server {
    /// Needs what `cargo xtask test` installs.
    pub async fn start() -> Self {
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
        }
    }

    /// Nobody answers on its port any more.
    pub async fn stop(&mut self) {
        self.process.kill().await.unwrap();
    }

    /// Files that are kept here, below `prefix`.
    pub fn files(&self, config: &Config, prefix: &str) -> Files {
        let config = Config {
            storage: Storage::S3 {
                bucket: BUCKET.to_owned(),
                prefix: prefix.to_owned(),
            },
            ..config.clone()
        };
        let account = AmazonS3Builder::new()
            .with_endpoint(format!("http://127.0.0.1:{}", self.port))
            .with_allow_http(true)
            .with_region("us-east-1")
            .with_access_key_id("test")
            .with_secret_access_key("test");
        Files::with_account(&config, account).unwrap()
    }

    /// What S3 itself answers at a path of the bucket, as XML.
    pub async fn listing(&self, query: &str) -> String {
        let url = format!("http://127.0.0.1:{}/{BUCKET}?{query}", self.port);
        reqwest::get(url).await.unwrap().text().await.unwrap()
    }
}
