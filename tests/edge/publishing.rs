//! Table K at the edge: what KV may hold or do, and that the last good table keeps answering.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use marquee_shared::manifest;
use marquee_tests::edge::{Edge, Publication, Reply, Signer};
use serde_json::json;

use crate::simple;

pub(crate) const TARGET: &str = "/go/acme/auto?zip=10001";

/// Revision `n` of `acme`, whose one rule is number `n`, at sequence `n`.
pub(crate) fn nth(n: u32) -> Publication {
    Publication::new(n.into()).brand(&simple("acme", n), n)
}

pub(crate) fn answers_by(reply: &Reply, revision: u32) -> bool {
    reply.status == 302 && reply.location() == format!("https://quotes.test/{revision}")
}

/// A warm runtime at revision 5.
pub(crate) fn warm(vars: &[(&str, &str)]) -> Edge {
    let edge = Edge::start(vars);
    edge.publish(&nth(5));
    assert!(answers_by(&edge.get(TARGET), 5));
    edge
}

/// Waits until what lies in KV was refused for `code`, and sees revision 5 answer all the same.
fn refuses(edge: &Edge, code: &str) {
    edge.until(|| {
        assert!(answers_by(&edge.get(TARGET), 5));
        (edge.health()["refused"] == code).then_some(())
    });
    assert!(answers_by(&edge.get(TARGET), 5));
}

#[test]
fn a_publish_is_seen_without_a_restart() {
    let edge = warm(&[]);
    edge.publish(&nth(6));
    let reply = edge.until_get(TARGET, |reply| answers_by(reply, 6));
    assert_eq!(reply.header("x-marquee-revision"), Some("6"));
    assert_eq!(edge.health()["sequence"], 6);
}

#[test]
fn a_brand_that_is_withdrawn_is_gone_and_a_new_one_appears() {
    let edge = warm(&[]);
    edge.publish(&Publication::new(6).brand(&simple("other", 1), 1));
    edge.until_get(TARGET, |reply| reply.status == 404);
    assert_eq!(
        edge.get("/go/other/auto?zip=10001").location(),
        "https://quotes.test/1"
    );
}

#[test]
fn k01_a_cold_isolate_without_kv_says_when_to_come_back() {
    let edge = Edge::start(&[]);
    edge.publish(&nth(5));
    for fault in [
        json!({"kv": {"status": 503}}),
        json!({"kv": {"status": 404}}),
        json!({"kv": {"truncate": 10}}),
    ] {
        edge.faults(&fault);
        let reply = edge.get(TARGET);
        assert_eq!(
            (reply.status, reply.header("retry-after")),
            (503, Some("2")),
            "{fault}"
        );
        assert_eq!(edge.get("/healthz").status, 503);
    }
    edge.faults(&json!({}));
    edge.until_get(TARGET, |reply| answers_by(reply, 5));
}

#[test]
fn k01_a_last_resort_takes_the_visitors_of_a_cold_isolate() {
    let edge = Edge::start(&[("LAST_RESORT", "https://status.test/soon")]);
    edge.faults(&json!({"kv": {"status": 503}}));
    let reply = edge.get(TARGET);
    assert_eq!(
        (reply.status, reply.location()),
        (302, "https://status.test/soon")
    );
    let json = edge.get_with(TARGET, &[("accept", "application/json")]);
    assert_eq!(
        (json.status, json.json()["code"].as_str()),
        (503, Some("unavailable"))
    );
}

#[test]
fn k01_a_slow_kv_keeps_nobody_waiting_for_long() {
    let edge = Edge::start(&[]);
    edge.publish(&nth(5));
    edge.faults(&json!({"kv": {"delay_ms": 4_000}}));
    let started = std::time::Instant::now();
    assert_eq!(edge.get(TARGET).status, 503);
    let waited = started.elapsed().as_millis();
    assert!((1_400..3_500).contains(&waited), "{waited} ms");
    // The load goes on behind the answer, and is not started again meanwhile.
    assert_eq!(edge.reads(), [manifest::KEY]);
    edge.faults(&json!({}));
    edge.until_get(TARGET, |reply| answers_by(reply, 5));
}

