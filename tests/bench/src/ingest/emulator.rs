//! The SQS emulator of the local stack, and its queue.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use aws_config::BehaviorVersion;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{Credentials, Region};
use aws_sdk_sqs::types::{DeleteMessageBatchRequestEntry, QueueAttributeName, SendMessageBatchRequestEntry};
use futures::future::try_join_all;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Messages sent in one call; SQS takes 1 MB in ten.
const BATCH: usize = 10;
/// Calls at once.
const CALLS: usize = 4;
const POLL: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(300);

/// Stops when it is dropped.
pub struct Emulator {
    _process: Child,
    pub endpoint_url: String,
    pub queue_url: String,
    client: Client,
}

#[derive(Deserialize)]
struct Ready {
    endpoint_url: String,
    queue_url: String,
}

impl Emulator {
    pub async fn start(script: &Path) -> Result<Self> {
        let mut process = Command::new("node")
            .arg(script)
            .args(["--port", "0", "--with-parent"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting the SQS emulator")?;
        let output = process
            .stdout
            .take()
            .context("the SQS emulator has no standard output")?;
        let line = BufReader::new(output)
            .lines()
            .next_line()
            .await
            .context("reading from the SQS emulator")?;
        let ready: Ready = serde_json::from_str(&line.context("the SQS emulator ended")?)?;
        let config = aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(&ready.endpoint_url)
            // It speaks plain HTTP only.
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("local", "local", None, None, "emulator"))
            .load()
            .await;
        let Ready {
            endpoint_url,
            queue_url,
        } = ready;
        Ok(Self {
            _process: process,
            endpoint_url,
            queue_url,
            client: Client::new(&config),
        })
    }

    /// Puts messages on the queue.
    pub async fn fill(&self, messages: &[Vec<u8>]) -> Result<()> {
        for calls in messages.chunks(BATCH * CALLS) {
            try_join_all(calls.chunks(BATCH).map(|batch| self.send(batch))).await?;
        }
        Ok(())
    }

    async fn send(&self, batch: &[Vec<u8>]) -> Result<()> {
        let entries = batch.iter().enumerate().map(|(index, body)| {
            let body = String::from_utf8_lossy(body);
            Ok(SendMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .message_body(body)
                .build()?)
        });
        let entries = entries.collect::<Result<Vec<_>>>()?;
        let call = self
            .client
            .send_message_batch()
            .queue_url(&self.queue_url)
            .set_entries(Some(entries));
        let answer = call.send().await.context("filling the queue")?;
        ensure!(answer.failed.is_empty(), "the queue refused {:?}", answer.failed);
        Ok(())
    }

    /// Waits until every message has been deleted.
    pub async fn drained(&self) -> Result<()> {
        let started = Instant::now();
        while self.messages().await? > 0 {
            ensure!(
                started.elapsed() < PATIENCE,
                "the queue is not empty after {} s",
                PATIENCE.as_secs()
            );
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }

    /// Receives and deletes every message, by `receivers` at once: what the emulator itself can do.
    pub async fn empty(&self, receivers: usize) -> Result<()> {
        try_join_all((0..receivers).map(|_| self.receive()))
            .await
            .map(drop)
    }

    async fn receive(&self) -> Result<()> {
        loop {
            let call = self
                .client
                .receive_message()
                .queue_url(&self.queue_url)
                .max_number_of_messages(10);
            let messages = call
                .send()
                .await
                .context("receiving")?
                .messages
                .unwrap_or_default();
            if messages.is_empty() {
                return Ok(());
            }
            let entries = messages.into_iter().enumerate().map(|(index, message)| {
                let entry = DeleteMessageBatchRequestEntry::builder().id(index.to_string());
                entry.set_receipt_handle(message.receipt_handle).build()
            });
            let entries = entries.collect::<Result<Vec<_>, _>>()?;
            let call = self.client.delete_message_batch().queue_url(&self.queue_url);
            call.set_entries(Some(entries)).send().await.context("deleting")?;
        }
    }

    async fn messages(&self) -> Result<u64> {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let call = self.client.get_queue_attributes().queue_url(&self.queue_url);
        let answer = call
            .set_attribute_names(Some(names.to_vec()))
            .send()
            .await
            .context("asking the queue")?;
        let values = answer.attributes.unwrap_or_default().into_values();
        values
            .map(|value| value.parse::<u64>().context("reading the queue's size"))
            .sum()
    }
}
