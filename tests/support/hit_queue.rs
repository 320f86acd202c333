use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::anyhow;
use async_trait::async_trait;
use marquee_core::hits::{Depth, HitQueue, Message, QueueError};
use tokio::sync::Notify;

/// What the fake was asked for, in order, failures included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueCall {
    Receive(usize),
    Delete(Vec<String>),
    Release(Vec<String>),
    Depth,
}

/// A queue in memory, at least once like the real one: what is received and neither deleted nor released stays in
/// flight until [`FakeHitQueue::redeliver`], and gets a new receipt each time it is received.
#[derive(Default)]
pub struct FakeHitQueue {
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Vec<u8>>,
    in_flight: Vec<Message>,
    calls: Vec<QueueCall>,
    failing: usize,
    failing_deletes: usize,
    delivered: usize,
    dead: Option<u64>,
}

impl FakeHitQueue {
    pub fn send(&self, body: impl Into<Vec<u8>>) {
        self.state.lock().unwrap().waiting.push_back(body.into());
        self.arrived.notify_waiters();
    }

    /// As when the visibility timeout passes: whatever is in flight is delivered again.
    pub fn redeliver(&self) {
        {
            let mut state = self.state.lock().unwrap();
            let back: Vec<_> = state.in_flight.drain(..).map(|message| message.body).collect();
            state.waiting.extend(back);
        }
        self.arrived.notify_waiters();
    }

    /// The next `calls` calls fail.
    pub fn fail_next(&self, calls: usize) {
        self.state.lock().unwrap().failing += calls;
    }

    /// The next `calls` deletes fail.
    pub fn fail_next_deletes(&self, calls: usize) {
        self.state.lock().unwrap().failing_deletes += calls;
    }

    pub fn calls(&self) -> Vec<QueueCall> {
        self.state.lock().unwrap().calls.clone()
    }

    /// How often a message was handed out, redeliveries included.
    pub fn deliveries(&self) -> usize {
        self.state.lock().unwrap().delivered
    }

    /// Has a dead-letter queue, with so many messages in it.
    pub fn bury(&self, messages: u64) {
        self.state.lock().unwrap().dead = Some(messages);
    }

    /// Messages waiting and in flight.
    pub fn counts(&self) -> (usize, usize) {
        let state = self.state.lock().unwrap();
        (state.waiting.len(), state.in_flight.len())
    }

    fn take(&self, max: usize) -> Vec<Message> {
        let mut state = self.state.lock().unwrap();
        let count = max.min(state.waiting.len());
        let bodies: Vec<_> = state.waiting.drain(..count).collect();
        let messages: Vec<Message> = bodies
            .into_iter()
            .map(|body| {
                state.delivered += 1;
                Message {
                    receipt: format!("receipt-{}", state.delivered),
                    body,
                }
            })
            .collect();
        state.in_flight.extend(messages.iter().cloned());
        messages
    }

    fn note(&self, call: QueueCall) -> Result<(), QueueError> {
        let mut state = self.state.lock().unwrap();
        let deletes = matches!(call, QueueCall::Delete(_));
        state.calls.push(call);
        let left = if deletes && state.failing_deletes > 0 {
            &mut state.failing_deletes
        } else {
            &mut state.failing
        };
        if *left > 0 {
            *left -= 1;
            return Err(QueueError {
                action: "asking the fake queue",
                source: anyhow!("unavailable"),
            });
        }
        Ok(())
    }

    fn settle(&self, receipts: &[String]) -> Vec<Message> {
        let mut state = self.state.lock().unwrap();
        let (settled, rest) = state
            .in_flight
            .drain(..)
            .partition(|message: &Message| receipts.contains(&message.receipt));
        state.in_flight = rest;
        settled
    }
}

#[async_trait]
impl HitQueue for FakeHitQueue {
    async fn receive(&self, max: usize, wait: Duration) -> Result<Vec<Message>, QueueError> {
        self.note(QueueCall::Receive(max))?;
        let arrived = self.arrived.notified();
        let messages = self.take(max);
        if !messages.is_empty() || wait.is_zero() {
            return Ok(messages);
        }
        // Whoever is told too late finds nothing, as with the real one.
        let _ = tokio::time::timeout(wait, arrived).await;
        Ok(self.take(max))
    }

    async fn delete(&self, receipts: &[String]) -> Result<(), QueueError> {
        self.note(QueueCall::Delete(receipts.to_vec()))?;
        self.settle(receipts);
        Ok(())
    }

    async fn release(&self, receipts: &[String]) -> Result<(), QueueError> {
        self.note(QueueCall::Release(receipts.to_vec()))?;
        let back = self.settle(receipts);
        self.state
            .lock()
            .unwrap()
            .waiting
            .extend(back.into_iter().map(|message| message.body));
        self.arrived.notify_waiters();
        Ok(())
    }

    async fn depth(&self) -> Result<Depth, QueueError> {
        self.note(QueueCall::Depth)?;
        let (waiting, in_flight) = self.counts();
        Ok(Depth {
            waiting: waiting as u64,
            in_flight: in_flight as u64,
            dead: self.state.lock().unwrap().dead,
        })
    }
}
