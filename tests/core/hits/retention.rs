//! Everything is kept as long as promised, and no longer.

use marquee_core::hits::jobs;
use marquee_tests::hits::{hit, pack};
use marquee_tests::{ManualClock, TestApp};
use sqlx::{Connection as _, PgConnection, PgPool};
use time::Duration;

use super::accept;

async fn count(db: &PgPool, table: &str) -> i64 {
    let count = sqlx::AssertSqlSafe(format!("select count(*) from hits.{table}"));
    sqlx::query_scalar(count).fetch_one(db).await.unwrap()
}

async fn partitions(db: &PgPool, parent: &str) -> i64 {
    let count = "select count(*) from pg_inherits where inhparent = ('hits.' || $1)::regclass";
    sqlx::query_scalar(count)
        .bind(parent)
        .fetch_one(db)
        .await
        .unwrap()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn each_kind_of_count_ends_in_its_own_time(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    accept(&test, &[pack(&[hit(ManualClock::START, 1)]), b"rubbish".to_vec()]).await;
    let lists = ["hit", "cell", "population", "quarantine"];
    let hours = ["rollup_hour", "summary_brand_hour", "summary_state_hour"];
    let days = [
        "rollup_day",
        "summary_brand_day",
        "summary_state_day",
        "summary_brand_state_day",
        "summary_rule_day",
    ];
    let everything: Vec<&str> = ["rollup_minute"]
        .into_iter()
        .chain(lists)
        .chain(hours)
        .chain(days)
        .collect();
    let kept = async |days: i64| {
        test.clock.set(ManualClock::START + Duration::days(days));
        jobs::forget(&test.app).await.unwrap();
        let mut left = vec![];
        for table in &everything {
            if count(&db, table).await > 0 {
                left.push(*table);
            }
        }
        left
    };

    assert_eq!(kept(0).await, everything);
    assert_eq!(kept(2).await, everything);
    let without_minutes = [&lists[..], &hours, &days].concat();
    assert_eq!(kept(3).await, without_minutes);
    assert_eq!(kept(30).await, without_minutes);
    let counts = [&hours[..], &days].concat();
    let and_some = [&["cell", "population"][..], &counts].concat();
    assert_eq!(kept(31).await, and_some);
    assert_eq!(kept(35).await, and_some);
    assert_eq!(kept(36).await, counts);
    // By the month: July goes when 90 days reach into August.
    assert_eq!(kept(90).await, counts);
    assert_eq!(kept(121).await, days);
    assert_eq!(kept(761).await, days);
    assert!(kept(793).await.is_empty());
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn there_is_room_for_every_hit_that_may_come(db: PgPool) {
    let test = TestApp::new(db.clone()).await;

    jobs::open_partitions(&test.app).await.unwrap();
    jobs::open_partitions(&test.app).await.unwrap();

    // 15 days back, today, four ahead.
    assert_eq!(partitions(&db, "hit").await, 20);
    assert_eq!(partitions(&db, "cell").await, 20);
    assert_eq!(partitions(&db, "population").await, 20);
    assert_eq!(partitions(&db, "rollup_hour").await, 2, "June and July");
    assert_eq!(partitions(&db, "summary_rule_day").await, 2, "June and July");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn two_processes_open_the_same_partitions_at_once(db: PgPool) {
    let (one, other) = (TestApp::new(db.clone()).await, TestApp::new(db.clone()).await);

    let (opened, too) = tokio::join!(jobs::open_partitions(&one.app), jobs::open_partitions(&other.app));

    opened.and(too).unwrap();
    assert_eq!(partitions(&db, "hit").await, 20);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_long_query_puts_off_the_end_and_inserts_go_on(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    accept(&test, &[pack(&[hit(ManualClock::START, 1)])]).await;
    let mut report = PgConnection::connect_with(&db.connect_options()).await.unwrap();
    sqlx::raw_sql("begin; select count(*) from hits.hit")
        .execute(&mut report)
        .await
        .unwrap();
    test.clock.set(ManualClock::START + Duration::days(40));

    assert!(
        jobs::forget(&test.app).await.is_err(),
        "it says that it could not"
    );
    assert_eq!(count(&db, "hit").await, 1);
    assert_eq!(count(&db, "cell").await, 0, "what nobody holds is gone");
    let receipt = accept(&test, &[pack(&[hit(ManualClock::START + Duration::days(40), 2)])]).await;
    assert_eq!(receipt.accepted, 1);

    sqlx::raw_sql("commit").execute(&mut report).await.unwrap();
    jobs::forget(&test.app).await.unwrap();
    assert_eq!(count(&db, "hit").await, 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn partitions_are_opened_while_hits_are_being_written(db: PgPool) {
    let test = TestApp::new(db.clone()).await;
    accept(&test, &[pack(&[hit(ManualClock::START, 1)])]).await;
    let mut writer = PgConnection::connect_with(&db.connect_options()).await.unwrap();
    sqlx::raw_sql("begin; lock table hits.hit, hits.rollup, hits.cell in row exclusive mode")
        .execute(&mut writer)
        .await
        .unwrap();

    let opened = tokio::time::timeout(
        std::time::Duration::from_secs(10),
        jobs::open_partitions(&test.app),
    );

    opened.await.expect("it does not wait for the writer").unwrap();
}
