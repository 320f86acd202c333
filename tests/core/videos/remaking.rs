//! What is shown of a video, made once more because staff wants it.

use axum::http::{Method, StatusCode};
use marquee_core::config::Fault;
use marquee_core::platform::faults::Faults;
use marquee_core::platform::files::Key;
use marquee_core::platform::jobs::{Role, run_due};
use marquee_tests::{TestApp, film};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::making::{corner, differs, of_kind, statuses};
use super::{OF_A_PRESENTATION, checked, good, sent, stored};
use crate::accounts::person;
use crate::catalogue::publicly;
use crate::orders::Market;

/// Of the only video that there is.
async fn remake(app: &TestApp) -> (StatusCode, Value) {
    let (_, videos) = app.get("/v1/videos").await;
    let id = videos["items"][0]["id"].as_str().unwrap();
    app.post(&format!("/v1/videos/{id}/transcode"), Value::Null).await
}

/// A delivered order of something black.
async fn delivered(market: &Market) -> crate::orders::Ordered {
    let order = market.settled("sandbox_approve").await;
    let black = film(
        "-f lavfi -i color=black:size=600x400:rate=25:duration=3 -c:v libx264 -preset ultrafast",
        "mp4",
    );
    market.sent(&order, black).await;
    market.settle().await;
    assert_eq!(market.status(&order).await, "delivered");
    order
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_shown_is_made_once_more_of_what_was_kept_and_bears_our_mark_once(db: PgPool) {
    let market = Market::new(db).await;
    let order = delivered(&market).await;
    let app = &market.app;
    let (shown, clean) = (of_kind(app, "shown").await, of_kind(app, "clean").await);
    let (history, objects) = (market.history(&order).await, stored(app));
    market.mailed();

    for _ in 0..2 {
        let (status, video) = remake(app).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{video}");
        assert_eq!(
            (&video["status"], &video["remaking"]),
            (&json!("playable"), &json!(true))
        );
    }
    let link = market.seen(&order).await["video"]["url"].clone();
    let link = link.as_str().unwrap();
    let link = &link[link.find("/v1/").unwrap()..];
    assert_eq!(
        publicly(app, link).await.status,
        StatusCode::OK,
        "what there is stays"
    );
    market.settle().await;

    let again = of_kind(app, "shown").await;
    assert_ne!(again, shown);
    assert_eq!(of_kind(app, "clean").await, clean, "this is kept as it is");
    assert_eq!(stored(app), objects, "what was replaced is gone");
    let (_, uploads) = app.get("/v1/uploads").await;
    let making = &uploads["items"][0]["making"];
    assert_eq!(
        (&making["status"], &making["remaking"], &making["percent"]),
        (&json!("playable"), &json!(false), &json!(100.0))
    );
    assert_eq!(
        market.history(&order).await,
        history,
        "nothing happened to the order"
    );
    assert!(market.mailed().is_empty());
    let folder = app.folder.path();
    let (again, clean) = (folder.join(again), folder.join(clean));
    let mark = "200:56:396:342";
    assert!(differs(&corner(&again, mark), &corner(&clean, mark)));
    let white = corner(&again, mark).into_iter().max().unwrap();
    assert!(
        (160..=215).contains(&white),
        "once, 70 % of white on black: {white}"
    );
    let (_, audit) = app.get("/v1/audit?limit=1").await;
    let record = &audit["items"][0];
    assert_eq!(
        (&record["action"], &record["before"], &record["after"]),
        (
            &json!("videos.transcode"),
            &json!({ "remaking": true }),
            &json!({ "remaking": true })
        ),
        "asked for twice"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_worker_that_dies_when_all_is_made_once_more_is_taken_over(db: PgPool) {
    let app = TestApp::with(db, |parts| {
        let fault = Fault {
            point: "videos.remade".to_owned(),
            pass: 1,
        };
        parts.faults = Faults::crashing(Some(fault), || panic!("the process dies here"));
    })
    .await;
    let (_, token) = person(&app, "ana@acme.example").await;
    checked(&app, &token, good()).await;
    let before = of_kind(&app, "shown").await;
    assert_eq!(remake(&app).await.0, StatusCode::ACCEPTED);

    app.run_jobs().await;
    assert_eq!(of_kind(&app, "shown").await, before, "all of it or nothing");
    app.advance(Duration::minutes(1));
    app.run_jobs().await;

    assert_ne!(of_kind(&app, "shown").await, before);
    assert_eq!(statuses(&app).await, ["playable"]);
    app.advance(Duration::hours(25));
    app.enqueue(&marquee_core::platform::files::jobs::SWEEP, json!({}), None)
        .await;
    app.run_jobs().await;
    assert_eq!(stored(&app), OF_A_PRESENTATION, "nothing is left behind");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_was_taken_down_is_made_once_more_and_stays_down(db: PgPool) {
    let market = Market::new(db).await;
    delivered(&market).await;
    let app = &market.app;
    let (_, videos) = app.get("/v1/videos").await;
    let video = format!("/v1/videos/{}", videos["items"][0]["id"].as_str().unwrap());
    let reason = json!({ "reason": "Somebody did not agree to it." });
    app.post(&format!("{video}/take-down"), reason).await;

    assert_eq!(remake(app).await.0, StatusCode::ACCEPTED);
    market.settle().await;

    let shown = Key::parse(&of_kind(app, "shown").await).unwrap();
    let address = app.app.files.link(&shown, app.app.now());
    let path = &address[address.find("/v1/").unwrap()..];
    assert_eq!(publicly(app, path).await.status, StatusCode::NOT_FOUND);
    app.post(&format!("{video}/put-back"), Value::Null).await;
    assert_eq!(publicly(app, path).await.status, StatusCode::OK);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn only_what_can_be_played_is_made_once_more(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let nobodys = "/v1/videos/00000000-0000-0000-0000-000000000007/transcode";
    let (status, problem) = app.post(nobodys, Value::Null).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("video_unknown"))
    );
    sent(&app, &token, good()).await;
    run_due(&app.app, &[Role::Media]).await.unwrap();

    let (status, problem) = remake(&app).await;

    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("video_not_playable"))
    );
    let manager = app
        .api_key(&[marquee_core::access::Permission::VideosManage])
        .await;
    let (status, _) = app.call_as(&manager, Method::POST, nobodys, None).await;
    assert_eq!(status, StatusCode::FORBIDDEN, "it takes a permission of its own");
    app.run_jobs().await;
}