#[test]
fn k02_a_warm_isolate_does_not_need_kv() {
    let edge = warm(&[]);
    edge.faults(&json!({"kv": {"status": 503}}));
    refuses(&edge, "kv_failed");
    let before = edge.reads().len();
    for _ in 0..100 {
        assert!(answers_by(&edge.get(TARGET), 5));
    }
    // It backs off instead of asking KV for every visitor.
    assert!(edge.reads().len() <= before + 3);
    edge.faults(&json!({}));
    edge.publish(&nth(6));
    edge.until_get(TARGET, |reply| answers_by(reply, 6));
}

#[test]
fn k03_a_manifest_before_its_table_keeps_the_old_revision() {
    let edge = warm(&[]);
    let next = nth(6);
    edge.put(manifest::KEY, &next.signed(&[Signer::test()]));
    refuses(&edge, "kv_missing");
    for (key, value) in next.blobs() {
        edge.put(&key, &value);
    }
    edge.until_get(TARGET, |reply| answers_by(reply, 6));
}

#[test]
fn k04_k05_a_damaged_table_keeps_the_old_revision() {
    let edge = warm(&[]);
    let next = nth(6);
    let (key, table) = next.blobs().remove(0);
    edge.put(manifest::KEY, &next.signed(&[Signer::test()]));
    let mut flipped = table.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    for damaged in [&table[..table.len() - 1], &table[..1], b"", &flipped] {
        edge.put(&key, damaged);
        refuses(&edge, "wrong_hash");
    }
    edge.put(&key, &table);
    edge.until_get(TARGET, |reply| answers_by(reply, 6));
}

#[test]
fn k04_k05_a_table_damaged_anywhere_answers_nobody() {
    const BRANDS: usize = 64;
    let code = |n: usize| format!("brand{n}");
    let publication = (0..BRANDS).fold(Publication::new(5), |publication, n| {
        publication.brand(&simple(&code(n), 5), 5)
    });
    let edge = Edge::start(&[("REFRESH_SECONDS", "3600")]);
    edge.publish(&publication);
    // A cold isolate: each brand's table is cut or flipped somewhere else.
    for (n, (key, mut table)) in publication.blobs().into_iter().enumerate() {
        let at = table.len() * n / BRANDS;
        match n % 2 {
            0 => table.truncate(at),
            _ => table[at] ^= 1 << (n / 2 % 8),
        }
        edge.put(&key, &table);
    }
    for n in 0..BRANDS {
        let target = format!("/go/{}/auto?zip=10001", code(n));
        assert_eq!(edge.get(&target).status, 503, "{n}");
    }
    assert_eq!(edge.health()["refused"], "wrong_hash");
}

#[test]
fn k05_a_signature_with_any_bit_flipped_is_not_good() {
    let edge = warm(&[]);
    let next = nth(6);
    for (key, value) in next.blobs() {
        edge.put(&key, &value);
    }
    let good: manifest::Envelope = serde_json::from_slice(&next.signed(&[Signer::test()])).unwrap();
    let bytes = URL_SAFE_NO_PAD.decode(&good.signatures[0].sig).unwrap();
    let mut bad = good.clone();
    bad.signatures = (0..bytes.len() * 8)
        .map(|bit| {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            manifest::Signature {
                sig: URL_SAFE_NO_PAD.encode(flipped),
                ..good.signatures[0].clone()
            }
        })
        .collect();
    edge.put(manifest::KEY, &serde_json::to_vec(&bad).unwrap());
    refuses(&edge, "bad_signature");

    // Among them the good one is enough.
    bad.signatures.extend(good.signatures);
    edge.put(manifest::KEY, &serde_json::to_vec(&bad).unwrap());
    edge.until_get(TARGET, |reply| answers_by(reply, 6));
}

