//! Table K at the edge: how old an answer may be. With `MAX_AGE_SECONDS` 0 whatever an isolate has is too old.

use std::time::{Duration, Instant};

use marquee_tests::edge::{Edge, Publication};
use serde_json::json;

use crate::publishing::{TARGET, answers_by, nth, warm};
use crate::simple;

/// Most of what a visitor waits for KV, and far more than an answer takes.
const LONG: Duration = Duration::from_millis(1_400);

fn overdue() -> Edge {
    warm(&[("MAX_AGE_SECONDS", "0")])
}

/// How long a visitor waits, who is answered by revision 5.
fn waited(edge: &Edge) -> Duration {
    let started = Instant::now();
    assert!(answers_by(&edge.get(TARGET), 5));
    started.elapsed()
}

#[test]
fn k24_the_first_visitor_after_a_quiet_time_is_answered_by_what_kv_has() {
    let edge = overdue();
    for revision in 6..20 {
        edge.publish(&nth(revision));
        assert!(answers_by(&edge.get(TARGET), revision), "{revision}");
    }
    // Nor is a brand unknown that is live by now.
    let with_another = nth(20).brand(&simple("other", 1), 1);
    edge.publish(&with_another);
    let reply = edge.get("/go/other/auto?zip=10001");
    assert_eq!(reply.location(), "https://quotes.test/1");
    edge.publish(&Publication::new(21).brand(&simple("other", 1), 1));
    assert_eq!(edge.get(TARGET).status, 404);
}

#[test]
fn k24_whoever_asks_for_the_health_of_an_isolate_hears_of_what_kv_has() {
    let edge = overdue();
    edge.publish(&nth(6));
    assert_eq!(edge.health()["sequence"], 6);
}

#[test]
fn k24_a_kv_that_hangs_keeps_the_first_visitor_waiting_and_not_the_next() {
    let edge = overdue();
    edge.faults(&json!({"kv": {"delay_ms": 4_000}}));
    assert!(waited(&edge) >= LONG);
    let next = (0..5).map(|_| waited(&edge)).min();
    assert!(next < Some(LONG), "{next:?}");
    edge.faults(&json!({}));
    edge.publish(&nth(6));
    edge.until_get(TARGET, |reply| answers_by(reply, 6));
}

#[test]
fn k24_a_kv_that_fails_is_not_asked_for_every_visitor() {
    let edge = overdue();
    edge.faults(&json!({"kv": {"status": 503}}));
    let before = edge.reads().len();
    for _ in 0..100 {
        assert!(answers_by(&edge.get(TARGET), 5));
    }
    let asked = edge.reads().len() - before;
    assert!((1..50).contains(&asked), "asked {asked} times");
    edge.faults(&json!({}));
    edge.publish(&nth(6));
    edge.until_get(TARGET, |reply| answers_by(reply, 6));
}

#[test]
fn k24_within_the_bound_nobody_waits() {
    let edge = warm(&[]);
    edge.faults(&json!({"kv": {"delay_ms": 4_000}}));
    let waited = (0..5).map(|_| waited(&edge)).min();
    assert!(waited < Some(LONG), "{waited:?}");
}
