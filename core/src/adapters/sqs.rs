//! SQS through AWS's SDK.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, bail};
use async_trait::async_trait;
use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::{Credentials, Region};
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry,
    QueueAttributeName,
};
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use futures::future::join_all;
use serde::Deserialize;

use crate::config;
use crate::hits::{Depth, HitQueue, Message, QueueError};

/// SQS takes no more entries in one call.
const BATCH: usize = 10;
/// The longest that SQS waits for a message.
const MAX_WAIT: Duration = Duration::from_secs(20);
/// How often the entries that failed within a batch are sent again.
const ATTEMPTS: usize = 3;

pub struct Sqs {
    client: Client,
    queue_url: String,
}

impl Sqs {
    /// Never fails for want of a network: the first call does.
    pub async fn connect(settings: &config::Sqs) -> Self {
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
            .build_https();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(3))
            // Longer than a long poll.
            .operation_attempt_timeout(MAX_WAIT + Duration::from_secs(5))
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_max_attempts(3));
        if let Some(url) = &settings.endpoint_url {
            loader = loader.endpoint_url(url.as_str());
        }
        if settings.emulated {
            // The emulator wants a signature but does not look at it.
            loader = loader
                .region(Region::from_static("us-east-1"))
                .credentials_provider(Credentials::new("local", "local", None, None, "emulator"));
        }
        Self {
            client: Client::new(&loader.load().await),
            queue_url: settings.queue_url.to_string(),
        }
    }

    /// Does `action` to all of them, ten in a call, every call at once.
    async fn settle(&self, action: Action, receipts: &[String]) -> Result<(), QueueError> {
        let batches = receipts
            .chunks(BATCH)
            .map(|batch| self.settle_batch(action, batch));
        let settled: anyhow::Result<Vec<()>> = join_all(batches).await.into_iter().collect();
        settled.map(drop).map_err(|source| QueueError {
            action: action.name(),
            source,
        })
    }

    /// A call may succeed and yet fail for some of its entries: only those are sent again.
    async fn settle_batch(&self, action: Action, receipts: &[String]) -> anyhow::Result<()> {
        let mut left: Vec<&str> = receipts.iter().map(String::as_str).collect();
        for _ in 0..ATTEMPTS {
            let failures = match action {
                Action::Delete => self.delete_batch(&left).await?,
                Action::Release => self.release_batch(&left).await?,
            };
            let Some(failure) = failures.first() else {
                return Ok(());
            };
            tracing::warn!(
                failed = failures.len(),
                code = failure.code,
                "{} failed for some messages",
                action.name()
            );
            left = failures
                .iter()
                .filter_map(|failure| left.get(failure.id.parse::<usize>().ok()?).copied())
                .collect();
        }
        bail!("{} of {} failed {ATTEMPTS} times", left.len(), receipts.len())
    }

    async fn measure(&self) -> anyhow::Result<Depth> {
        let attributes = self.attributes(&self.queue_url).await?;
        let dead = match attributes.get(&QueueAttributeName::RedrivePolicy) {
            None => None,
            Some(policy) => {
                let dead = self.dead_letters(policy).await;
                Some(dead.context("asking its dead-letter queue")?)
            }
        };
        Ok(Depth {
            waiting: count(&attributes, &QueueAttributeName::ApproximateNumberOfMessages)?,
            in_flight: count(
                &attributes,
                &QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            )?,
            dead,
        })
    }

    async fn dead_letters(&self, policy: &str) -> anyhow::Result<u64> {
        let Redrive {
            dead_letter_target_arn: arn,
        } = serde_json::from_str(policy)?;
        // arn:aws:sqs:region:account:name
        let mut parts = arn.rsplit(':');
        let (name, account) = (parts.next(), parts.next());
        let call = self.client.get_queue_url();
        let call = call
            .set_queue_name(name.map(str::to_owned))
            .set_queue_owner_aws_account_id(account.map(str::to_owned));
        let url = call.send().await?.queue_url;
        let url = url.with_context(|| format!("{arn} has no address"))?;
        let attributes = self.attributes(&url).await?;
        let waiting = count(&attributes, &QueueAttributeName::ApproximateNumberOfMessages)?;
        let seen = count(
            &attributes,
            &QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        )?;
        Ok(waiting + seen)
    }

    async fn attributes(&self, queue_url: &str) -> anyhow::Result<Attributes> {
        let call = self.client.get_queue_attributes().queue_url(queue_url);
        let answer = call
            .attribute_names(QueueAttributeName::ApproximateNumberOfMessages)
            .attribute_names(QueueAttributeName::ApproximateNumberOfMessagesNotVisible)
            .attribute_names(QueueAttributeName::RedrivePolicy)
            .send()
            .await?;
        Ok(answer.attributes.unwrap_or_default())
    }

    async fn delete_batch(&self, receipts: &[&str]) -> anyhow::Result<Vec<BatchResultErrorEntry>> {
        let entries = receipts.iter().enumerate().map(|(index, receipt)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(*receipt)
                .build()
        });
        let entries = entries.collect::<Result<_, _>>()?;
        let call = self.client.delete_message_batch().queue_url(&self.queue_url);
        Ok(call.set_entries(Some(entries)).send().await?.failed)
    }

    async fn release_batch(&self, receipts: &[&str]) -> anyhow::Result<Vec<BatchResultErrorEntry>> {
        let entries = receipts.iter().enumerate().map(|(index, receipt)| {
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(*receipt)
                .visibility_timeout(0)
                .build()
        });
        let entries = entries.collect::<Result<_, _>>()?;
        let call = self
            .client
            .change_message_visibility_batch()
            .queue_url(&self.queue_url);
        Ok(call.set_entries(Some(entries)).send().await?.failed)
    }
}

