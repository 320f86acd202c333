//! sqlx's `begin` is not safe to cancel; our pool is.

use std::future::Future as _;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use marquee_core::platform::database;
use sqlx::{Executor, PgPool};

/// How often, in so many tries, what was written after a cancelled `begin` was not seen by others.
async fn lost_writes(pool: &PgPool, others: &PgPool, tries: usize) -> usize {
    others
        .execute("create table if not exists written (x int)")
        .await
        .unwrap();
    let mut lost = 0;
    for _ in 0..tries {
        others.execute("truncate written").await.unwrap();
        // The client hangs up while BEGIN is on its way.
        let mut begin = Box::pin(async { drop(pool.begin().await) });
        let mut hung_up = Context::from_waker(Waker::noop());
        let _ =
            begin.as_mut().poll(&mut hung_up).is_pending() && begin.as_mut().poll(&mut hung_up).is_pending();
        drop(begin);
        let deadline = Instant::now() + Duration::from_secs(5);
        while pool.num_idle() == 0 && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        pool.execute("insert into written values (1)").await.unwrap();
        let seen: i64 = sqlx::query_scalar("select count(*) from written")
            .fetch_one(others)
            .await
            .unwrap();
        lost += usize::from(seen == 0);
        pool.execute("rollback").await.unwrap();
    }
    lost
}

#[sqlx::test(migrations = false)]
async fn what_is_written_after_a_cancelled_begin_is_not_lost(db: PgPool) {
    let options = database::quiet((*db.connect_options()).clone());
    let pool = database::pool_options(1)
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .unwrap();

    assert_eq!(lost_writes(&pool, &db, 100).await, 0);
    pool.close().await;
}

/// The repro itself: should this fail, sqlx has been mended and the hook in `database.rs` can go.
#[sqlx::test(migrations = false)]
async fn sqlx_still_needs_the_hook(db: PgPool) {
    let options = (*db.connect_options()).clone();
    let pool = sqlx::postgres::PgPoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false);
    let pool = pool.connect_with(options).await.unwrap();

    assert!(lost_writes(&pool, &db, 100).await > 0);
    pool.close().await;
}