#[test]
fn k04_k05_a_damaged_manifest_keeps_the_old_revision() {
    let edge = warm(&[]);
    let next = nth(6);
    for (key, value) in next.blobs() {
        edge.put(&key, &value);
    }
    let good = next.signed(&[Signer::test()]);
    for length in [0, 1, good.len() / 2, good.len() - 1] {
        edge.put(manifest::KEY, &good[..length]);
        refuses(&edge, "malformed");
    }
    edge.put(manifest::KEY, &vec![b'['; 1_000_000]);
    refuses(&edge, "malformed");
    let text = String::from_utf8(good.clone()).unwrap();
    let extra = format!("{{\"extra\":{}", "[".repeat(20_000_000));
    edge.put(manifest::KEY, text.replacen('{', &extra, 1).as_bytes());
    refuses(&edge, "malformed");
    let start = text.find("\"payload\":\"").unwrap() + 20;
    let mut flipped = good.clone();
    flipped[start] = if flipped[start] == b'A' { b'B' } else { b'A' };
    edge.put(manifest::KEY, &flipped);
    refuses(&edge, "bad_signature");
    edge.put(manifest::KEY, &good);
    edge.until_get(TARGET, |reply| answers_by(reply, 6));
}

#[test]
fn k06_another_environments_manifest_or_another_brands_table_is_refused() {
    let edge = warm(&[]);
    edge.publish(&nth(6).with(|manifest| manifest.env = "production".into()));
    refuses(&edge, "wrong_environment");
    let foreign = Publication::new(7)
        .brand(&simple("other", 6), 6)
        .with(|manifest| {
            manifest.brands[0].code = "acme".into();
        });
    edge.publish(&foreign);
    refuses(&edge, "wrong_brand");
}

#[test]
fn k07_unknown_keys_are_refused_and_a_second_key_is_accepted() {
    let (old, new, stranger) = (Signer::test(), Signer::new("new", 2), Signer::new("stranger", 3));
    let edge = warm(&[("MANIFEST_KEYS", &format!("{}, {}", old.public(), new.public()))]);
    edge.publish(&nth(6));
    edge.until_get(TARGET, |reply| answers_by(reply, 6));

    for (key, value) in nth(7).blobs() {
        edge.put(&key, &value);
    }
    edge.put(manifest::KEY, &nth(7).signed(&[stranger]));
    edge.until(|| (edge.health()["refused"] == "unknown_key").then_some(()));
    // A stranger who borrows the id of a trusted key.
    edge.put(manifest::KEY, &nth(7).signed(&[Signer::new("test", 9)]));
    edge.until(|| {
        edge.get(TARGET);
        (edge.health()["refused"] == "bad_signature").then_some(())
    });
    assert!(answers_by(&edge.get(TARGET), 6));
    edge.put(manifest::KEY, &nth(7).signed(&[new]));
    edge.until_get(TARGET, |reply| answers_by(reply, 7));
}

#[test]
fn k08_an_older_manifest_is_refused() {
    let edge = warm(&[]);
    edge.publish(&nth(4));
    refuses(&edge, "rollback");
    assert_eq!(edge.health()["sequence"], 5);
}

#[test]
fn k08_a_cold_isolate_keeps_to_the_floor_of_its_deployment() {
    let edge = Edge::start(&[("MIN_MANIFEST_SEQ", "6")]);
    edge.publish(&nth(5));
    assert_eq!(edge.get(TARGET).status, 503);
    assert_eq!(edge.health()["refused"], "below_floor");
    edge.publish(&nth(6));
    edge.until_get(TARGET, |reply| answers_by(reply, 6));
}

#[test]
fn k09_a_stolen_key_cannot_lock_its_successor_out() {
    let (old, new) = (Signer::test(), Signer::new("new", 2));
    let edge = warm(&[("MANIFEST_KEYS", &format!("{},{}", old.public(), new.public()))]);
    edge.publish(&nth(5).with(|manifest| manifest.sequence = u64::MAX));
    edge.until(|| {
        edge.get(TARGET);
        (edge.health()["sequence"] == u64::MAX).then_some(())
    });
    let successor = nth(6);
    for (key, value) in successor.blobs() {
        edge.put(&key, &value);
    }
    edge.put(manifest::KEY, &successor.signed(&[new]));
    edge.until_get(TARGET, |reply| answers_by(reply, 6));
}

#[test]
fn k10_past_its_soft_expiry_a_manifest_answers_and_says_so() {
    let edge = Edge::start(&[]);
    edge.publish(&nth(5).with(|manifest| manifest.soft_expires_at = manifest.created_at - 1));
    for _ in 0..2 {
        let reply = edge.get(TARGET);
        assert!(answers_by(&reply, 5));
        assert_eq!(reply.header("x-marquee-stale"), Some("1"));
    }
    let health = edge.get("/healthz");
    assert_eq!((health.status, &health.json()["status"]), (200, &json!("stale")));
}

