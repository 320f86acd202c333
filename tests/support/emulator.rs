use std::process::Stdio;

use marquee_core::config;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// The SQS emulator of the development stack, on a port of its own. Stops when it is dropped.
pub struct SqsEmulator {
    pub endpoint_url: String,
    pub queue_url: String,
    pub dead_letter_queue_url: String,
    _process: Child,
}

#[derive(Deserialize)]
struct Ready {
    endpoint_url: String,
    queue_url: String,
    dead_letter_queue_url: String,
}

impl SqsEmulator {
    /// Needs Node and the installed npm packages. Messages that are received and not deleted come back after
    /// `visibility_timeout` seconds.
    pub async fn start(visibility_timeout: u32) -> Self {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let mut process = Command::new("node")
            .args([
                "xtask/local/sqs.mjs",
                "--with-parent",
                "--port",
                "0",
                "--visibility-timeout",
            ])
            .arg(visibility_timeout.to_string())
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node starts");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines
            .next_line()
            .await
            .unwrap()
            .expect("the emulator starts (npm ci?)");
        let Ready {
            endpoint_url,
            queue_url,
            dead_letter_queue_url,
        } = serde_json::from_str(&line).unwrap();
        Self {
            endpoint_url,
            queue_url,
            dead_letter_queue_url,
            _process: process,
        }
    }

    /// As the configuration has it.
    pub fn settings(&self) -> config::Sqs {
        config::Sqs {
            endpoint_url: Some(self.endpoint_url.parse().unwrap()),
            queue_url: self.queue_url.parse().unwrap(),
            emulated: true,
        }
    }

    /// One call of SQS's JSON protocol.
    pub async fn call(&self, action: &str, body: serde_json::Value) -> serde_json::Value {
        // Plain HTTP, and yet a client is not made without.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let request = reqwest::Client::new()
            .post(&self.endpoint_url)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("AmazonSQS.{action}"));
        let answer = request.body(body.to_string()).send().await.unwrap();
        assert!(
            answer.status().is_success(),
            "{action}: {}",
            answer.text().await.unwrap()
        );
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default()
    }
}
