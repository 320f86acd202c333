//! Postgres gone, the queue gone, the process asked to stop: nothing is lost, and nobody is flooded.

use std::time::Instant;

use axum::body::Body;
use axum::http::Method;
use marquee_shared::hit::Hit;
use marquee_tests::hits::{hit, pack};
use marquee_tests::{Line, ManualClock, QueueCall, TestApp, until};
use sqlx::{Connection as _, PgConnection, PgPool};
use time::Duration;

use super::{Ingester, PACE, accept, drain, emptied, total};

fn hits(count: u64) -> Vec<Hit> {
    (0..count)
        .map(|n| hit(ManualClock::START - Duration::seconds(n as i64), n))
        .collect()
}

fn deletes(test: &TestApp) -> usize {
    test.hit_queue
        .calls()
        .iter()
        .filter(|call| matches!(call, QueueCall::Delete(_)))
        .count()
}

fn releases(test: &TestApp) -> usize {
    test.hit_queue
        .calls()
        .iter()
        .filter(|call| matches!(call, QueueCall::Release(_)))
        .count()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l09_while_postgres_is_down_nothing_is_received_and_then_it_catches_up(db: PgPool) {
    let line = Line::to(&db).await;
    let test = TestApp::with(db, |parts| parts.db = line.db.clone()).await;
    accept(&test, &[pack(&hits(1))]).await;
    for some in hits(200).chunks(2) {
        test.hit_queue.send(pack(some));
    }
    line.cut();
    let ingester = Ingester::start(&test.app);
    // Each receiver takes one batch and keeps it.
    until("batches are in hand", || {
        test.hit_queue.deliveries() == PACE.receivers * PACE.batch
    })
    .await;
    let asked = test.hit_queue.calls().len();
    // Many pauses long: every receiver has tried again and again.
    tokio::time::sleep(PACE.longest_pause * 20).await;

    assert_eq!(test.hit_queue.calls().len(), asked, "the queue is left alone");
    assert_eq!(test.hit_queue.counts(), (60, 40));

    line.mend();
    emptied(&test.hit_queue).await;
    ingester.stop().await;
    assert_eq!(
        test.hit_queue.deliveries(),
        100,
        "each message was delivered once"
    );
    assert_eq!(total(&test).await, 200);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l09_messages_that_came_again_meanwhile_count_once(db: PgPool) {
    let line = Line::to(&db).await;
    let test = TestApp::with(db, |parts| parts.db = line.db.clone()).await;
    accept(&test, &[pack(&hits(1))]).await;
    test.hit_queue.send(pack(&hits(30)));
    line.cut();
    let ingester = Ingester::start(&test.app);
    until("a batch is in hand", || test.hit_queue.counts() == (0, 1)).await;
    // The outage outlasts the visibility timeout, and the other receiver gets the message, too.
    test.hit_queue.redeliver();
    until("both have it", || test.hit_queue.deliveries() == 2).await;

    line.mend();
    emptied(&test.hit_queue).await;
    ingester.stop().await;

    assert_eq!(total(&test).await, 30);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_message_that_postgres_refuses_takes_no_other_along(db: PgPool) {
    // No hit that is accepted can be refused, as far as we know: make one.
    sqlx::query("alter table hits.hit add constraint no_poison check (brand <> 'poison')")
        .execute(&db)
        .await
        .unwrap();
    let test = TestApp::new(db).await;
    for n in 0..10 {
        let mut hits = hits(20).split_off(2 * n).split_off(0);
        hits.truncate(2);
        if n == 4 {
            hits[1].brand = "poison".into();
        }
        test.hit_queue.send(pack(&hits));
    }

    let ingester = Ingester::start(&test.app);
    until("only the refused message is left", || {
        test.hit_queue.counts() == (0, 1)
    })
    .await;
    ingester.stop().await;

    // Neither deleted nor released: the queue brings it again after a while and at last puts it aside.
    assert_eq!(total(&test).await, 18);
    assert_eq!(releases(&test), 0);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_queue_that_fails_for_a_while_is_asked_again(db: PgPool) {
    let test = TestApp::new(db).await;
    test.hit_queue.fail_next(10);
    test.hit_queue.send(pack(&hits(3)));

    drain(&test).await;

    assert_eq!(total(&test).await, 3);
    let metrics = test.anonymous(Method::GET, "/metrics").body(Body::empty());
    let metrics = test.send(metrics.unwrap()).await.text;
    for (call, outcome) in [("receive", "failed"), ("receive", "ok"), ("delete", "ok")] {
        let line =
            format!("marquee_call_seconds_count{{system=\"sqs\",call=\"{call}\",outcome=\"{outcome}\"}}");
        assert!(metrics.contains(&line), "{line} is not in\n{metrics}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l14_an_idle_ingester_stops_at_once(db: PgPool) {
    let test = TestApp::new(db).await;
    let ingester = Ingester::start(&test.app);
    until("it listens", || test.hit_queue.calls().len() >= PACE.receivers).await;

    let asked = Instant::now();
    ingester.stop().await;

    assert!(
        asked.elapsed() < PACE.poll,
        "it does not wait for its poll to end"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l14_a_batch_in_hand_is_finished_when_asked_to_stop(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    accept(&test, &[pack(&hits(1))]).await;
    let mut blocker = block(&db).await;
    test.hit_queue.send(pack(&hits(5)));
    let ingester = Ingester::start(&test.app);
    until("the batch is in hand", || test.hit_queue.counts() == (0, 1)).await;
    waits_for_a_lock(&db).await;

    test.app.stopping.cancel();
    sqlx::query("rollback").execute(&mut blocker).await.unwrap();
    ingester.stop().await;

    assert_eq!(test.hit_queue.counts(), (0, 0));
    assert_eq!((deletes(&test), releases(&test)), (1, 0));
    assert_eq!(total(&test).await, 5);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l14_a_batch_that_takes_too_long_is_released(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    accept(&test, &[pack(&hits(1))]).await;
    let mut blocker = block(&db).await;
    test.hit_queue.send(pack(&hits(5)));
    let ingester = Ingester::start(&test.app);
    until("the batch is in hand", || test.hit_queue.counts() == (0, 1)).await;
    waits_for_a_lock(&db).await;

    ingester.stop().await;

    assert_eq!(
        test.hit_queue.counts(),
        (1, 0),
        "somebody else may have it at once"
    );
    assert_eq!((deletes(&test), releases(&test)), (0, 1));
    sqlx::query("rollback").execute(&mut blocker).await.unwrap();
    // Whether or not the transaction went through after all, the next ingester counts the rest.
    let next = TestApp::new(db).await;
    assert_eq!(accept(&next, &[pack(&hits(5))]).await.received, 5);
    assert_eq!(total(&next).await, 5);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn l14_a_batch_that_waits_for_postgres_is_released(db: PgPool) {
    let line = Line::to(&db).await;
    let test = TestApp::with(db, |parts| parts.db = line.db.clone()).await;
    line.cut();
    test.hit_queue.send(pack(&hits(5)));
    let ingester = Ingester::start(&test.app);
    until("the batch is in hand", || test.hit_queue.counts() == (0, 1)).await;

    let asked = Instant::now();
    ingester.stop().await;

    assert!(asked.elapsed() < std::time::Duration::from_secs(20));
    assert_eq!(test.hit_queue.counts(), (1, 0));
    assert_eq!(releases(&test), 1);
    test.leave_jobs();
}

/// Holds up every insert of a hit until its transaction ends.
async fn block(db: &PgPool) -> PgConnection {
    let mut conn = PgConnection::connect_with(&db.connect_options()).await.unwrap();
    sqlx::raw_sql("begin; lock table hits.hit in share mode")
        .execute(&mut conn)
        .await
        .unwrap();
    conn
}

async fn waits_for_a_lock(db: &PgPool) {
    marquee_tests::until_async("somebody waits for a lock", async || {
        let waiting = "select exists (select from pg_locks where not granted and database = (select oid from pg_database where datname = current_database()))";
        sqlx::query_scalar(waiting).fetch_one(db).await.unwrap()
    })
    .await;
}