#[test]
fn k11_what_is_written_for_newer_readers_is_refused() {
    let edge = warm(&[]);
    edge.publish(&nth(6).with(|manifest| manifest.min_reader = manifest::FORMAT + 1));
    refuses(&edge, "newer_format");
    edge.publish(&nth(7).with(|manifest| manifest.format = manifest::FORMAT + 1));
    refuses(&edge, "newer_format");
}

#[test]
fn k17_a_crowd_before_a_cold_isolate_causes_one_load() {
    let edge = Edge::start(&[("REFRESH_SECONDS", "3600")]);
    edge.publish(&nth(5));
    edge.faults(&json!({"kv": {"delay_ms": 50}}));
    std::thread::scope(|scope| {
        let crowd: Vec<_> = (0..40).map(|_| scope.spawn(|| edge.get(TARGET))).collect();
        for visitor in crowd {
            assert!(answers_by(&visitor.join().unwrap(), 5));
        }
    });
    assert_eq!(edge.reads().len(), 2, "{:?}", edge.reads());
}

#[test]
fn k18_a_load_whose_visitor_has_left_does_not_block_the_next() {
    use std::io::Write;

    let edge = Edge::start(&[("REFRESH_SECONDS", "3600")]);
    edge.publish(&nth(5));
    edge.faults(&json!({"kv": {"delay_ms": 300}}));
    let mut stream = std::net::TcpStream::connect(edge.address()).unwrap();
    stream
        .write_all(format!("GET {TARGET} HTTP/1.1\r\nhost: edge.test\r\n\r\n").as_bytes())
        .unwrap();
    edge.until(|| (!edge.reads().is_empty()).then_some(()));
    drop(stream);
    edge.faults(&json!({}));
    // If the runtime dropped the load with the visitor, the lease runs out after ten seconds at most.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !answers_by(&edge.get(TARGET), 5) {
        assert!(std::time::Instant::now() < deadline);
    }
}

#[test]
fn k19_a_manifest_from_the_future_has_to_wait() {
    let edge = warm(&[]);
    edge.publish(&nth(6).with(|manifest| manifest.created_at += 3_600));
    refuses(&edge, "not_yet");
}

#[test]
fn a_canary_takes_its_share_of_the_visitors() {
    let edge = Edge::start(&[("REFRESH_SECONDS", "3600")]);
    edge.publish(
        &Publication::new(1)
            .brand(&simple("acme", 5), 5)
            .canary(&simple("acme", 6), 6, 30),
    );
    let replies: Vec<Reply> = (0..200)
        .map(|vid| edge.get(&format!("{TARGET}&vid={vid}")))
        .collect();
    let canary = replies.iter().filter(|reply| answers_by(reply, 6)).count();
    assert!((30..90).contains(&canary), "{canary} of 200");
    assert!(
        replies
            .iter()
            .all(|reply| answers_by(reply, 5) || answers_by(reply, 6))
    );
    let again = edge.get(&format!("{TARGET}&vid=7"));
    assert_eq!(
        (again.location(), again.header("x-marquee-revision")),
        (replies[7].location(), replies[7].header("x-marquee-revision"))
    );
    assert_eq!(
        edge.get("/healthz?brand=acme").json()["brand"]["canary"],
        json!({"revision": 6, "percent": 30})
    );
}

#[test]
fn the_kill_switch_sends_everybody_to_the_fallback() {
    let edge = warm(&[]);
    let mut set = simple("acme", 5);
    set.settings.mode = marquee_shared::rules::Mode::Fallback;
    set.settings.fallback_url = Some("https://quotes.test/closed".into());
    edge.publish(&Publication::new(6).brand(&set, 6));
    let closed = |reply: &Reply| reply.status == 302 && reply.location() == "https://quotes.test/closed";
    edge.until_get(TARGET, closed);
    for target in ["/go/acme/auto", "/go/acme/auto?zip=x", "/go/acme/auto?zip=00000"] {
        assert!(closed(&edge.get(target)), "{target}");
    }
}
