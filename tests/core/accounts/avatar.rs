//! Pictures of people: what is sent, what is kept, and what is left behind.

use std::fs;
use std::io::Cursor;
use std::path::PathBuf;

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use marquee_core::config::Fault;
use marquee_core::platform::faults::Faults;
use marquee_core::platform::files;
use marquee_tests::{Answer, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::person;

const RED: Rgb<u8> = Rgb([255, 0, 0]);
const BLUE: Rgb<u8> = Rgb([0, 0, 255]);

/// Red on the left, blue on the right.
fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { RED } else { BLUE })
}

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture
        .into()
        .write_to(&mut Cursor::new(&mut bytes), format)
        .unwrap();
    bytes
}

/// A JPEG with this between its first marker and the rest.
fn with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, content, &jpeg[2..]].concat()
}

/// A JPEG that says it is so large.
fn bomb() -> Vec<u8> {
    let mut jpeg = encoded(picture(64, 64), ImageFormat::Jpeg);
    let frame = jpeg
        .windows(2)
        .position(|bytes| matches!(bytes, [0xff, 0xc0 | 0xc2]))
        .unwrap();
    // 10,000 × 10,000
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0x27, 0x10, 0x27, 0x10]);
    jpeg
}

async fn put(app: &TestApp, token: &str, mime: &str, file: Vec<u8>) -> Answer {
    let request = app
        .anonymous(Method::PUT, "/v1/me/avatar")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, mime);
    app.send(request.body(Body::from(file)).unwrap()).await
}

async fn remove(app: &TestApp, token: &str) -> StatusCode {
    app.call_as(token, Method::DELETE, "/v1/me/avatar", None).await.0
}

async fn shown(app: &TestApp, token: &str) -> Value {
    let (_, me) = app.call_as(token, Method::GET, "/v1/me", None).await;
    me["person"]["avatar_url"].clone()
}

async fn follow(app: &TestApp, link: &Value) -> Answer {
    let path = link
        .as_str()
        .unwrap()
        .strip_prefix("http://127.0.0.1:8080")
        .unwrap();
    app.send(app.anonymous(Method::GET, path).body(Body::empty()).unwrap())
        .await
}

