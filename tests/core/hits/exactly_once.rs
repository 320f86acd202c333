//! However a hit gets here, and however often, it counts once.

use marquee_core::config::Fault;
use marquee_core::hits::{self, Receipt};
use marquee_core::platform::faults::Faults;
use marquee_shared::hit::Hit;
use marquee_tests::hits::{hit, json, pack};
use marquee_tests::{ManualClock, QueueCall, TestApp, until};
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::{Ingester, accept, drain, emptied, total};

fn made(count: u64) -> Vec<Hit> {
    (0..count)
        .map(|n| hit(ManualClock::START - Duration::seconds(n as i64), n))
        .collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_hit_is_stored_as_the_edge_reported_it(db: PgPool) {
    let test = TestApp::new(db).await;
    test.hit_queue.send(pack(&made(1)));
    drain(&test).await;

    let (_, recent) = test.get("/v1/hits/recent").await;

    let mut reported = json(&made(1)[0]);
    reported
        .as_object_mut()
        .unwrap()
        .retain(|name, _| name != "at_ms" && name != "ip");
    reported["at"] = json!("2026-07-01T12:00:00Z");
    assert_eq!(recent, json!({ "items": [reported], "next_cursor": null }));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l05_five_deliveries_out_of_order_count_once(db: PgPool) {
    let test = TestApp::new(db).await;
    let hits = made(40);
    for turn in 0..5 {
        // Other neighbours and another order each time.
        let mut again = hits.clone();
        again.rotate_left(turn * 7);
        again.reverse();
        for some in again.chunks(turn + 3) {
            test.hit_queue.send(pack(some));
        }
    }
    drain(&test).await;

    assert_eq!(total(&test).await, 40);
    let (_, recent) = test.get("/v1/hits/recent?limit=100").await;
    assert_eq!(recent["items"].as_array().unwrap().len(), 40);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l06_two_consumers_of_the_same_messages_count_once(db: PgPool) {
    let (one, other) = (TestApp::new(db.clone()).await, TestApp::new(db).await);
    for some in made(300).chunks(10) {
        one.hit_queue.send(pack(some));
        other.hit_queue.send(pack(some));
    }
    tokio::join!(drain(&one), drain(&other));

    assert_eq!(total(&one).await, 300);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l06_the_same_hit_in_two_transactions_at_once_neither_blocks_nor_doubles(db: PgPool) {
    let test = TestApp::new(db).await;
    accept(&test, &[pack(&made(1))]).await; // The partitions are there.
    let (mut forth, mut back) = (made(200), made(200));
    for (n, hit) in forth.iter_mut().enumerate() {
        hit.rule = Some(u32::try_from(n % 17).unwrap());
    }
    back.reverse();
    let (forth, back) = ([pack(&forth)], [pack(&back)]);

    for _ in 0..5 {
        tokio::join!(accept(&test, &forth), accept(&test, &back));
    }

    assert_eq!(total(&test).await, 200);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l08_one_bad_hit_among_a_hundred_takes_nobody_along(db: PgPool) {
    let test = TestApp::new(db).await;
    let mut packed: Vec<_> = made(100).iter().map(json).collect();
    packed[41]["zip"] = json!("1000");

    let receipt = accept(&test, &[pack(&packed)]).await;

    assert_eq!(
        receipt,
        Receipt {
            received: 100,
            accepted: 99,
            duplicates: 0,
            quarantined: 1
        }
    );
    let (_, quarantine) = test.get("/v1/hits/quarantine").await;
    assert_eq!(quarantine["items"][0]["reason"], "not_a_hit");
    assert_eq!(quarantine["items"][0]["detail"], "zip is out of bounds");
    assert!(
        quarantine["items"][0]["excerpt"]
            .as_str()
            .unwrap()
            .contains("\"zip\":\"1000\"")
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l10_a_crash_between_commit_and_delete_is_a_redelivery(db: PgPool) {
    let test = TestApp::new(db).await;
    let bodies = [pack(&made(10))];
    // Committed, and gone before the delete.
    assert_eq!(accept(&test, &bodies).await.accepted, 10);
    test.hit_queue.send(bodies[0].clone());

    drain(&test).await;

    assert_eq!(total(&test).await, 10);
    assert_eq!(
        accept(&test, &bodies).await,
        Receipt {
            received: 10,
            duplicates: 10,
            ..Receipt::default()
        }
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l10_a_crash_at_any_point_of_the_commit_is_a_redelivery(db: PgPool) {
    let points = [("hits.before_commit", 10, 0), ("hits.after_commit", 0, 10)];
    for (turn, (point, accepted, duplicates)) in (0..).zip(points) {
        let fault = Fault {
            point: point.to_owned(),
            pass: 1,
        };
        let faults = Faults::crashing(Some(fault), || panic!("crashed, as it should"));
        let test = TestApp::with(db.clone(), |parts| parts.faults = faults).await;
        let ten = (0..10)
            .map(|n| hit(ManualClock::START, 10 * turn + n))
            .collect::<Vec<_>>();
        let bodies = [pack(&ten)];

        let (app, doomed) = (test.app.clone(), bodies.clone());
        let crash = tokio::spawn(async move { hits::accept(&app, doomed.iter().map(Vec::as_slice)).await });
        assert!(crash.await.unwrap_err().is_panic(), "{point}");

        let again = accept(&test, &bodies).await;
        assert_eq!(
            (again.accepted, again.duplicates),
            (accepted, duplicates),
            "{point}"
        );
        assert_eq!(total(&test).await, 10 * (turn as i64 + 1), "{point}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l10_a_message_whose_delete_fails_comes_again_and_is_known(db: PgPool) {
    let test = TestApp::new(db).await;
    test.hit_queue.fail_next_deletes(1);
    test.hit_queue.send(pack(&made(10)));
    let ingester = Ingester::start(&test.app);
    let deletes = || {
        test.hit_queue
            .calls()
            .iter()
            .filter(|call| matches!(call, QueueCall::Delete(_)))
            .count()
    };
    until("the delete has failed", || deletes() == 1).await;

    test.hit_queue.redeliver();
    emptied(&test.hit_queue).await;
    ingester.stop().await;

    assert_eq!(deletes(), 2);
    assert_eq!(total(&test).await, 10);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l13_dead_letters_sent_back_twice_change_nothing(db: PgPool) {
    let test = TestApp::new(db).await;
    let mut packed: Vec<_> = made(20).iter().map(json).collect();
    packed[3]["outcome"] = json!("won");
    let body = pack(&packed);

    let first = accept(&test, std::slice::from_ref(&body)).await;
    let second = accept(&test, std::slice::from_ref(&body)).await;
    let third = accept(&test, &[body.clone(), body]).await;

    assert_eq!(
        first,
        Receipt {
            received: 20,
            accepted: 19,
            duplicates: 0,
            quarantined: 1
        }
    );
    assert_eq!(
        second,
        Receipt {
            received: 20,
            accepted: 0,
            duplicates: 20,
            quarantined: 0
        }
    );
    assert_eq!(
        third,
        Receipt {
            received: 40,
            accepted: 0,
            duplicates: 40,
            quarantined: 0
        }
    );
    assert_eq!(total(&test).await, 19);
    let (_, quarantine) = test.get("/v1/hits/quarantine").await;
    assert_eq!(quarantine["items"].as_array().unwrap().len(), 1);
    assert_eq!(quarantine["items"][0]["seen"], 4);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_hit_twice_in_one_message_counts_once(db: PgPool) {
    let test = TestApp::new(db).await;

    let receipt = accept(&test, &[pack(&[made(1), made(1)].concat()), pack(&made(1))]).await;

    assert_eq!(
        receipt,
        Receipt {
            received: 3,
            accepted: 1,
            duplicates: 2,
            quarantined: 0
        }
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn seed_defect_g_what_matched_nothing_leaves_a_trace(db: PgPool) {
    let test = TestApp::new(db).await;
    let mut lost = json(&made(1)[0]);
    lost["outcome"] = json!("lost");
    for field in ["rule", "variant", "url_sha256", "state"] {
        lost.as_object_mut().unwrap().remove(field);
    }
    lost["zip"] = json!("00099");
    lost["zip_known"] = json!(false);
    test.hit_queue.send(pack(&[lost]));
    drain(&test).await;

    let (_, recent) = test.get("/v1/hits/recent?outcome=lost").await;
    assert_eq!(recent["items"][0]["zip"], "00099");
    let (_, zips) = test.get("/v1/lost-zips").await;
    assert_eq!(zips["items"][0]["zip"], "00099");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn seed_defect_i_a_bad_record_does_not_fail_its_batch(db: PgPool) {
    let test = TestApp::new(db).await;
    test.hit_queue.send(pack(&made(5)));
    test.hit_queue.send("{\"response\": {}, \"status\": 1}");
    test.hit_queue.send(pack(&made(6)));

    drain(&test).await;

    assert_eq!(total(&test).await, 6);
    assert!(
        !test
            .hit_queue
            .calls()
            .iter()
            .any(|call| matches!(call, QueueCall::Release(_)))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn seed_defect_m_an_address_is_cut_whatever_was_sent_and_is_never_shown(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    let mut hits = made(3);
    hits[0].ip = Some("198.51.100.77".into());
    hits[1].ip = Some("2001:db8:1234:5678::9".into());
    accept(&test, &[pack(&hits)]).await;

    let (_, recent) = test.get("/v1/hits/recent").await;
    assert!(!recent.to_string().contains("\"ip\""));
    // Nobody is shown the address, so only the table can tell.
    let kept: Vec<String> = sqlx::query_scalar("select ip::text from hits.hit order by 1")
        .fetch_all(&db)
        .await
        .unwrap();
    assert_eq!(kept, ["198.51.100.0/24", "2001:db8:1234::/48", "203.0.113.0/24"]);
}
