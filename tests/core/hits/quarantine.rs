//! What is no hit is kept aside with a reason, and never blocks the queue.

use marquee_shared::hit::{Hit, Outcome};
use marquee_tests::hits::{hit, hit_id, json, pack};
use marquee_tests::{ManualClock, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use super::{accept, drain, total};

fn one() -> Hit {
    hit(ManualClock::START, 1)
}

fn at(at: OffsetDateTime) -> Hit {
    hit(at, 1)
}

/// A good hit with one field made something else; `Null` removes it.
fn spoilt(field: &str, value: Value) -> Vec<u8> {
    let mut hit = json(&one());
    if value.is_null() {
        hit.as_object_mut().unwrap().remove(field)
    } else {
        hit.as_object_mut().unwrap().insert(field.into(), value)
    };
    pack(&[hit])
}

async fn reason(test: &TestApp) -> String {
    let (status, quarantine) = test.get("/v1/hits/quarantine").await;
    assert_eq!(status, 200);
    assert_eq!(quarantine["items"].as_array().unwrap().len(), 1, "{quarantine}");
    quarantine["items"][0]["reason"].as_str().unwrap().to_owned()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l07_what_cannot_be_read_is_set_aside_and_the_next_message_is_read(db: PgPool) {
    let test = TestApp::new(db).await;
    let unreadable: [(&str, Vec<u8>); 12] = [
        ("unreadable", b"".to_vec()),
        ("unreadable", b"not json".to_vec()),
        ("unreadable", b"null".to_vec()),
        ("unreadable", b"[1, 2]".to_vec()),
        ("unreadable", b"{\"hits\": []}".to_vec()),
        ("unreadable", b"{\"format\": 1}".to_vec()),
        ("unreadable", b"{\"format\": 1, \"hits\": {}}".to_vec()),
        (
            "unreadable",
            b"{\"format\": 1, \"hits\": [], \"more\": 1}".to_vec(),
        ),
        ("unknown_format", b"{\"format\": 2, \"visits\": []}".to_vec()),
        (
            "unreadable",
            [b"{\"format\": 1, \"hits\": [\"", &[0xff, 0xfe][..], b"\"]}"].concat(),
        ),
        ("unreadable", b"[".repeat(10_000)),
        ("too_large", vec![b' '; 256 * 1024 + 1]),
    ];
    for (_, body) in &unreadable {
        test.hit_queue.send(body.clone());
    }
    test.hit_queue.send(pack(&[one()]));

    drain(&test).await;

    assert_eq!(total(&test).await, 1);
    let (_, quarantine) = test.get("/v1/hits/quarantine?limit=100").await;
    let mut reasons: Vec<_> = quarantine["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["reason"].clone())
        .collect();
    let mut expected: Vec<Value> = unreadable.iter().map(|(reason, _)| json!(reason)).collect();
    reasons.sort_by_key(Value::to_string);
    expected.sort_by_key(Value::to_string);
    assert_eq!(reasons, expected);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l07_a_message_of_no_hits_is_nothing(db: PgPool) {
    let test = TestApp::new(db).await;
    test.hit_queue.send(pack::<Hit>(&[]));

    drain(&test).await;

    let (_, quarantine) = test.get("/v1/hits/quarantine").await;
    assert_eq!(quarantine, json!({ "items": [], "next_cursor": null }));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l07_every_field_out_of_bounds_is_refused(db: PgPool) {
    let test = TestApp::new(db).await;
    let spoilt: Vec<Vec<u8>> = [
        ("brand", json!("")),
        ("brand", json!("Acme")),
        ("brand", json!("a".repeat(41))),
        ("product", json!("auto\u{0}")),
        ("product", Value::Null),
        ("media", json!("")),
        ("language", json!("en_US; drop")),
        ("device", json!(7)),
        ("media", json!("goo gle")),
        ("zip", json!("1000A")),
        ("zip", json!("１０００１")),
        ("zip", json!(10001)),
        ("state", json!("ZZ")),
        ("outcome", json!("won")),
        ("rule", json!(4_294_967_295_u32)),
        ("rule", json!(-1)),
        ("variant", json!("a\nb")),
        ("variant", json!("-a")),
        ("revision", json!(3_000_000_000_u32)),
        ("url_sha256", json!("0f")),
        ("url_sha256", json!("0g".repeat(32))),
        ("colo", json!("Newark, NJ")),
        ("country", json!("U\n")),
        ("ip", json!("localhost")),
        ("surprise", json!(1)),
    ]
    .into_iter()
    .map(|(field, value)| spoilt(field, value))
    .collect();

    let receipt = accept(&test, &spoilt).await;

    assert_eq!((receipt.accepted, receipt.quarantined), (0, 25));
    let (_, quarantine) = test.get("/v1/hits/quarantine?limit=100").await;
    for item in quarantine["items"].as_array().unwrap() {
        assert_eq!(item["reason"], "not_a_hit", "{item}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l11_times_beyond_belief_are_set_aside(db: PgPool) {
    let now = ManualClock::START;
    let cases = [
        ("too_old", at(OffsetDateTime::UNIX_EPOCH)),
        ("too_old", at(now - Duration::days(15) - Duration::SECOND)),
        ("in_the_future", at(now + Duration::minutes(5) + Duration::SECOND)),
        ("in_the_future", at(now.replace_year(3000).unwrap())),
        // The last moment a UUIDv7 can hold: the year 10889.
        (
            "in_the_future",
            Hit {
                id: hit_id((1 << 48) - 1, 1),
                at_ms: (1 << 48) - 1,
                ..one()
            },
        ),
        ("times_differ", Hit { at_ms: 0, ..one() }),
        (
            "times_differ",
            Hit {
                at_ms: i64::MIN,
                ..one()
            },
        ),
        (
            "times_differ",
            Hit {
                at_ms: one().at_ms + 60_001,
                ..one()
            },
        ),
        (
            "bad_id",
            Hit {
                id: "7d444840-9dc0-41d1-b245-5ffdce74fad2".into(),
                ..one()
            },
        ),
        (
            "bad_id",
            Hit {
                id: format!("{{{}}}", one().id),
                ..one()
            },
        ),
        (
            "bad_id",
            Hit {
                id: String::new(),
                ..one()
            },
        ),
    ];
    let test = TestApp::new(db.clone()).await;
    for (expected, hit) in cases {
        let receipt = accept(&test, &[pack(std::slice::from_ref(&hit))]).await;
        assert_eq!((receipt.accepted, receipt.quarantined), (0, 1), "{hit:?}");
        assert_eq!(reason(&test).await, expected, "{hit:?}");
        sqlx::query("delete from hits.quarantine")
            .execute(&db)
            .await
            .unwrap();
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l11_a_late_hit_counts_on_its_own_day_and_finds_its_partition(db: PgPool) {
    let test = TestApp::new(db).await;
    let now = ManualClock::START;
    let late = [
        now - Duration::days(15),
        now - Duration::days(14),
        now - Duration::hours(47),
        now + Duration::minutes(5),
    ];
    let hits: Vec<Hit> = late.iter().map(|late| at(*late)).collect();

    let receipt = accept(&test, &[pack(&hits)]).await;

    assert_eq!(receipt.accepted, 4);
    let (_, totals) = test
        .get("/v1/hits?from=2026-06-16T00:00:00Z&to=2026-07-02T00:00:00Z&grain=day")
        .await;
    assert_eq!(
        totals["series"],
        json!([
            { "at": "2026-06-16T00:00:00Z", "hits": 1 },
            { "at": "2026-06-17T00:00:00Z", "hits": 1 },
            { "at": "2026-06-29T00:00:00Z", "hits": 1 },
            { "at": "2026-07-01T00:00:00Z", "hits": 1 },
        ])
    );
    // Minutes of a fortnight ago are not kept.
    let (_, minutes) = test.get("/v1/hits?from=2026-06-29T12:00:00Z&grain=minute").await;
    assert_eq!(minutes["hits"], 2);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l12_an_injected_log_line_stays_one_record(db: PgPool) {
    let test = TestApp::new(db).await;
    let injected = "google\"}\n{\"level\":\"fatal\",\"message\":\"\u{1b}[31mowned\"";
    test.hit_queue.send(spoilt("media", json!(injected)));
    test.hit_queue.send(spoilt(injected, json!(1)));
    test.hit_queue.send(format!("no json\n{injected}").into_bytes());
    drain(&test).await;

    assert_eq!(total(&test).await, 0);
    let (_, quarantine) = test.get("/v1/hits/quarantine").await;
    let items = quarantine["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    for item in items {
        assert!(
            !item["detail"].as_str().unwrap().contains(char::is_control),
            "{item}"
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_set_aside_is_bounded_and_still_recognised(db: PgPool) {
    let test = TestApp::new(db).await;
    let (mut large, mut alike) = (vec![b'x'; 200_000], vec![b'x'; 200_000]);
    large.push(b'1');
    alike.push(b'2');

    let receipt = accept(&test, &[large.clone(), alike, large]).await;

    // Cut alike, but of different hash.
    assert_eq!((receipt.quarantined, receipt.duplicates), (2, 1));
    let (_, quarantine) = test.get("/v1/hits/quarantine").await;
    assert_eq!(quarantine["items"][0]["size_bytes"], 200_001);
    assert_eq!(quarantine["items"][0]["excerpt"].as_str().unwrap().len(), 1_000);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn quarantine_is_paged_last_seen_first(db: PgPool) {
    let test = TestApp::new(db).await;
    for n in 0..7 {
        accept(&test, &[format!("rubbish {n}").into_bytes()]).await;
        test.advance(Duration::SECOND);
    }
    let mut seen = vec![];
    let mut cursor = String::new();
    loop {
        let (status, page) = test.get(&format!("/v1/hits/quarantine?limit=3{cursor}")).await;
        assert_eq!(status, 200, "{page}");
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["excerpt"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(
        seen,
        [
            "rubbish 6",
            "rubbish 5",
            "rubbish 4",
            "rubbish 3",
            "rubbish 2",
            "rubbish 1",
            "rubbish 0"
        ]
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_hit_about_which_nothing_could_be_decided_counts(db: PgPool) {
    let test = TestApp::new(db).await;
    let undecided = Hit {
        product: String::new(),
        language: String::new(),
        media: None,
        zip: None,
        zip_known: false,
        state: None,
        outcome: Outcome::Unavailable,
        rule: None,
        variant: None,
        url_sha256: None,
        colo: None,
        country: Some("T1".into()),
        ip: None,
        ..one()
    };

    let receipt = accept(&test, &[pack(&[undecided])]).await;

    assert_eq!(receipt.accepted, 1);
    let (_, totals) = test
        .get("/v1/hits?outcome=unavailable&group_by=product,state")
        .await;
    assert_eq!(totals["groups"][0]["by"], json!({ "product": "", "state": null }));
}
