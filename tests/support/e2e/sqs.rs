use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::client;
use crate::process::{Process, root};

/// The SQS emulator with our queues.
pub struct Sqs {
    queues: Queues,
    _process: Process,
}

#[derive(Deserialize)]
struct Queues {
    endpoint_url: String,
    queue_url: String,
    dead_letter_queue_url: String,
}

impl Sqs {
    /// Messages that are not deleted come back after `visibility`, and go to the dead letters after `receives`.
    pub async fn start(folder: &Path, visibility: Duration, receives: u32) -> Self {
        let mut command = Command::new("node");
        command.arg("xtask/local/sqs.mjs").current_dir(root());
        command.args(["--port", "0", "--max-receives", &receives.to_string()]);
        command.args(["--visibility-timeout", &visibility.as_secs().to_string()]);
        let mut process = Process::spawn("the SQS emulator", &mut command, &folder.join("sqs.log"));
        let queues = process.until(Duration::from_secs(60), async |log| {
            log.lines().find_map(|line| serde_json::from_str(line).ok())
        });
        let queues = queues.await;
        Self {
            queues,
            _process: process,
        }
    }

    pub fn endpoint_url(&self) -> Url {
        self.queues.endpoint_url.parse().expect("a URL")
    }

    /// The queue that brings hits.
    pub fn queue_url(&self) -> Url {
        self.queues.queue_url.parse().expect("a URL")
    }

    /// Puts a message into the queue of hits.
    pub async fn send(&self, body: &str) {
        let queue = &self.queues.queue_url;
        self.call("SendMessage", json!({ "QueueUrl": queue, "MessageBody": body }))
            .await;
    }

    /// Messages in the queue of hits, those in somebody's hands included.
    pub async fn waiting(&self) -> u64 {
        self.count(&self.queues.queue_url).await
    }

    /// Messages that were given up.
    pub async fn dead(&self) -> u64 {
        self.count(&self.queues.dead_letter_queue_url).await
    }

    async fn count(&self, queue: &str) -> u64 {
        const COUNTS: [&str; 3] = [
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        ];
        let request = json!({ "QueueUrl": queue, "AttributeNames": COUNTS });
        let answer = self.call("GetQueueAttributes", request).await;
        let count = |name| answer["Attributes"][name].as_str()?.parse::<u64>().ok();
        COUNTS
            .into_iter()
            .map(|name| count(name).unwrap_or_else(|| panic!("{name} in {answer}")))
            .sum()
    }

    async fn call(&self, action: &str, request: Value) -> Value {
        let call = client().post(&self.queues.endpoint_url);
        let call = call.header("x-amz-target", format!("AmazonSQS.{action}"));
        let call = call
            .header("content-type", "application/x-amz-json-1.0")
            .body(request.to_string());
        let answer = call.send().await.expect("the SQS emulator");
        assert!(answer.status().is_success(), "{action}: {}", answer.status());
        serde_json::from_slice(&answer.bytes().await.expect("its answer")).expect("JSON")
    }
}
