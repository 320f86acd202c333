//! A process that dies at any point of a publish leaves nothing that the next run does not put right.

use std::panic::AssertUnwindSafe;

use axum::http::StatusCode;
use futures::FutureExt;
use marquee_core::access::Principal;
use marquee_core::config::Fault;
use marquee_core::platform::faults::Faults;
use marquee_core::redirects::{commands, jobs};
use marquee_shared::manifest::table_key;
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::{at_the_edge, create, import_csv, manifest, one_rule, publish_draft};

/// Where a publish may die, and whether it has happened by then.
const POINTS: [(&str, bool); 9] = [
    ("redirects.publish.after_compile", false),
    ("redirects.publish.after_freeze", false),
    ("redirects.publish.before_commit", false),
    ("redirects.publish.after_commit", true),
    ("redirects.sync.before_blob", true),
    ("redirects.sync.after_blob", true),
    ("redirects.sync.after_blobs", true),
    ("redirects.sync.before_manifest", true),
    ("redirects.sync.after_manifest", true),
];

/// A publish and its sync in a process that dies at `point`: what it was doing is dropped where it stands,
/// and nothing it holds is given back.
async fn die_at(db: &PgPool, kv: &TestApp, point: &str) {
    let dying = TestApp::with(db.clone(), |parts| {
        parts.edge_kv = kv.edge_kv.clone();
        parts.clock = kv.clock.clone();
        let fault = Fault {
            point: point.to_owned(),
            pass: 1,
        };
        parts.faults = Faults::crashing(Some(fault), || panic!("the process dies here"));
    })
    .await;
    dying.leave_jobs();
    let process = async {
        let publish = commands::Publish {
            what: commands::What::Draft { seen: None },
            note: String::new(),
        };
        commands::publish(&dying.app, &Principal::operator(), "acme", publish)
            .await
            .unwrap();
        jobs::sync(&dying.app).await.unwrap();
    };
    let died = AssertUnwindSafe(process).catch_unwind().await;
    assert!(died.is_err(), "{point} was never reached");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn k15_kv_equals_the_database_after_a_crash_at_any_point_of_the_first_publish(db: PgPool) {
    let app = TestApp::new(db.clone()).await;
    create(&app, "acme").await;
    for (place, (point, happened)) in (1..).zip(POINTS) {
        let path = format!("p{place}");
        let imported = import_csv(&app, "acme", &one_rule("acme", &path)).await;
        assert_eq!(imported.status, StatusCode::OK);
        let before = app.get("/v1/brands/acme").await.1["live"]["revision"].clone();
        die_at(&db, &app, point).await;

        // Whatever the dead process leased has lapsed; the cron finds it.
        app.advance(Duration::minutes(5));
        jobs::sync(&app.app).await.unwrap();
        app.run_jobs().await;

        let (_, brand) = app.get("/v1/brands/acme").await;
        assert_eq!(brand["live"]["revision"] != before, happened, "{point}");
        let (_, publishing) = app.get("/v1/publishing").await;
        if brand["live"].is_null() {
            assert_eq!(manifest(&app), None, "{point}");
        } else {
            let expected = (
                brand["live"]["revision"].as_i64().unwrap(),
                publishing["sequence"].as_u64().unwrap(),
            );
            assert_eq!(at_the_edge(&app, "acme"), Some(expected), "{point}");
            assert_eq!(publishing["status"], "synced", "{point}");
            let table = manifest(&app).unwrap().brands[0].table.sha256.clone();
            assert!(app.edge_kv.value(&table_key(&table)).is_some(), "{point}");
        }
        if !happened {
            // The same again, whole: nothing stands in the way.
            let again = publish_draft(&app, "acme").await;
            assert_eq!(again.status, StatusCode::CREATED, "{point}: {again:?}");
            app.run_jobs().await;
        }
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn c_what_is_refused_leaves_nothing_behind(db: PgPool) {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;

    // The original committed a configuration before it looked at the URLs, and then called it a duplicate.
    let csv = "kind,rule,url\r\nroute,1,https://quotes.acme.example/a\r\nroute,2,\r\n";
    let refused = import_csv(&app, "acme", csv).await;
    assert_eq!(
        (refused.status, &refused.body["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("import_refused"))
    );
    let (_, brand) = app.get("/v1/brands/acme").await;
    assert_eq!(
        (&brand["draft"]["version"], &brand["draft"]["rules"]),
        (&json!(1), &json!(0))
    );

    let taken = import_csv(&app, "acme", &one_rule("acme", "a")).await;
    assert_eq!((taken.status, &taken.body["added"]), (StatusCode::OK, &json!(1)));
}