/// Everything that is in the store.
fn stored(app: &TestApp) -> Vec<PathBuf> {
    let Ok(area) = fs::read_dir(app.folder.path().join("avatars")) else {
        return vec![];
    };
    area.map(|entry| entry.unwrap().path()).collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_picture_is_shown_as_a_square_of_its_middle(db: PgPool) {
    let app = TestApp::new(db).await;
    let (id, token) = person(&app, "ana@acme.example").await;
    assert_eq!(shown(&app, &token).await, Value::Null);

    for (mime, format) in [
        ("image/jpeg", ImageFormat::Jpeg),
        ("image/png", ImageFormat::Png),
        ("IMAGE/WEBP; q=1", ImageFormat::WebP),
    ] {
        let answer = put(&app, &token, mime, encoded(picture(301, 100), format)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let link = answer.body["avatar_url"].clone();
        assert_eq!(shown(&app, &token).await, link);
        assert_eq!(app.get(&format!("/v1/people/{id}")).await.1["avatar_url"], link);
        assert_eq!(app.get("/v1/people").await.1["items"][0]["avatar_url"], link);

        let file = follow(&app, &link).await;
        assert_eq!(file.status, StatusCode::OK, "{}", file.text);
        assert_eq!(file.headers[header::CONTENT_TYPE], "image/jpeg");
        let drawn = image::load_from_memory_with_format(&file.bytes, ImageFormat::Jpeg)
            .unwrap()
            .to_rgb8();
        assert_eq!(drawn.dimensions(), (512, 512));
        let at = |x, y| drawn.get_pixel(x, y).0;
        assert!(
            at(20, 256)[0] > 240 && at(490, 256)[2] > 240,
            "red left, blue right"
        );
    }
    app.run_jobs().await;
    assert_eq!(stored(&app).len(), 1, "those before are gone");

    assert_eq!(remove(&app, &token).await, StatusCode::NO_CONTENT);
    assert_eq!(remove(&app, &token).await, StatusCode::NO_CONTENT, "and again");
    assert_eq!(shown(&app, &token).await, Value::Null);
    app.run_jobs().await;
    assert!(stored(&app).is_empty());
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_picture_is_turned_upright_and_nothing_else_of_its_file_is_kept(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let exif = [
        &b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"[..],
        b"SECRET place",
    ];
    let jpeg = encoded(picture(64, 64), ImageFormat::Jpeg);
    let jpeg = with_segment(
        &with_segment(&jpeg, 0xfe, b"SECRET comment"),
        0xe1,
        &exif.concat(),
    );
    let polyglot = [&jpeg[..], b"PK\x03\x04<script>SECRET</script>"].concat();

    let answer = put(&app, &token, "image/jpeg", polyglot).await;

    let file = follow(&app, &answer.body["avatar_url"]).await;
    assert!(!file.text.contains("SECRET") && !file.text.contains("Exif"));
    let drawn = image::load_from_memory(&file.bytes).unwrap().to_rgb8();
    // Turned clockwise: what was left is above.
    assert!(drawn.get_pixel(256, 20)[0] > 240 && drawn.get_pixel(256, 490)[2] > 240);
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_seen_through_is_on_white(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let glass = RgbaImage::from_pixel(8, 8, Rgba([0, 0, 0, 0]));

    let answer = put(&app, &token, "image/png", encoded(glass, ImageFormat::Png)).await;

    let file = follow(&app, &answer.body["avatar_url"]).await;
    let drawn = image::load_from_memory(&file.bytes).unwrap().to_rgb8();
    assert_eq!(drawn.get_pixel(256, 256).0, [255, 255, 255]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_no_picture_is_refused_and_leaves_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let jpeg = encoded(picture(64, 64), ImageFormat::Jpeg);
    let png = encoded(picture(64, 64), ImageFormat::Png);
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec();

    for (what, mime, file, status, code) in [
        ("nothing", "image/jpeg", vec![], 422, "not_a_picture"),
        ("SVG", "image/jpeg", svg.clone(), 422, "not_a_picture"),
        (
            "SVG as it is",
            "image/svg+xml",
            svg,
            415,
            "media_type_unsupported",
        ),
        (
            "HTML",
            "image/png",
            b"<!doctype html><p>hi".to_vec(),
            422,
            "not_a_picture",
        ),
        (
            "GIF",
            "image/png",
            b"GIF89a\x01\0\x01\0".to_vec(),
            422,
            "not_a_picture",
        ),
        (
            "half a JPEG",
            "image/jpeg",
            jpeg[..300].to_vec(),
            422,
            "picture_damaged",
        ),
        (
            "half a PNG",
            "image/png",
            png[..60].to_vec(),
            422,
            "picture_damaged",
        ),
        ("100 megapixels", "image/jpeg", bomb(), 422, "picture_too_large"),
        (
            "more than 8 MiB",
            "image/jpeg",
            vec![0xff; (8 << 20) + 1],
            413,
            "body_too_large",
        ),
    ] {
        let answer = put(&app, &token, mime, file).await;
        let seen = (
            answer.status.as_u16(),
            answer.body["code"].as_str().unwrap_or_default(),
        );
        assert_eq!(seen, (status, code), "{what}: {}", answer.text);
    }

    assert_eq!(shown(&app, &token).await, Value::Null);
    assert!(stored(&app).is_empty());
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn of_two_pictures_at_once_one_stays_and_no_file_is_left(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let (small, large) = (
        encoded(picture(16, 16), ImageFormat::Png),
        encoded(picture(32, 32), ImageFormat::Png),
    );

    let (one, other) = tokio::join!(
        put(&app, &token, "image/png", small),
        put(&app, &token, "image/png", large)
    );

    assert_eq!((one.status, other.status), (StatusCode::OK, StatusCode::OK));
    app.run_jobs().await;
    assert_eq!(stored(&app).len(), 1);
    assert_eq!(
        follow(&app, &shown(&app, &token).await).await.status,
        StatusCode::OK
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_crash_between_the_file_and_the_row_leaves_neither(db: PgPool) {
    let app = TestApp::with(db, |parts| {
        let fault = Fault {
            point: "accounts.avatar_put".to_owned(),
            pass: 1,
        };
        parts.faults = Faults::crashing(Some(fault), || panic!("the process dies here"));
    })
    .await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let file = encoded(picture(16, 16), ImageFormat::Png);

    let answer = put(&app, &token, "image/png", file.clone()).await;

    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        shown(&app, &token).await,
        Value::Null,
        "no row names what may not be there"
    );
    assert_eq!(stored(&app).len(), 1);
    sweep(&app).await;
    assert_eq!(stored(&app).len(), 1, "it might still be named");
    app.advance(Duration::hours(25));
    sweep(&app).await;
    assert!(stored(&app).is_empty());
    assert_eq!(put(&app, &token, "image/png", file).await.status, StatusCode::OK);
}

async fn sweep(app: &TestApp) {
    app.enqueue(&files::jobs::SWEEP, json!({}), None).await;
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_key_has_no_picture(db: PgPool) {
    let app = TestApp::new(db).await;
    let (status, problem) = app.call(Method::DELETE, "/v1/me/avatar", None).await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (403, &json!("session_needed"))
    );
}
