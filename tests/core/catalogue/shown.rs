//! What the public sees of a talent beside words: a picture and a video.

use std::io::Cursor;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use marquee_core::videos::begins_with_index;
use marquee_tests::{Answer, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use tracing::subscriber::set_global_default;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use super::{new_talent, price, publicly, talent, talent_in};
use crate::accounts::{PASSWORD, person};
use crate::videos::{OF_A_PRESENTATION, checked, good, sent, stored};

fn portrait() -> Vec<u8> {
    let mut bytes = Vec::new();
    DynamicImage::from(RgbImage::from_pixel(64, 64, Rgb([255, 0, 0])))
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
        .unwrap();
    bytes
}

async fn show_face(app: &TestApp, token: &str) {
    let request = app
        .anonymous(Method::PUT, "/v1/me/avatar")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "image/png");
    let answer = app.send(request.body(Body::from(portrait())).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    app.run_jobs().await;
}

async fn page(app: &TestApp, id: &str) -> Answer {
    publicly(app, &format!("/v1/talents/{id}")).await
}

/// What is behind a link of ours, for whoever has it.
async fn behind(app: &TestApp, link: &Value) -> Answer {
    let link = link.as_str().unwrap_or_else(|| panic!("no link: {link}"));
    let path = &link[link.find("/v1/").unwrap()..];
    publicly(app, path).await
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_talent_is_shown_with_their_picture_and_presentation(db: PgPool) {
    let app = TestApp::new(db).await;
    let (id, token) = talent_in(&app, "ana@acme.example", json!({ "price": price(100) })).await;
    let plain = page(&app, &id).await;
    assert_eq!(
        (&plain.body["avatar_url"], &plain.body["presentation"]),
        (&json!(null), &json!(null))
    );

    show_face(&app, &token).await;
    let with_face = page(&app, &id).await;
    sent(&app, &token, good()).await;
    let unchecked = page(&app, &id).await;
    assert_eq!(
        unchecked.body["presentation"],
        json!(null),
        "not before it was looked into"
    );
    app.run_jobs().await;

    let shown = page(&app, &id).await;
    let presentation = &shown.body["presentation"];
    assert_eq!(
        (&presentation["width"], &presentation["height"]),
        (&json!(320), &json!(240)),
        "{}",
        shown.text
    );
    let tags = [&plain, &with_face, &shown].map(|answer| answer.headers[header::ETAG].clone());
    assert!(tags[0] != tags[1] && tags[1] != tags[2], "{tags:?}");
    let video = behind(&app, &presentation["url"]).await;
    assert_eq!(video.status, StatusCode::OK);
    assert_eq!(video.headers[header::CONTENT_TYPE], "video/mp4");
    assert!(begins_with_index(&video.bytes), "it plays while it is loaded");
    let face = behind(&app, &shown.body["avatar_url"]).await;
    assert_eq!(face.headers[header::CONTENT_TYPE], "image/jpeg");
    let list = publicly(&app, "/v1/talents").await;
    assert_eq!(list.body["items"], json!([shown.body]));
    let (_, own) = app.call_as(&token, Method::GET, "/v1/me/talent", None).await;
    assert_eq!(
        (&own["avatar_url"], &own["presentation"]),
        (&shown.body["avatar_url"], presentation)
    );
    let (_, log) = app.get(&format!("/v1/audit?subject=talent/{id}&limit=1")).await;
    assert_eq!(log["items"][0]["action"], "catalogue.present");
}

/// Viggio's defect 34: old files were never deleted.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn d34_the_presentation_before_goes_and_a_refused_one_changes_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let (id, token) = talent_in(&app, "ana@acme.example", json!({ "price": price(100) })).await;
    let shown = async || page(&app, &id).await.body["presentation"]["url"].clone();
    checked(&app, &token, good()).await;
    let first = shown().await;

    let refused = checked(&app, &token, b"print('I am a .py file')".to_vec()).await;
    assert_eq!(refused["status"], "refused");
    assert_eq!(shown().await, first);
    checked(&app, &token, good()).await;
    let second = shown().await;
    assert_ne!(second, first);
    assert_eq!(behind(&app, &first).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stored(&app), OF_A_PRESENTATION);

    let path = format!("/v1/catalogue/talents/{id}/presentation");
    assert_eq!(app.delete(&path).await.0, StatusCode::NO_CONTENT);
    app.run_jobs().await;
    assert_eq!((shown().await, stored(&app)), (Value::Null, 0));
    let own = "/v1/me/talent/presentation";
    let (status, _) = app.call_as(&token, Method::DELETE, own, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT, "once more is fine");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn of_two_presentations_the_one_announced_last_is_shown_whichever_is_looked_into_first(db: PgPool) {
    let app = TestApp::new(db).await;
    let (id, token) = talent_in(&app, "ana@acme.example", json!({ "price": price(100) })).await;
    let body = |size: usize| json!({ "purpose": "presentation", "type": "video/mp4", "size_bytes": size });
    let file = good();
    let announce = async || {
        app.advance(Duration::minutes(1));
        let (status, upload) = app
            .call_as(&token, Method::POST, "/v1/uploads", Some(body(file.len())))
            .await;
        assert_eq!(status, StatusCode::CREATED, "{upload}");
        upload["id"].as_str().unwrap().to_owned()
    };
    let (first, second) = (announce().await, announce().await);
    for upload in [&second, &first] {
        let answer = crate::videos::put(&app, &token, upload, file.clone().into()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        app.run_jobs().await;
    }

    let (_, profile) = app.get(&format!("/v1/catalogue/talents/{id}")).await;
    assert_eq!(profile["presentation_video_id"], json!(second));
    assert_eq!(stored(&app), OF_A_PRESENTATION, "the other is gone");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_somebody_sent_before_they_were_taken_in_is_shown_afterwards(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    checked(&app, &token, good()).await;

    let (_, profile) = app
        .post("/v1/catalogue/talents", new_talent("ana@acme.example", "Ana"))
        .await;
    let id = profile["id"].as_str().unwrap();
    app.run_jobs().await;

    assert_eq!(
        page(&app, id).await.status,
        StatusCode::NOT_FOUND,
        "nobody sees it without a price"
    );
    let path = format!("/v1/catalogue/talents/{id}");
    app.patch(&path, json!({ "price": price(100) })).await;
    assert!(page(&app, id).await.body["presentation"]["url"].is_string());
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_is_erased_leaves_neither_picture_nor_video(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = talent_in(&app, "ana@acme.example", json!({ "price": price(100) })).await;
    show_face(&app, &token).await;
    checked(&app, &token, good()).await;
    let waiting = sent(&app, &token, good()).await;
    let body = json!({ "password": PASSWORD });

    let (status, _) = app
        .call_as(&token, Method::POST, "/v1/me/erase", Some(body))
        .await;

    assert_eq!(status, StatusCode::NO_CONTENT);
    app.run_jobs().await;
    assert_eq!(stored(&app), 0);
    let (_, uploads) = app.get("/v1/uploads").await;
    let statuses = uploads["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["status"].clone());
    assert_eq!(statuses.collect::<Vec<_>>(), ["aborted", "aborted"], "{waiting}");
}

tokio::task_local! {
    /// What sqlx sent for this task.
    static SENT: AtomicUsize;
}

/// Counts the statements that sqlx sends. For the whole process: what tracing remembers of who listens to an event does
/// not follow subscribers that come and go while other tests run.
struct Statements;

impl<S: tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            let _others = SENT.try_with(|sent| sent.fetch_add(1, Ordering::Relaxed));
        }
    }
}

/// Viggio's defect 33: a query for each talent of a list.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn d33_a_list_takes_as_many_queries_for_many_talents_as_for_one(db: PgPool) {
    let app = TestApp::new(db).await;
    let only_sqlx = filter_fn(|event| event.target() == "sqlx::query");
    let listening = tracing_subscriber::registry().with(Statements.with_filter(only_sqlx));
    set_global_default(listening).unwrap();
    let asked = async || {
        SENT.scope(AtomicUsize::new(0), async {
            let answer = publicly(&app, "/v1/talents?limit=100").await;
            let listed = answer.body["items"].as_array().unwrap().len();
            (listed, SENT.with(|sent| sent.load(Ordering::Relaxed)))
        })
        .await
    };
    talent(
        &app,
        "a0@acme.example",
        "Ana 0",
        json!({ "price": price(100), "categories": ["actors"] }),
    )
    .await;
    let (one, of_one) = asked().await;

    for number in 1..12 {
        let terms = json!({ "price": price(100), "categories": ["actors", "musicians"] });
        talent(
            &app,
            &format!("a{number}@acme.example"),
            &format!("Ana {number}"),
            terms,
        )
        .await;
    }

    assert_eq!((one, asked().await), (1, (12, of_one)));
    assert!((1..=3).contains(&of_one), "{of_one} statements");
}
