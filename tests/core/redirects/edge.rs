//! KV is made equal to the database, whatever KV does.

use axum::http::StatusCode;
use marquee_core::access::Principal;
use marquee_core::platform::jobs::{Role, run_due};
use marquee_core::redirects::{Error, commands, jobs};
use marquee_shared::manifest::{KEY, Manifest, sign, table_key};
use marquee_tests::{KvCall, TestApp, until_async};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{at_the_edge, create, import_csv, live, manifest, next, one_rule, post_any, publish_draft};

async fn publishing(app: &TestApp) -> Value {
    app.get("/v1/publishing").await.1
}

/// What happens every minute.
async fn sync(app: &TestApp) {
    jobs::sync(&app.app).await.unwrap();
}

/// Lets the jobs that failed try again.
async fn later(app: &TestApp) {
    app.advance(Duration::hours(1));
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_table_is_there_and_read_back_before_the_manifest_names_it(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;

    let table = table_key(&manifest(&app).unwrap().brands[0].table.sha256);
    let manifest = || KEY.to_owned();
    let expected = [
        // What sequence is there, before publishing and before writing.
        KvCall::Get(manifest()),
        KvCall::Get(manifest()),
        KvCall::Put(table.clone()),
        KvCall::Get(table),
        KvCall::Put(manifest()),
        KvCall::Get(manifest()),
    ];
    assert_eq!(app.edge_kv.calls(), expected);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn k14_a_throttled_put_is_retried_until_the_edge_has_it(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    import_csv(&app, "acme", &one_rule("acme", "a")).await;
    publish_draft(&app, "acme").await;

    app.edge_kv.succeed_next(1);
    app.edge_kv.throttle_next(3);
    app.edge_kv.succeed_next(2);
    app.edge_kv.throttle_next(3);
    app.run_jobs().await;

    assert_eq!(at_the_edge(&app, "acme"), Some((1, 1)));
    assert_eq!(publishing(&app).await["status"], "synced");
    let puts = app
        .edge_kv
        .calls()
        .iter()
        .filter(|call| matches!(call, KvCall::Put(_)))
        .count();
    assert_eq!(puts, 8);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn k14_a_kv_that_throttles_for_long_is_asked_again_later_and_nothing_is_half_published(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    next(&app, "acme", "b").await;

    app.edge_kv.succeed_next(1);
    app.edge_kv.throttle_next(12);
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((1, 1)));
    assert_eq!(
        publishing(&app).await["last_error"],
        "writing table/: the edge's KV asks us to slow down"
            .replace("table/", &table_key(&revision_table(&app, 2).await),)
    );

    // Each read that is throttled waits for the next run.
    for _ in 0..5 {
        later(&app).await;
    }
    assert_eq!(at_the_edge(&app, "acme").map(|(revision, _)| revision), Some(2));
    assert_eq!(publishing(&app).await["last_error"], json!(null));
}

async fn revision_table(app: &TestApp, revision: i64) -> String {
    let (_, view) = app.get(&format!("/v1/brands/acme/revisions/{revision}")).await;
    view["table_sha256"].as_str().unwrap().to_owned()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn publishing_goes_on_while_kv_is_down_and_the_edge_follows_when_it_is_back(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;

    app.edge_kv.fail_next(4);
    next(&app, "acme", "b").await;
    app.run_jobs().await;
    let down = publishing(&app).await;
    assert_eq!(
        (&down["status"], &down["sequence"], &down["edge_sequence"]),
        (&json!("pending"), &json!(2), &json!(1))
    );
    assert_eq!(
        down["last_error"],
        "reading the manifest: the edge's KV cannot be reached: connection refused"
    );
    assert_eq!(down["failing_since"], "2026-07-01T12:00:00Z");
    assert_eq!(at_the_edge(&app, "acme"), Some((1, 1)));

    later(&app).await;
    later(&app).await;
    later(&app).await;
    let up = publishing(&app).await;
    assert_eq!(
        (&up["status"], &up["attempts"], &up["failing_since"]),
        (&json!("synced"), &json!(0), &json!(null))
    );
    assert_eq!(at_the_edge(&app, "acme"), Some((2, 2)));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_kv_that_refuses_for_good_is_told_and_tried_again(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    import_csv(&app, "acme", &one_rule("acme", "a")).await;
    publish_draft(&app, "acme").await;

    app.edge_kv.refuse_next(1);
    app.run_jobs().await;
    assert_eq!(
        publishing(&app).await["last_error"],
        "reading the manifest: the edge's KV refuses: 403 Forbidden"
    );
    later(&app).await;
    assert_eq!(at_the_edge(&app, "acme"), Some((1, 1)));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_lying_kv_never_gets_a_manifest_that_names_what_is_not_there(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    next(&app, "acme", "b").await;

    app.edge_kv.lie_about("table/", b"something else".to_vec());
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((1, 1)));
    let status = publishing(&app).await;
    assert!(
        status["last_error"]
            .as_str()
            .unwrap()
            .ends_with("KV holds other bytes than were put there")
    );

    app.edge_kv.stop_lying();
    later(&app).await;
    assert_eq!(at_the_edge(&app, "acme"), Some((2, 2)));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_kv_lost_or_somebody_changed_is_put_right(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    let (whole, table) = (app.edge_kv.value(KEY), table_key(&revision_table(&app, 1).await));

    // The manifest alone.
    app.edge_kv.tamper(KEY, Some(b"rubbish".to_vec()));
    sync(&app).await;
    assert_eq!(app.edge_kv.value(KEY), whole);

    // The whole namespace, as when local data is thrown away.
    app.edge_kv.tamper(KEY, None);
    app.edge_kv.tamper(&table, None);
    sync(&app).await;
    assert_eq!(app.edge_kv.value(KEY), whole);
    assert!(app.edge_kv.value(&table).is_some());

    // A table alone is missed within a day.
    app.edge_kv.tamper(&table, None);
    sync(&app).await;
    assert_eq!(app.edge_kv.value(&table), None);
    app.advance(Duration::hours(25));
    sync(&app).await;
    assert!(app.edge_kv.value(&table).is_some());
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_run_that_finds_all_in_order_only_reads_the_manifest(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    let before = app.edge_kv.calls().len();

    sync(&app).await;
    assert_eq!(app.edge_kv.calls()[before..], [KvCall::Get(KEY.to_owned())]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_old_manifest_is_signed_anew_before_it_expires(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    let first = manifest(&app).unwrap();
    assert_eq!(first.soft_expires_at - first.created_at, 48 * 3600);

    app.advance(Duration::hours(11));
    sync(&app).await;
    assert_eq!(manifest(&app).unwrap(), first);

    app.advance(Duration::hours(2));
    sync(&app).await;
    let second = manifest(&app).unwrap();
    assert_eq!(
        (second.sequence, second.created_at),
        (2, first.created_at + 13 * 3600)
    );
    assert_eq!(second.brands, first.brands);
}

/// Puts a manifest of a later sequence in KV, as a database would find it that was restored from a backup.
fn edge_is_ahead(app: &TestApp, sequence: u64) {
    let ahead = Manifest {
        sequence,
        ..manifest(app).unwrap()
    };
    app.edge_kv
        .tamper(KEY, Some(sign(&ahead, app.app.config.signing_keys.as_slice())));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_restored_database_publishes_above_what_the_edge_has(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    edge_is_ahead(&app, 50);

    // KV never goes backwards by itself, nor does a re-signing overwrite it.
    app.advance(Duration::hours(13));
    sync(&app).await;
    assert_eq!(manifest(&app).unwrap().sequence, 50);
    let behind = publishing(&app).await;
    assert_eq!(
        (&behind["status"], &behind["sequence"], &behind["edge_sequence"]),
        (&json!("behind"), &json!(1), &json!(50))
    );

    let published = next(&app, "acme", "b").await;
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((published, 51)));
    assert_eq!(publishing(&app).await["status"], "synced");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nobody_is_told_that_there_is_nothing_to_take_over_while_kv_cannot_be_read(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    let take_over = async || commands::take_over(&app.app, &Principal::operator(), "restored").await;

    app.edge_kv.fail_next(1);
    let unread = take_over().await.unwrap_err();
    assert!(matches!(unread, Error::EdgeUnknown(_)), "{unread}");
    let read = take_over().await.unwrap_err();
    assert!(matches!(read, Error::NotBehind), "{read}");
    edge_is_ahead(&app, 50);
    assert_eq!(take_over().await.unwrap(), 51);
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((1, 51)));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_forged_sequence_in_kv_pushes_nobody(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    let ahead = Manifest {
        sequence: u64::MAX,
        ..manifest(&app).unwrap()
    };
    let stranger = (
        "local-1".to_owned(),
        ed25519_dalek::SigningKey::from_bytes(&[7; 32]),
    );
    app.edge_kv.tamper(KEY, Some(sign(&ahead, &[stranger])));

    next(&app, "acme", "b").await;
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((2, 2)));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn k16_two_publishers_at_once_take_one_sequence_each(db: PgPool) {
    let app = TestApp::new(db).await;
    for brand in ["acme", "bolt"] {
        create(&app, brand).await;
        import_csv(&app, brand, &one_rule(brand, "a")).await;
    }
    let (one, two) = tokio::join!(publish_draft(&app, "acme"), publish_draft(&app, "bolt"));
    let mut sequences = [&one, &two].map(|answer| answer.body["sequence"].as_i64().unwrap());
    sequences.sort_unstable();
    assert_eq!(sequences, [1, 2]);

    app.run_jobs().await;
    let manifest = manifest(&app).unwrap();
    assert_eq!((manifest.sequence, manifest.brands.len()), (2, 2));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn k16_of_two_who_publish_one_brand_the_second_is_told(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    import_csv(&app, "acme", &one_rule("acme", "a")).await;

    let (one, two) = tokio::join!(publish_draft(&app, "acme"), publish_draft(&app, "acme"));
    let mut statuses = [one.status, two.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::CREATED, StatusCode::CONFLICT]);
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((1, 1)));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn k16_two_workers_at_once_never_move_kv_backwards(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    for path in ["b", "c", "d", "e"] {
        next(&app, "acme", path).await;
        tokio::join!(sync(&app), sync(&app), sync(&app));
    }
    app.run_jobs().await;
    assert_eq!(at_the_edge(&app, "acme"), Some((5, 5)));

    let written: Vec<_> = app
        .edge_kv
        .history(KEY)
        .iter()
        .map(|value| sequence(&app, value))
        .collect();
    assert!(written.is_sorted(), "{written:?}");
}

fn sequence(app: &TestApp, value: &[u8]) -> u64 {
    let keys = app.app.config.signing_keys.as_slice().iter();
    let keys: Vec<_> = keys
        .map(|(id, key)| (id.clone(), key.verifying_key().to_bytes()))
        .collect();
    marquee_shared::manifest::verify(value, &keys, "local")
        .unwrap()
        .0
        .sequence
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn k16_a_worker_that_lost_its_lease_does_not_write_the_manifest(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    next(&app, "acme", "b").await;

    // While the first holds still in the middle of its table, its lease lapses and another takes over.
    let pause = app.edge_kv.pause_at("table/");
    let slow = tokio::spawn({
        let core = app.app.clone();
        async move { jobs::sync(&core).await }
    });
    pause.reached().await;
    app.advance(Duration::hours(1));
    next(&app, "acme", "c").await;
    sync(&app).await;
    assert_eq!(at_the_edge(&app, "acme"), Some((3, 3)));
    pause.resume();
    slow.await.unwrap().unwrap();

    assert_eq!(at_the_edge(&app, "acme"), Some((3, 3)));
    let written: Vec<_> = app
        .edge_kv
        .history(KEY)
        .iter()
        .map(|value| sequence(&app, value))
        .collect();
    assert_eq!(written, [1, 3]);
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn k15_what_a_killed_worker_was_at_is_taken_up_as_soon_as_its_lease_has_lapsed(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    next(&app, "acme", "b").await;
    // Those who are told of the publish are not what this is about.
    run_due(&app.app, &[Role::Mail]).await.unwrap();

    let pause = app.edge_kv.pause_at("table/");
    let killed = tokio::spawn({
        let core = app.app.clone();
        async move { run_due(&core, &Role::ALL).await }
    });
    pause.reached().await;
    killed.abort();
    assert!(killed.await.unwrap_err().is_cancelled());

    assert_eq!(app.run_jobs().await, 0, "the lease still holds");
    app.advance(Duration::seconds(20));
    assert_eq!(app.run_jobs().await, 1);
    assert_eq!(at_the_edge(&app, "acme"), Some((2, 2)));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn k16_a_write_that_takes_longer_than_a_lease_keeps_it(db: PgPool) {
    let app = TestApp::with(db, |parts| {
        parts.pace.heartbeat = std::time::Duration::from_millis(5)
    })
    .await;
    live(&app, "acme", "a").await;
    next(&app, "acme", "b").await;

    let pause = app.edge_kv.pause_at("table/");
    let slow = tokio::spawn({
        let core = app.app.clone();
        async move { jobs::sync(&core).await }
    });
    pause.reached().await;
    for _ in 0..3 {
        app.advance(Duration::seconds(15));
        until_async("the lease is kept", async || {
            let held = "select leased_until > $1 from redirects.manifest";
            let held = sqlx::query_scalar(held).bind(app.app.now());
            held.fetch_one(&app.app.db).await.unwrap()
        })
        .await;
    }
    let before = app.edge_kv.calls().len();
    sync(&app).await;
    assert_eq!(
        app.edge_kv.calls().len(),
        before,
        "another worker leaves it alone"
    );
    pause.resume();
    slow.await.unwrap().unwrap();

    assert_eq!(at_the_edge(&app, "acme"), Some((2, 2)));
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_table_leaves_kv_thirty_days_after_it_was_last_named(db: PgPool) {
    let app = TestApp::new(db).await;
    live(&app, "acme", "a").await;
    for path in ["b", "c", "d"] {
        next(&app, "acme", path).await;
        app.run_jobs().await;
    }
    let mut tables = Vec::new();
    for revision in 1..=4 {
        tables.push(table_key(&revision_table(&app, revision).await));
    }
    let held = |app: &TestApp| {
        tables
            .iter()
            .map(|key| app.edge_kv.value(key).is_some())
            .collect::<Vec<_>>()
    };

    app.advance(Duration::days(29));
    jobs::clean(&app.app).await.unwrap();
    assert_eq!(held(&app), [true, true, true, true]);

    // Live, and the two that were live before it, stay.
    app.advance(Duration::days(2));
    jobs::clean(&app.app).await.unwrap();
    assert_eq!(held(&app), [false, true, true, true]);

    // Whoever rolls back to it gets it back.
    post_any(&app, "/v1/brands/acme/rollback", json!({ "revision": 1 })).await;
    app.run_jobs().await;
    assert_eq!(held(&app), [true, true, true, true]);
    assert_eq!(at_the_edge(&app, "acme").map(|(revision, _)| revision), Some(1));
}
