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
    /// Each ends with a line feed.
    lines: Vec<u8>,
    pub hits: usize,
}

impl Message {
    /// A hit a line.
    #[must_use]
    pub fn text(&self) -> &str {
        let text = std::str::from_utf8(&self.lines).unwrap_or_default();
        text.strip_suffix('\n').unwrap_or(text)
    }
}

#[derive(Debug, Default)]
pub struct Outbox {
    open: Message,
    /// Counts the messages that were open.
    turn: u64,
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
        let before = self.open.lines.len();
        // A hit is strings and numbers, which always serialize, and a Vec takes them all.
        let _ = serde_json::to_writer(&mut self.open.lines, hit);
        let filled = self.open.hits >= MAX_PACKED || self.open.lines.len() > MAX_MESSAGE_BYTES;
        if filled {
            self.turn = self.turn.wrapping_add(1);
            let next = Message {
                lines: self.open.lines.split_off(before),
                hits: 0,
            };
            self.full.push_back(std::mem::replace(&mut self.open, next));
        }
        self.open.lines.push(b'\n');
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
                self.turn = self.turn.wrapping_add(1);
                Some(std::mem::take(&mut self.open)).filter(|message| message.hits > 0)?
            }
            None => return None,
        };
        self.sending = self.sending.saturating_add(message.hits);
        Some(message)
    }

    /// Which message is open. Once it is another, that one has its own call of whoever delivers.
    #[must_use]
    pub fn turn(&self) -> u64 {
        self.turn
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

#[cfg(test)]
mod tests {
    use super::*;
    use marquee_shared::hit::Outcome;

    fn hit(n: usize) -> Hit {
        Hit {
            id: format!("{n}"),
            at_ms: 0,
            brand: "acme".into(),
            product: "auto".into(),
            language: "en".into(),
            device: "desktop".into(),
            media: None,
            zip: None,
            zip_known: false,
            state: None,
            outcome: Outcome::Lost,
            rule: None,
            variant: Some("v".repeat(500)),
            revision: 1,
            canary: false,
            url_sha256: None,
            colo: None,
            country: None,
            bot: false,
            region_mismatch: false,
            ip: None,
        }
    }

    fn drain(outbox: &mut Outbox) -> Vec<usize> {
        std::iter::from_fn(|| outbox.take(true))
            .map(|message| {
                let hits: Vec<Hit> = message
                    .text()
                    .lines()
                    .map(|line| serde_json::from_str(line).unwrap())
                    .collect();
                assert!(hits.len() == message.hits && message.text().len() <= MAX_MESSAGE_BYTES);
                message.hits
            })
            .collect()
    }

    #[test]
    fn the_first_hit_asks_for_delivery_and_then_every_full_message() {
        let mut outbox = Outbox::default();
        let asked: Vec<usize> = (0..250).filter(|n| outbox.push(&hit(*n), 0)).collect();
        let messages = drain(&mut outbox);
        assert_eq!(messages.iter().sum::<usize>(), 250);
        assert_eq!(asked.len(), messages.len(), "{asked:?}");
        assert_eq!(asked[0], 0);
    }

    #[test]
    fn every_open_message_has_a_turn_and_whoever_opens_one_delivers_it() {
        let mut outbox = Outbox::default();
        let mut turns = vec![];
        for n in 0..250 {
            if outbox.push(&hit(n), 0) {
                turns.push(outbox.turn());
            }
        }
        assert_eq!(outbox.full.len() + 1, turns.len());
        assert_eq!(turns, (0..turns.len() as u64).collect::<Vec<_>>());
        drain(&mut outbox);
        assert!(outbox.push(&hit(0), 0) && !turns.contains(&outbox.turn()));
    }

    #[test]
    fn a_delivery_that_died_is_asked_for_again() {
        let mut outbox = Outbox::default();
        assert!(outbox.push(&hit(1), 1_000));
        assert!(!outbox.push(&hit(2), 1_500));
        assert!(outbox.push(&hit(3), 3_500));
        assert_eq!(outbox.take(false), None);
        assert_eq!(drain(&mut outbox), [3]);
        assert!(outbox.push(&hit(4), 3_501));
    }

    #[test]
    fn l01_what_does_not_fit_is_dropped_and_counted() {
        let mut outbox = Outbox::default();
        for n in 0..MAX_WAITING + 5 {
            let _ = outbox.push(&hit(n), 0);
        }
        assert_eq!((outbox.waiting(), outbox.dropped()), (MAX_WAITING, 5));
        let message = outbox.take(true).unwrap();
        assert_eq!(outbox.waiting(), MAX_WAITING);
        outbox.lost(&message);
        assert_eq!(outbox.dropped(), 5 + message.hits as u64);
        let message = outbox.take(true).unwrap();
        outbox.sent(&message);
        assert_eq!(
            outbox.waiting() as u64 + outbox.dropped() + message.hits as u64,
            MAX_WAITING as u64 + 5
        );
    }
}
