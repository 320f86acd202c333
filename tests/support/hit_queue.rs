use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use marquee_core::hits::{HitQueue, Message, QueueError};

/// What the fake was asked for, in order, failures included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueCall {
    Receive(usize),
    Delete(Vec<String>),
    Release(Vec<String>),
}

/// A queue in memory, at least once like the real one: what is received and neither deleted nor released
/// stays in flight until [`FakeHitQueue::redeliver`]. An empty queue answers at once.
#[derive(Default)]
pub struct FakeHitQueue(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Message>,
    in_flight: Vec<Message>,
    calls: Vec<QueueCall>,
    faults: VecDeque<String>,
    sent: usize,
}

impl FakeHitQueue {
    /// Sends a message; returns its receipt.
    pub fn send(&self, body: impl Into<String>) -> String {
        let mut state = self.0.lock().unwrap();
        state.sent += 1;
        let receipt = format!("receipt-{}", state.sent);
        state.waiting.push_back(Message {
            receipt: receipt.clone(),
            body: body.into(),
        });
        receipt
    }

    /// As when the visibility timeout passes: whatever is in flight is delivered again.
    pub fn redeliver(&self) {
        let mut state = self.0.lock().unwrap();
        let back = std::mem::take(&mut state.in_flight);
        state.waiting.extend(back);
    }

    /// The next `calls` calls fail.
    pub fn fail_next(&self, calls: usize) {
        self.0
            .lock()
            .unwrap()
            .faults
            .extend(std::iter::repeat_n("unavailable".to_owned(), calls));
    }

    pub fn calls(&self) -> Vec<QueueCall> {
        self.0.lock().unwrap().calls.clone()
    }

    /// Messages waiting and in flight.
    pub fn depth(&self) -> (usize, usize) {
        let state = self.0.lock().unwrap();
        (state.waiting.len(), state.in_flight.len())
    }
}

impl State {
    fn take(&mut self, call: QueueCall) -> Result<(), QueueError> {
        self.calls.push(call);
        match self.faults.pop_front() {
            Some(message) => Err(QueueError {
                message,
                retryable: true,
            }),
            None => Ok(()),
        }
    }

    fn settle(&mut self, receipts: &[String]) -> Vec<Message> {
        let (settled, rest) = self
            .in_flight
            .drain(..)
            .partition(|message: &Message| receipts.contains(&message.receipt));
        self.in_flight = rest;
        settled
    }
}

#[async_trait]
impl HitQueue for FakeHitQueue {
    async fn receive(&self, max: usize) -> Result<Vec<Message>, QueueError> {
        let mut state = self.0.lock().unwrap();
        state.take(QueueCall::Receive(max))?;
        let count = max.min(state.waiting.len());
        let received: Vec<Message> = state.waiting.drain(..count).collect();
        state.in_flight.extend(received.iter().cloned());
        Ok(received)
    }

    async fn delete(&self, receipts: &[String]) -> Result<(), QueueError> {
        let mut state = self.0.lock().unwrap();
        state.take(QueueCall::Delete(receipts.to_vec()))?;
        state.settle(receipts);
        Ok(())
    }

    async fn release(&self, receipts: &[String]) -> Result<(), QueueError> {
        let mut state = self.0.lock().unwrap();
        state.take(QueueCall::Release(receipts.to_vec()))?;
        let back = state.settle(receipts);
        state.waiting.extend(back);
        Ok(())
    }
}
