//! Workers that die at the worst moments.

use std::cell::Cell;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use marquee_core::config::Fault;
use marquee_core::money::{Currency, Money};
use marquee_core::payments::{self, Open};
use marquee_core::platform::faults::Faults;
use marquee_core::platform::jobs::{Role, run_due};
use marquee_core::platform::{cron, jobs};
use marquee_tests::TestApp;
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

thread_local! {
    /// A test has a thread to itself.
    static CRASHED: Cell<bool> = const { Cell::new(false) };
}

/// Authorises and captures, with one crash at the `pass`th time that a worker comes to `point`.
async fn live(db: PgPool, point: &str, pass: u32) {
    let fault = Fault {
        point: point.to_owned(),
        pass,
    };
    let app = TestApp::with(db, |parts| {
        parts.faults = Faults::crashing(Some(fault), || {
            CRASHED.set(true);
            panic!("the plug is pulled")
        });
    })
    .await;
    let mut tx = app.app.db.begin().await.unwrap();
    let open = Open {
        order: Uuid::new_v4(),
        amount: Money::new(15_000, Currency::BRL).unwrap(),
        method: "sandbox_approve".to_owned(),
        needed_for: Duration::days(5),
    };
    let payment = payments::open(&app.app, &mut tx, open).await.unwrap();
    tx.commit().await.unwrap();
    let mut asked = false;
    // Whoever comes after finds what was left; leases lapse meanwhile.
    for _ in 0..12 {
        // What a crash drops is outside of any job, or inside of one: either way it panics here, or is noted as a failure.
        let _ = AssertUnwindSafe(run_due(&app.app, &Role::ALL))
            .catch_unwind()
            .await;
        let (_, view) = app.get(&format!("/v1/payments/{payment}")).await;
        if view["status"] == "authorized" && !asked {
            let mut tx = app.app.db.begin().await.unwrap();
            payments::capture(&app.app, &mut tx, payment).await.unwrap();
            tx.commit().await.unwrap();
            asked = true;
        }
        app.advance(Duration::minutes(1));
        cron::run_ticks(&app.app).await.unwrap();
    }
    let (_, view) = app.get(&format!("/v1/payments/{payment}")).await;
    assert_eq!(view["status"], "captured", "{point} {pass}: {view}");
    let done: Vec<String> = sqlx::query_scalar("select kind from sandbox.event order by made_at, kind")
        .fetch_all(&app.app.db)
        .await
        .unwrap();
    assert_eq!(done, ["payment.authorized", "payment.captured"], "{point} {pass}");
    let report = marquee_core::books::queries::check(&app.app.db).await.unwrap();
    assert!(report.fine, "{point} {pass}: {:?}", report.findings);
    assert_eq!(jobs::count_dead(&app.app.db).await.unwrap(), 0);
    assert!(CRASHED.get(), "nobody came to {point} for the time {pass}");
    app.leave_jobs();
}

macro_rules! crashes {
    ($($name:ident: $point:literal, $pass:literal;)*) => {$(
        #[sqlx::test(migrator = "marquee_core::MIGRATOR")]
        async fn $name(db: PgPool) {
            live(db, $point, $pass).await;
        }
    )*};
}

crashes! {
    p17_a_crash_before_the_first_call_changes_nothing_in_the_end: "payments.leased", 1;
    p17_a_crash_before_the_second_call_changes_nothing_in_the_end: "payments.leased", 2;
    p17_a_crash_after_the_first_answer_changes_nothing_in_the_end: "payments.answered", 1;
    p17_a_crash_after_the_second_answer_changes_nothing_in_the_end: "payments.answered", 2;
    p17_a_crash_before_the_job_is_noted_changes_nothing_in_the_end: "jobs.done_but_not_noted", 1;
    p17_a_crash_as_the_job_is_claimed_changes_nothing_in_the_end: "jobs.claimed", 1;
}