type Attributes = HashMap<QueueAttributeName, String>;

fn count(attributes: &Attributes, name: &QueueAttributeName) -> anyhow::Result<u64> {
    let text = attributes
        .get(name)
        .with_context(|| format!("the queue does not tell its {name}"))?;
    Ok(text.parse()?)
}

/// What SQS calls a redrive policy: JSON within an attribute.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Redrive {
    dead_letter_target_arn: String,
}

#[derive(Clone, Copy)]
enum Action {
    Delete,
    Release,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Delete => "deleting from the hit queue",
            Self::Release => "releasing to the hit queue",
        }
    }
}

#[async_trait]
impl HitQueue for Sqs {
    async fn receive(&self, max: usize, wait: Duration) -> Result<Vec<Message>, QueueError> {
        let max = i32::try_from(max.clamp(1, BATCH)).unwrap_or(1);
        let wait = i32::try_from(wait.min(MAX_WAIT).as_secs()).unwrap_or(0);
        let call = self.client.receive_message().queue_url(&self.queue_url);
        let answer = call
            .max_number_of_messages(max)
            .wait_time_seconds(wait)
            .send()
            .await
            .map_err(|error| QueueError {
                action: "receiving from the hit queue",
                source: error.into(),
            })?;
        // SQS always sends a receipt; a message without one could be neither deleted nor released.
        let messages = answer
            .messages
            .unwrap_or_default()
            .into_iter()
            .filter_map(|message| {
                let body = message.body.unwrap_or_default().into_bytes();
                Some(Message {
                    receipt: message.receipt_handle?,
                    body,
                })
            });
        Ok(messages.collect())
    }

    async fn delete(&self, receipts: &[String]) -> Result<(), QueueError> {
        self.settle(Action::Delete, receipts).await
    }

    async fn release(&self, receipts: &[String]) -> Result<(), QueueError> {
        self.settle(Action::Release, receipts).await
    }

    async fn depth(&self) -> Result<Depth, QueueError> {
        self.measure().await.map_err(|source| QueueError {
            action: "asking how deep the hit queue is",
            source,
        })
    }
}
