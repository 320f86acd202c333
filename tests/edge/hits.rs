//! Table L at the edge: hits reach SQS, and nothing that happens to them reaches a visitor.

use marquee_shared::hit::{Hit, Outcome};
use marquee_tests::edge::{Edge, Publication, hits_of, rule_set, sha256_hex};
use serde_json::{Value, json};

use crate::{acme, route, simple};

const TARGET: &str = "/go/acme/auto?zip=10001";

/// A runtime with `acme` live, a key for SQS, and what its hits are looked up by.
fn consumer() -> Edge {
    let edge = Edge::start(&[
        ("REFRESH_SECONDS", "3600"),
        (
            "SQS_QUEUE_URL",
            "https://sqs.us-east-1.amazonaws.com/123456789012/hits",
        ),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        (
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        ),
    ]);
    edge.publish(&Publication::new(1).brand(&simple("acme", 1), 1));
    edge
}

fn ids(list: &Value) -> Vec<&str> {
    let mut ids: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["msgId"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    ids
}

fn acknowledged(outcome: &Value) -> Vec<&str> {
    let mut ids: Vec<_> = outcome["explicitAcks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap())
        .collect();
    ids.sort_unstable();
    ids
}

#[test]
fn every_decision_is_one_hit_that_names_nobody() {
    let edge = Edge::start(&[("REFRESH_SECONDS", "3600")]);
    edge.publish(&Publication::new(1).brand(&acme(), 12));
    let visitor = [
        ("cf-connecting-ip", "203.0.113.77"),
        ("x-forwarded-for", "198.51.100.1"),
        (
            "user-agent",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148",
        ),
        ("x-cf", r#"{"country":"US","regionCode":"NJ","colo":"EWR"}"#),
    ];
    let reply = edge.get_with("/go/acme/auto?zip=10001&media=google&lang=es", &visitor);
    let hit = edge.hits(1).remove(0);
    assert_eq!(Some(hit.id.as_str()), reply.header("x-marquee-hit"));
    let expected = Hit {
        id: hit.id.clone(),
        at_ms: hit.at_ms,
        brand: "acme".into(),
        product: "auto".into(),
        language: "es".into(),
        device: "mobile".into(),
        media: Some("google".into()),
        zip: Some("10001".into()),
        zip_known: true,
        state: Some("NY".into()),
        outcome: Outcome::Redirect,
        rule: Some(2),
        variant: Some("a".into()),
        revision: 12,
        canary: false,
        url_sha256: Some(sha256_hex(reply.location().as_bytes())),
        colo: Some("EWR".into()),
        country: Some("US".into()),
        bot: false,
        region_mismatch: true,
        ip: Some("203.0.113.0/24".into()),
    };
    assert_eq!(hit, expected);
}

#[test]
fn misses_are_hits_too_and_mistakes_are_not() {
    let edge = Edge::start(&[("REFRESH_SECONDS", "3600")]);
    let bare = rule_set(
        "bare",
        json!({}),
        json!([route(1, json!({"product": ["home"], "state": ["NY"]}))]),
    );
    edge.publish(&Publication::new(1).brand(&acme(), 12).brand(&bare, 3));
    for target in [
        "/go/acme/auto?zip=9",
        "/go/acme/auto",
        "/go/nobody/auto?zip=10001",
        "/healthz",
        "/",
        "/go/acme/x?zip=10001",
    ] {
        edge.get(target);
    }
    edge.get("/go/bare/home?zip=90210");
    edge.get("/go/bare/home?zip=00000");
    edge.get("/go/acme/home?zip=10001");
    let hits = edge.hits(3);
    let outcomes: Vec<_> = hits
        .iter()
        .map(|hit| (hit.outcome, hit.state.as_deref(), hit.rule))
        .collect();
    assert_eq!(
        outcomes,
        [
            (Outcome::Lost, Some("CA"), None),
            (Outcome::Lost, None, None),
            (Outcome::ProductFallback, Some("NY"), None)
        ]
    );
}

#[test]
fn e15_bots_and_prefetches_are_redirected_and_flagged() {
    let edge = consumer();
    let browser = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0";
    let visits: [&[(&str, &str)]; 5] = [
        &[("user-agent", "Mozilla/5.0 (compatible; Googlebot/2.1)")],
        &[("user-agent", browser), ("sec-purpose", "prefetch;prerender")],
        &[("user-agent", "WhatsApp/2.23")],
        &[],
        &[("user-agent", browser)],
    ];
    for headers in visits {
        assert_eq!(edge.get_with(TARGET, headers).status, 302);
    }
    let bots: Vec<_> = edge.hits(5).iter().map(|hit| hit.bot).collect();
    assert_eq!(bots, [true, true, true, true, false]);
}

#[test]
fn e16_e17_where_the_visitor_is_may_be_unknown_or_abroad() {
    let edge = consumer();
    for cf in [
        None,
        Some("{}"),
        Some(r#"{"country":"T1"}"#),
        Some(r#"{"country":"DE","regionCode":"BY"}"#),
        Some(r#"{"country":7}"#),
    ] {
        let headers: Vec<_> = cf.iter().map(|cf| ("x-cf", *cf)).collect();
        assert_eq!(edge.get_with(TARGET, &headers).status, 302, "{cf:?}");
    }
    let hits = edge.hits(5);
    assert!(hits.iter().all(|hit| !hit.region_mismatch));
    assert_eq!(hits[3].country.as_deref(), Some("DE"));
    assert_eq!(hits[0].country, None);
}

#[test]
fn a_brand_without_its_table_is_a_hit_of_its_own() {
    let edge = Edge::start(&[]);
    let publication = Publication::new(1).brand(&simple("acme", 1), 4);
    edge.publish(&publication);
    edge.delete(&publication.blobs()[0].0);
    let reply = edge.get(TARGET);
    assert_eq!(
        (reply.status, reply.header("x-marquee-revision")),
        (503, Some("4"))
    );
    let hit = edge.hits(1).remove(0);
    assert_eq!(
        (hit.outcome, hit.zip.as_deref(), hit.revision),
        (Outcome::Unavailable, Some("10001"), 4)
    );
}

#[test]
fn hits_of_a_busy_isolate_travel_together() {
    let edge = consumer();
    let ids: Vec<String> = (0..250)
        .map(|_| edge.get(TARGET).header("x-marquee-hit").unwrap().to_owned())
        .collect();
    let mut seen: Vec<String> = edge.hits(250).into_iter().map(|hit| hit.id).collect();
    assert_eq!(
        edge.messages()
            .iter()
            .flat_map(|message| hits_of(message))
            .count(),
        250
    );
    assert!(edge.messages().len() < 100, "{} messages", edge.messages().len());
    let mut ids = ids;
    ids.sort_unstable();
    seen.sort_unstable();
    assert_eq!(seen, ids);
}

#[test]
fn l01_a_queue_that_refuses_delays_hits_and_no_visitor() {
    let edge = consumer();
    edge.get(TARGET);
    edge.faults(&json!({"queue": {"status": 429}}));
    let started = std::time::Instant::now();
    for _ in 0..20 {
        assert_eq!(edge.get(TARGET).status, 302);
    }
    assert!(started.elapsed().as_secs() < 2);
    edge.faults(&json!({}));
    assert_eq!(edge.hits(21).len(), 21);
    assert_eq!(edge.health()["hits"], json!({"waiting": 0, "dropped": 0}));
}

#[test]
fn l01_hits_that_the_queue_keeps_refusing_are_counted() {
    let edge = consumer();
    edge.faults(&json!({"queue": {"status": 429}}));
    for _ in 0..7 {
        assert_eq!(edge.get(TARGET).status, 302);
    }
    edge.until(|| (edge.health()["hits"]["dropped"] == 7).then_some(()));
    assert_eq!(edge.health()["hits"]["waiting"], 0);
}

#[test]
fn the_consumer_packs_hits_and_acknowledges_them() {
    let edge = consumer();
    let outcome = edge.deliver(&json!([
        {"id": "a", "body": "{\"n\":1}\n{\"n\":2}"},
        {"id": "b", "body": "{\"n\":3}"},
    ]));
    assert_eq!(
        (&outcome["outcome"], acknowledged(&outcome)),
        (&json!("ok"), vec!["a", "b"])
    );
    let request = &edge.sqs()[0];
    assert_eq!(request["url"], "https://sqs.us-east-1.amazonaws.com/");
    assert_eq!(request["headers"]["x-amz-target"], "AmazonSQS.SendMessageBatch");
    assert_eq!(request["headers"]["content-type"], "application/x-amz-json-1.0");
    let authorization = request["headers"]["authorization"].as_str().unwrap();
    assert!(
        authorization.contains(
            "/us-east-1/sqs/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target,"
        )
    );
    assert_eq!(
        request["body"]["QueueUrl"],
        "https://sqs.us-east-1.amazonaws.com/123456789012/hits"
    );
    assert_eq!(
        request["body"]["Entries"][0]["MessageBody"],
        r#"{"format":1,"hits":[{"n":1},{"n":2},{"n":3}]}"#
    );
    assert_eq!(edge.sqs().len(), 1);
}

#[test]
fn l02_hits_wait_in_the_queue_while_sqs_is_down() {
    let edge = consumer();
    let batch = json!([{"id": "young", "body": "{}"}, {"id": "old", "body": "{}", "age_ms": 120_000}]);
    for fault in [
        json!({"sqs": {"status": 503}}),
        json!({"sqs": {"status": 400, "body": r#"{"__type":"com.amazonaws.sqs#RequestThrottled"}"#}}),
    ] {
        edge.faults(&fault);
        let outcome = edge.deliver(&batch);
        assert_eq!(
            (acknowledged(&outcome).len(), ids(&outcome["retryMessages"])),
            (0, vec!["old", "young"])
        );
        for message in outcome["retryMessages"].as_array().unwrap() {
            let expected = if message["msgId"] == "old" { 120 } else { 2 };
            assert_eq!(message["delaySeconds"], expected);
        }
    }
    edge.faults(&json!({}));
    assert_eq!(acknowledged(&edge.deliver(&batch)), ["old", "young"]);
}

#[test]
fn l03_of_a_batch_only_what_sqs_refused_is_tried_again() {
    let edge = consumer();
    // Three messages too large to share a pack.
    let hits = |n: usize| vec![format!("\"{}\"", "x".repeat(600)); n].join("\n");
    let batch: Vec<_> = ["a", "b", "c"]
        .map(|id| json!({"id": id, "body": hits(100)}))
        .to_vec();
    edge.faults(&json!({"sqs": {"fail": 1}}));
    let outcome = edge.deliver(&json!(batch));
    assert_eq!(
        (ids(&outcome["retryMessages"]), acknowledged(&outcome)),
        (vec!["a"], vec!["b", "c"])
    );
}

#[test]
fn l04_a_refused_key_is_no_hot_loop() {
    let edge = consumer();
    edge.faults(
        &json!({"sqs": {"status": 403, "body": r#"{"__type":"com.amazonaws.sqs#InvalidClientTokenId"}"#}}),
    );
    let outcome = edge.deliver(&json!([{"id": "a", "body": "{}"}]));
    assert_eq!(
        outcome["retryMessages"],
        json!([{"msgId": "a", "delaySeconds": 300}])
    );
    assert_eq!(edge.sqs().len(), 1);
}

#[test]
fn l04_without_a_key_hits_wait() {
    let edge = Edge::start(&[]);
    let outcome = edge.deliver(&json!([{"id": "a", "body": "{}"}]));
    assert_eq!((ids(&outcome["retryMessages"]), edge.sqs().len()), (vec!["a"], 0));
}

#[test]
fn what_is_no_hit_goes_on_for_the_core_to_put_aside() {
    let edge = consumer();
    let outcome = edge.deliver(&json!([{"id": "a", "body": {"not": "text"}}, {"id": "b", "body": ""}]));
    assert_eq!(acknowledged(&outcome), ["a", "b"]);
    assert_eq!(
        edge.sqs()[0]["body"]["Entries"][0]["MessageBody"],
        r#"{"format":1,"hits":[{"not":"text"}]}"#
    );
}
