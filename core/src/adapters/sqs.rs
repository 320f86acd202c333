//! SQS through AWS's SDK.

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, DeleteMessageBatchRequestEntry};

use crate::config;
use crate::hits::{HitQueue, Message, QueueError};

pub struct Sqs {
    client: Client,
    queue_url: String,
}

impl Sqs {
    pub async fn connect(settings: &config::Sqs) -> anyhow::Result<Self> {
        let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest());
        if let Some(url) = &settings.endpoint_url {
            loader = loader.endpoint_url(url.as_str());
        }
        let client = Client::new(&loader.load().await);
        Ok(Self {
            client,
            queue_url: settings.queue_url.to_string(),
        })
    }
}

fn failed(error: impl std::error::Error) -> QueueError {
    QueueError {
        message: error.to_string(),
        retryable: true,
    }
}

#[async_trait]
impl HitQueue for Sqs {
    async fn receive(&self, max: usize) -> Result<Vec<Message>, QueueError> {
        let max = i32::try_from(max).unwrap_or(10);
        let call = self
            .client
            .receive_message()
            .queue_url(&self.queue_url)
            .max_number_of_messages(max);
        let received = call.wait_time_seconds(20).send().await.map_err(failed)?;
        let messages = received.messages.unwrap_or_default().into_iter();
        Ok(messages
            .filter_map(|message| {
                Some(Message {
                    receipt: message.receipt_handle?,
                    body: message.body.unwrap_or_default(),
                })
            })
            .collect())
    }

    async fn delete(&self, receipts: &[String]) -> Result<(), QueueError> {
        let mut call = self.client.delete_message_batch().queue_url(&self.queue_url);
        for (index, receipt) in receipts.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(receipt);
            call = call.entries(entry.build().map_err(failed)?);
        }
        call.send().await.map_err(failed).map(drop)
    }

    async fn release(&self, receipts: &[String]) -> Result<(), QueueError> {
        let mut call = self
            .client
            .change_message_visibility_batch()
            .queue_url(&self.queue_url);
        for (index, receipt) in receipts.iter().enumerate() {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(receipt)
                .visibility_timeout(0);
            call = call.entries(entry.build().map_err(failed)?);
        }
        call.send().await.map_err(failed).map(drop)
    }
}
