//! An isolate lives for days: it must not grow, and it must survive what cannot happen.

use marquee_tests::edge::{Edge, Publication, Variant};

use crate::simple;

const TARGET: &str = "/go/acme/auto?zip=10001";

#[test]
fn k23_memory_stays_flat_while_revisions_come_and_go() {
    let edge = Edge::start(&[]);
    let publish = |n: u32| {
        edge.publish(&Publication::new(n.into()).brand(&simple("acme", n), n));
        edge.until_get(TARGET, |reply| {
            reply.location() == format!("https://quotes.test/{n}")
        });
    };
    (1..=50).for_each(publish);
    let before = edge.memory();
    (51..=250).for_each(publish);
    let grown = edge.memory().saturating_sub(before);
    assert!(grown < 24 << 20, "grown by {grown} bytes in 200 revisions");
}

#[test]
fn e21_an_isolate_that_panicked_answers_the_next_visitor() {
    let edge = Edge::with(&[], Variant::Panicking);
    edge.publish(&Publication::new(1).brand(&simple("acme", 1), 1));
    for _ in 0..3 {
        assert_eq!(edge.get(TARGET).location(), "https://quotes.test/1");
        assert_eq!(edge.get_with(TARGET, &[("x-panic", "1")]).status, 500);
        // A fresh instance of the wasm has no tables, and loads them like any cold isolate.
        assert_eq!(
            edge.get(TARGET).location(),
            "https://quotes.test/1",
            "{}",
            edge.log()
        );
    }
}
