//! The hit queue: the fake, and SQS's adapter on the emulator of the development stack.

mod adapter;

use std::time::{Duration, Instant};

use async_trait::async_trait;
use marquee_core::adapters::sqs::Sqs;
use marquee_core::hits::{Depth, HitQueue, Message};
use marquee_tests::{FakeHitQueue, SqsEmulator};
use serde_json::json;

const NOW: Duration = Duration::ZERO;
const SOON: Duration = Duration::from_secs(2);

/// A queue, seen from both ends.
#[async_trait]
trait Queue: Sync {
    fn port(&self) -> &dyn HitQueue;
    async fn send(&self, body: &str);
    /// Has what is in flight come back.
    async fn lapse(&self);
}

#[async_trait]
impl Queue for FakeHitQueue {
    fn port(&self) -> &dyn HitQueue {
        self
    }

    async fn send(&self, body: &str) {
        Self::send(self, body);
    }

    async fn lapse(&self) {
        self.redeliver();
    }
}

struct Emulated {
    emulator: SqsEmulator,
    adapter: Sqs,
}

impl Emulated {
    /// What is received and not deleted is hidden for a second.
    async fn start() -> Self {
        let emulator = SqsEmulator::start(1).await;
        let adapter = Sqs::connect(&emulator.settings()).await;
        Self { emulator, adapter }
    }
}

#[async_trait]
impl Queue for Emulated {
    fn port(&self) -> &dyn HitQueue {
        &self.adapter
    }

    async fn send(&self, body: &str) {
        let message = json!({ "QueueUrl": self.emulator.queue_url, "MessageBody": body });
        self.emulator.call("SendMessage", message).await;
    }

    async fn lapse(&self) {
        // By itself, after a second; whoever takes waits for it.
    }
}

#[tokio::test]
async fn the_fake_keeps_the_contract() {
    contract(async || FakeHitQueue::default()).await;
}

#[tokio::test]
async fn sqs_keeps_the_contract() {
    contract(Emulated::start).await;
}

async fn contract<Q: Queue>(queue: impl AsyncFn() -> Q) {
    what_was_sent_is_received_as_it_was(&queue().await).await;
    what_is_deleted_never_comes_back(&queue().await).await;
    what_is_not_deleted_comes_back_with_a_new_receipt(&queue().await).await;
    what_is_released_comes_back_at_once(&queue().await).await;
    an_empty_queue_waits_and_gives_nothing(&queue().await).await;
    a_waiting_receive_is_answered_by_what_arrives(&queue().await).await;
    more_than_ten_are_settled_at_once(&queue().await).await;
    settling_nothing_or_twice_is_no_error(&queue().await).await;
    what_waits_and_what_is_in_hand_is_told(&queue().await).await;
}

async fn what_was_sent_is_received_as_it_was(queue: &impl Queue) {
    // The emulator refuses what lies beyond U+FFFF, as SQS does not.
    let body = "{\"text\": \"S\u{e3}o Paulo \u{20ac}\\n\"}\n";
    queue.send(body).await;
    let received = queue.port().receive(10, SOON).await.unwrap();
    assert_eq!(bodies(&received), [body]);
}

async fn what_is_deleted_never_comes_back(queue: &impl Queue) {
    queue.send("one").await;
    queue.send("two").await;
    let received = take(queue, 2).await;
    let one = received.iter().find(|message| message.body == b"one").unwrap();
    queue
        .port()
        .delete(std::slice::from_ref(&one.receipt))
        .await
        .unwrap();

    queue.lapse().await;

    assert_eq!(bodies(&take(queue, 1).await), ["two"]);
    assert!(queue.port().receive(10, NOW).await.unwrap().is_empty());
}

async fn what_is_not_deleted_comes_back_with_a_new_receipt(queue: &impl Queue) {
    queue.send("one").await;
    let first = take(queue, 1).await;
    assert!(
        queue.port().receive(10, NOW).await.unwrap().is_empty(),
        "hidden meanwhile"
    );

    queue.lapse().await;

    let second = take(queue, 1).await;
    assert_eq!(second[0].body, first[0].body);
    assert_ne!(second[0].receipt, first[0].receipt);
}

async fn what_is_released_comes_back_at_once(queue: &impl Queue) {
    queue.send("one").await;
    let received = take(queue, 1).await;

    queue.port().release(&receipts(&received)).await.unwrap();

    assert_eq!(bodies(&queue.port().receive(10, NOW).await.unwrap()), ["one"]);
}

async fn an_empty_queue_waits_and_gives_nothing(queue: &impl Queue) {
    let asked = Instant::now();
    let received = queue.port().receive(10, Duration::from_secs(1)).await.unwrap();
    assert!(received.is_empty());
    assert!(asked.elapsed() >= Duration::from_millis(900), "no busy loop");
}

async fn a_waiting_receive_is_answered_by_what_arrives(queue: &impl Queue) {
    let asked = Instant::now();
    let (received, ()) = tokio::join!(queue.port().receive(10, Duration::from_secs(10)), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        queue.send("late").await;
    });
    assert_eq!(bodies(&received.unwrap()), ["late"]);
    assert!(asked.elapsed() < Duration::from_secs(8));
}

async fn more_than_ten_are_settled_at_once(queue: &impl Queue) {
    for n in 0..25 {
        queue.send(&n.to_string()).await;
    }
    let received = take(queue, 25).await;
    let (released, deleted) = received.split_at(12);

    queue.port().delete(&receipts(deleted)).await.unwrap();
    queue.port().release(&receipts(released)).await.unwrap();

    assert_eq!(take(queue, 12).await.len(), 12);
    assert!(queue.port().receive(10, NOW).await.unwrap().is_empty());
}

async fn settling_nothing_or_twice_is_no_error(queue: &impl Queue) {
    queue.send("one").await;
    let received = receipts(&take(queue, 1).await);
    queue.port().delete(&[]).await.unwrap();
    queue.port().release(&[]).await.unwrap();
    queue.port().delete(&received).await.unwrap();
    queue.port().delete(&received).await.unwrap();
}

async fn what_waits_and_what_is_in_hand_is_told(queue: &impl Queue) {
    for body in ["one", "two", "three"] {
        queue.send(body).await;
    }
    let taken = queue.port().receive(1, SOON).await.unwrap();
    assert_eq!(taken.len(), 1);

    let Depth {
        waiting, in_flight, ..
    } = queue.port().depth().await.unwrap();

    assert_eq!((waiting, in_flight), (2, 1));
}

/// Receives until there are `count`.
async fn take(queue: &impl Queue, count: usize) -> Vec<Message> {
    let mut messages = vec![];
    let deadline = Instant::now() + Duration::from_secs(10);
    while messages.len() < count {
        assert!(
            Instant::now() < deadline,
            "{} of {count} messages came",
            messages.len()
        );
        messages.extend(queue.port().receive(10, SOON).await.unwrap());
    }
    assert_eq!(messages.len(), count);
    messages
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| std::str::from_utf8(&message.body).unwrap())
        .collect()
}

fn receipts(messages: &[Message]) -> Vec<String> {
    messages.iter().map(|message| message.receipt.clone()).collect()
}
