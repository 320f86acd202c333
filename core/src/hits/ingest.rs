//! The loop of the role `ingest`: receive, accept, delete.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;

use super::commands::{self, Error, Receipt};
use super::queue::{Message, QueueError};
use crate::app::App;
use crate::platform::alerts::{Alert, Code};
use crate::platform::telemetry;

/// How the loop is run. The default suits production; tests hurry.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Loops side by side: while one waits for a commit, another reads.
    pub receivers: usize,
    /// Messages in one transaction at most, each of up to a hundred hits.
    pub batch: usize,
    /// How long a receive waits for the first message.
    pub poll: Duration,
    /// The first pause after a failure; each further one is twice as long, up to [`Pace::longest_pause`].
    pub pause: Duration,
    pub longest_pause: Duration,
    /// How long a batch may go on once the process is asked to stop. Then its messages are released.
    pub grace: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            receivers: 3,
            batch: 40,
            poll: Duration::from_secs(20),
            pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(30),
            grace: Duration::from_secs(20),
        }
    }
}

/// Runs until `app.stopping` is cancelled, and then at most [`Pace::grace`] longer.
pub async fn ingest(app: &App, pace: Pace) {
    join_all((0..pace.receivers).map(|_| receive(app, pace))).await;
}

async fn receive(app: &App, pace: Pace) {
    let mut pause = Pause::new(pace);
    let mut batch = Vec::new();
    while !app.stopping.is_cancelled() {
        let gathered = tokio::select! {
            biased;
            () = app.stopping.cancelled() => Ok(()),
            gathered = gather(app, pace, &mut batch) => gathered,
        };
        let messages = std::mem::take(&mut batch);
        if app.stopping.is_cancelled() {
            release(app, &messages).await;
            break;
        }
        if !messages.is_empty() {
            settle(app, pace, messages.into()).await;
        }
        match gathered {
            Ok(()) => pause.reset(),
            Err(error) => {
                metrics::counter!("marquee_hits_receive_failures_total").increment(1);
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the hit queue cannot be read"
                );
                pause.wait(app).await;
            }
        }
    }
}

/// Fills `batch`: waits for the first messages, then takes what else is there at once. What was gathered stays in
/// `batch` when this fails or is dropped.
async fn gather(app: &App, pace: Pace, batch: &mut Vec<Message>) -> Result<(), QueueError> {
    const FULL: usize = 10;
    let mut wait = pace.poll;
    while batch.len() < pace.batch {
        let most = FULL.min(pace.batch - batch.len());
        let receiving = app.hit_queue.receive(most, wait);
        let received = telemetry::call("sqs", "receive", receiving, |received| match received {
            // Of a long poll, which lasts as long as nothing comes.
            Ok(messages) if messages.is_empty() => "empty",
            Ok(_) => "ok",
            Err(_) => "failed",
        })
        .await?;
        let more = received.len() == FULL;
        batch.extend(received);
        if !more {
            break;
        }
        wait = Duration::ZERO;
    }
    Ok(())
}

/// Sees that each message is stored and deleted, released, or left for the queue to bring again.
async fn settle(app: &App, pace: Pace, messages: Arc<[Message]>) {
    let started = Instant::now();
    match store(app, pace, &messages).await {
        Outcome::Stored(receipt) => {
            delete(app, &messages).await;
            metrics::histogram!("marquee_hits_batch_seconds").record(started.elapsed().as_secs_f64());
            tracing::debug!(?receipt, messages = messages.len(), "hits accepted");
        }
        Outcome::Stopped => release(app, &messages).await,
        // One message that Postgres has no place for must not take its neighbours to the dead letters.
        Outcome::Refused(_) if messages.len() > 1 => {
            for message in messages.iter() {
                Box::pin(settle(app, pace, Arc::from([message.clone()]))).await;
            }
        }
        // Neither deleted nor released: the queue brings it again after a while, and in the end puts it with the
        // dead letters, from where it may be sent back once we have learnt to store it.
        Outcome::Refused(error) => {
            metrics::counter!("marquee_hits_refused_by_postgres_total").increment(1);
            let detail = format!("a message of hits cannot be stored: {error:#}");
            app.alert(&Alert::new(Code::HitsRefusedByPostgres, "hits", detail));
        }
    }
}

enum Outcome {
    Stored(Receipt),
    Refused(anyhow::Error),
    Stopped,
}

/// Tries until Postgres has an answer. While it has none the messages are kept in hand and none are received:
/// a message received again and again would end with the dead letters for no fault of its own.
async fn store(app: &App, pace: Pace, messages: &Arc<[Message]>) -> Outcome {
    let mut pause = Pause::new(pace);
    loop {
        match attempt(app, pace, messages).await {
            None => return Outcome::Stopped,
            Some(Ok(receipt)) => return Outcome::Stored(receipt),
            Some(Err(Error::Refused(error))) => return Outcome::Refused(error),
            Some(Err(Error::Unexpected(error))) => {
                metrics::counter!("marquee_hits_store_failures_total").increment(1);
                tracing::warn!(
                    error = format!("{error:#}"),
                    "hits cannot be stored, not receiving until they can"
                );
                pause.wait(app).await;
                if app.stopping.is_cancelled() {
                    return Outcome::Stopped;
                }
            }
        }
    }
}

/// One attempt; `None` when the process has to stop before it has ended. It then goes on by itself, and the
/// messages it stores are duplicates when they come again.
async fn attempt(app: &App, pace: Pace, messages: &Arc<[Message]>) -> Option<Result<Receipt, Error>> {
    let (worker, batch) = (app.clone(), messages.clone());
    let accepting = tokio::spawn(async move {
        commands::accept(&worker, batch.iter().map(|message| message.body.as_slice())).await
    });
    let overdue = async {
        app.stopping.cancelled().await;
        tokio::time::sleep(pace.grace).await;
    };
    tokio::select! {
        // A panic is about these messages: they go the way of those that Postgres refuses.
        accepted = accepting => Some(accepted.unwrap_or_else(|panic| Err(Error::Refused(panic.into())))),
        () = overdue => None,
    }
}

async fn delete(app: &App, messages: &[Message]) {
    let receipts = receipts(messages);
    let deleting = app.hit_queue.delete(&receipts);
    if let Err(error) = telemetry::call("sqs", "delete", deleting, telemetry::ended).await {
        // They come again, and are known then.
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "stored hits could not be deleted from the queue"
        );
    }
}

async fn release(app: &App, messages: &[Message]) {
    if messages.is_empty() {
        return;
    }
    let receipts = receipts(messages);
    let releasing = app.hit_queue.release(&receipts);
    if let Err(error) = telemetry::call("sqs", "release", releasing, telemetry::ended).await {
        // They come again all the same, only later.
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "hits could not be released to the queue"
        );
    }
}

fn receipts(messages: &[Message]) -> Vec<String> {
    messages.iter().map(|message| message.receipt.clone()).collect()
}

/// Pauses that grow.
struct Pause {
    next: Duration,
    pace: Pace,
}

impl Pause {
    fn new(pace: Pace) -> Self {
        Self {
            next: pace.pause,
            pace,
        }
    }

    fn reset(&mut self) {
        self.next = self.pace.pause;
    }

    /// Ends early when the process is asked to stop.
    async fn wait(&mut self, app: &App) {
        let length = self.next;
        self.next = (length * 2).min(self.pace.longest_pause);
        tokio::select! {
            () = app.stopping.cancelled() => {}
            () = tokio::time::sleep(length) => {}
        }
    }
}
