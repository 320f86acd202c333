//! Hits on their way to the queue.
//!
//! One send per hit would cost as much as the whole answer. Hits of an isolate therefore wait together for a
//! tenth of a second, or until a message is full, and travel as one message: JSON, one hit a line.

use std::collections::VecDeque;

use marquee_shared::hit::{Hit, MAX_PACKED, MAX_PACKED_BYTES};

/// How long a hit waits for others.
pub const LINGER_MS: u64 = 100;
/// Waits between the attempts to send one message. After the last the hits are dropped, and counted.
pub const RETRIES_MS: [u64; 3] = [250, 1_000, 4_000];
/// Whoever was to send may have died with its request: after this the next request does it.
const OVERDUE_MS: u64 = 2_000;
/// Hits that may wait in an isolate while the queue refuses; about 5 MB.
const MAX_WAITING: usize = 10_000;
/// Leaves room for what packs the lines: brackets, and a comma for each line feed.
const MAX_MESSAGE_BYTES: usize = MAX_PACKED_BYTES - 64;

/// One queue message.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Message {
    pub lines: String,
    pub hits: usize,
}

#[derive(Debug, Default)]
pub struct Outbox {
    open: Message,
    full: VecDeque<Message>,
    /// Hits of messages that are being sent.
    sending: usize,
    /// When somebody last promised to send.
    promised_ms: Option<u64>,
    dropped: u64,
}

impl Outbox {
    /// Takes a hit. `true`: the caller must see to it that [`Self::take`] is called, now.
    #[must_use]
    pub fn push(&mut self, hit: &Hit, now_ms: u64) -> bool {
        if self.waiting() >= MAX_WAITING {
            self.dropped = self.dropped.saturating_add(1);
            return false;
        }
        // A hit is strings and numbers, which always serialize.
        let line = serde_json::to_string(hit).unwrap_or_default();
        let bytes = self.open.lines.len().saturating_add(line.len()).saturating_add(1);
        let filled = self.open.hits >= MAX_PACKED || bytes > MAX_MESSAGE_BYTES;
        if filled {
            self.full.push_back(std::mem::take(&mut self.open));
        }
        if self.open.hits > 0 {
            self.open.lines.push('\n');
        }
        self.open.lines.push_str(&line);
        self.open.hits = self.open.hits.saturating_add(1);

        let overdue = self
            .promised_ms
            .is_none_or(|at| now_ms.saturating_sub(at) > OVERDUE_MS);
        if filled || overdue {
            self.promised_ms = Some(now_ms);
        }
        filled || overdue
    }

    /// The next message to send, full ones first; with `all`, also one that could still grow. Each must be
    /// given back to [`Self::sent`] or [`Self::lost`].
    pub fn take(&mut self, all: bool) -> Option<Message> {
        let message = match self.full.pop_front() {
            Some(message) => message,
            None if all => {
                self.promised_ms = None;
                Some(std::mem::take(&mut self.open)).filter(|message| message.hits > 0)?
            }
            None => return None,
        };
        self.sending = self.sending.saturating_add(message.hits);
        Some(message)
    }

    pub fn sent(&mut self, message: &Message) {
        self.sending = self.sending.saturating_sub(message.hits);
    }

    pub fn lost(&mut self, message: &Message) {
        self.sent(message);
        let hits = u64::try_from(message.hits).unwrap_or(u64::MAX);
        self.dropped = self.dropped.saturating_add(hits);
    }

    /// Hits that have not reached the queue yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let full = self.full.iter().map(|message| message.hits).sum::<usize>();
        self.open.hits.saturating_add(full).saturating_add(self.sending)
    }

    /// Hits that never will.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}
