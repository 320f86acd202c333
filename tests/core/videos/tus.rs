//! Sending in pieces, as tus 1.0 has it.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::{HeaderMap, Method, header};
use futures::{StreamExt as _, stream};
use marquee_core::config::Fault;
use marquee_core::platform::faults::Faults;
use marquee_core::platform::files::jobs::SWEEP;
use marquee_core::videos::{jobs, source};
use marquee_tests::{Answer, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{OF_A_PRESENTATION, good, open, put, show, stored};
use crate::accounts::person;

const PIECE: &str = "application/offset+octet-stream";

/// A request as a client of tus makes it.
async fn tus(
    app: &TestApp,
    token: &str,
    (method, path): (Method, &str),
    headers: &[(&str, &str)],
    body: Body,
) -> Answer {
    let mut request = app
        .anonymous(method, path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header("tus-resumable", "1.0.0");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(body).unwrap()).await
}

async fn announce(app: &TestApp, token: &str, headers: &[(&str, &str)]) -> Answer {
    tus(app, token, (Method::POST, "/v1/uploads"), headers, Body::empty()).await
}

/// Of a new upload of so many bytes, where it is.
async fn announced(app: &TestApp, token: &str, size: usize) -> String {
    let answer = announce(app, token, &[("upload-length", &size.to_string())]).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    text(&answer.headers, "location").to_owned()
}

async fn head(app: &TestApp, token: &str, path: &str) -> Answer {
    tus(app, token, (Method::HEAD, path), &[], Body::empty()).await
}

/// How much is there, says `HEAD`.
async fn offset(app: &TestApp, token: &str, path: &str) -> String {
    let answer = head(app, token, path).await;
    assert_eq!(answer.status.as_u16(), 200);
    text(&answer.headers, "upload-offset").to_owned()
}

async fn patch(app: &TestApp, token: &str, path: &str, offset: usize, body: impl Into<Body>) -> Answer {
    patch_with(app, token, path, offset, &[], body).await
}

async fn patch_with(
    app: &TestApp,
    token: &str,
    path: &str,
    offset: usize,
    more: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let offset = offset.to_string();
    let mut headers = vec![("content-type", PIECE), ("upload-offset", &*offset)];
    headers.extend(more);
    tus(app, token, (Method::PATCH, path), &headers, body.into()).await
}

fn text<'headers>(headers: &'headers HeaderMap, name: &str) -> &'headers str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

fn refused(answer: &Answer) -> (u16, &str) {
    let code = answer.body["code"].as_str().unwrap_or_default();
    (answer.status.as_u16(), code)
}

/// So many bytes, after which the line is cut.
fn cut(bytes: &[u8]) -> Body {
    let sent = stream::iter([anyhow::Ok(bytes.to_vec())]);
    Body::from_stream(sent.chain(stream::once(async { anyhow::bail!("the line is cut") })))
}

fn id(path: &str) -> &str {
    path.strip_prefix("/v1/uploads/").unwrap()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_announced_in_headers_is_sent_piece_by_piece_and_looked_into(db: PgPool) {
    let app = TestApp::new(db).await;
    let (ana, token) = person(&app, "ana@acme.example").await;
    let file = good();
    let size = file.len().to_string();

    let filetype = (
        "upload-metadata",
        "filename b2ggbm8ubW92,filetype dmlkZW8vcXVpY2t0aW1l",
    );
    let answer = announce(&app, &token, &[("upload-length", &size), filetype]).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
    assert_eq!(text(&answer.headers, "tus-resumable"), "1.0.0");
    assert_eq!(
        text(&answer.headers, "upload-expires"),
        "Thu, 02 Jul 2026 12:00:00 GMT"
    );
    assert_eq!(answer.body["owner_id"], json!(ana));
    assert_eq!(answer.body["type"], "video/quicktime");
    let path = text(&answer.headers, "location");

    let before = head(&app, &token, path).await;
    assert_eq!(text(&before.headers, "upload-offset"), "0");
    assert_eq!(text(&before.headers, "upload-length"), size);
    assert_eq!(text(&before.headers, "cache-control"), "no-store");
    let (first, rest) = file.split_at(file.len() / 3);
    let answer = patch(&app, &token, path, 0, first.to_vec()).await;
    assert_eq!(answer.status.as_u16(), 204, "{}", answer.text);
    assert_eq!(text(&answer.headers, "upload-offset"), first.len().to_string());
    assert_eq!(
        text(&answer.headers, "upload-expires"),
        "Thu, 02 Jul 2026 12:00:00 GMT"
    );
    let (_, upload) = show(&app, &token, id(path)).await;
    assert_eq!(upload["received_bytes"], first.len());
    assert_eq!(
        (&upload["received_percent"], &upload["status"]),
        (&json!(33), &json!("open"))
    );
    let answer = patch(&app, &token, path, first.len(), rest.to_vec()).await;
    assert_eq!(answer.status.as_u16(), 204, "{}", answer.text);

    assert_eq!(offset(&app, &token, path).await, size);
    app.run_jobs().await;
    let (_, upload) = show(&app, &token, id(path)).await;
    assert_eq!(upload["status"], "accepted", "{upload}");
    assert_eq!(
        (&upload["received_bytes"], &upload["received_percent"]),
        (&json!(file.len()), &json!(100))
    );
    assert_eq!(offset(&app, &token, path).await, size, "for who asks late");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_pieces_are_one_file_whatever_their_sizes(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let sizes = [1, 0, 6 << 20, 3, 70_000];
    let file: Vec<u8> = (0..sizes.iter().sum::<usize>())
        .map(|at| u8::try_from(at % 251).unwrap())
        .collect();
    let path = announced(&app, &token, file.len()).await;

    let mut at = 0;
    for size in sizes {
        let answer = patch(&app, &token, &path, at, file[at..at + size].to_vec()).await;
        at += size;
        assert_eq!(
            text(&answer.headers, "upload-offset"),
            at.to_string(),
            "{}",
            answer.text
        );
    }

    let to = app.folder.path().join("whole");
    let upload = id(&path).parse().unwrap();
    let written = source::download(&app.app, upload, &to).await.unwrap();
    assert_eq!(written, file.len() as u64);
    assert!(std::fs::read(to).unwrap() == file);
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m10_what_had_come_when_the_line_was_cut_is_kept_and_the_rest_is_sent(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let file = good();
    let path = announced(&app, &token, file.len()).await;

    assert_eq!(patch(&app, &token, &path, 0, cut(b"")).await.status.as_u16(), 400);
    assert_eq!(offset(&app, &token, &path).await, "0");
    patch(&app, &token, &path, 0, cut(&file[..1_000])).await;
    assert_eq!(offset(&app, &token, &path).await, "1000");
    patch(&app, &token, &path, 1_000, cut(&file[1_000..1_500])).await;
    assert_eq!(offset(&app, &token, &path).await, "1500");
    let answer = patch(&app, &token, &path, 1_500, file[1_500..].to_vec()).await;
    assert_eq!(answer.status.as_u16(), 204, "{}", answer.text);

    app.run_jobs().await;
    assert_eq!(show(&app, &token, id(&path)).await.1["status"], "accepted");
    assert_eq!(
        stored(&app),
        OF_A_PRESENTATION,
        "nothing is left of what was sent"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_piece_that_does_not_follow_is_refused_and_says_where_to_go_on(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let path = announced(&app, &token, 10).await;
    patch(&app, &token, &path, 0, "1234").await;

    for offset in [0, 3, 5, 10] {
        let answer = patch(&app, &token, &path, offset, "5").await;
        assert_eq!(refused(&answer), (409, "offset_differs"), "{offset}");
        assert_eq!(answer.body["offset"], 4);
    }
    assert_eq!(
        refused(&patch(&app, &token, &path, 4, "1234567").await),
        (422, "size_differs")
    );
    let streamed = stream::iter(["12345", "67"].map(Ok::<_, Infallible>));
    let answer = patch(&app, &token, &path, 4, Body::from_stream(streamed)).await;
    assert_eq!(refused(&answer), (422, "size_differs"), "without being announced");
    assert_eq!(offset(&app, &token, &path).await, "4");
    app.run_jobs().await;
    assert_eq!(stored(&app), 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_not_tus_as_we_speak_it_is_refused(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let path = announced(&app, &token, 10).await;
    let patched = async |headers: &[(&str, &str)]| {
        tus(&app, &token, (Method::PATCH, &path), headers, Body::from("12")).await
    };
    let piece = ("content-type", PIECE);

    let answer = patched(&[("content-type", "video/mp4"), ("upload-offset", "0")]).await;
    assert_eq!(refused(&answer), (415, "media_type_unsupported"));
    for offset in ["", "-1", "+0", "1.0", "99999999999999999999"] {
        let answer = patched(&[piece, ("upload-offset", offset)]).await;
        assert_eq!(refused(&answer), (400, "header_invalid"), "{offset}");
    }
    let answer = patched(&[
        piece,
        ("upload-offset", "0"),
        ("upload-checksum", "md5 XUFAKrxLKna5cZ2REBfFkg=="),
    ])
    .await;
    assert_eq!(refused(&answer), (400, "checksum_unsupported"));
    for version in [None, Some("0.2.2")] {
        let mut request = app
            .anonymous(Method::PATCH, &path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header("content-type", PIECE)
            .header("upload-offset", "0");
        if let Some(version) = version {
            request = request.header("tus-resumable", version);
        }
        let answer = app.send(request.body(Body::from("12")).unwrap()).await;
        assert_eq!(refused(&answer), (412, "tus_version_unsupported"));
        assert_eq!(text(&answer.headers, "tus-version"), "1.0.0");
    }
    assert_eq!(offset(&app, &token, &path).await, "0");

    let answer = announce(&app, &token, &[("upload-length", "200000001")]).await;
    assert_eq!(refused(&answer), (413, "size_invalid"));
    assert_eq!(
        refused(&announce(&app, &token, &[("upload-length", "0")]).await),
        (422, "size_invalid")
    );
    assert_eq!(
        refused(&announce(&app, &token, &[("upload-length", "a")]).await),
        (400, "header_invalid")
    );
    let answer = announce(
        &app,
        &token,
        &[("upload-length", "1"), ("upload-metadata", "filetype *")],
    )
    .await;
    assert_eq!(refused(&answer), (400, "header_invalid"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m05_what_a_client_calls_its_file_is_nothing_to_us(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let long = "YQ".repeat(2_500);
    // `-i`, `../../x`, `a;rm`, an emoji, a change of direction, what is no text, and a long one.
    for name in [
        "LWk=",
        "Li4vLi4veA==",
        "YTtybQ==",
        "8J+OrA==",
        "4oCuZ3A0bQ==",
        "/w==",
        &long,
    ] {
        let metadata = format!("filename {name},filetype dmlkZW8vbXA0");
        let answer = announce(
            &app,
            &token,
            &[("upload-length", "4"), ("upload-metadata", &metadata)],
        )
        .await;
        assert_eq!(answer.status.as_u16(), 201, "{name}: {}", answer.text);
        assert_eq!(answer.body["type"], "video/mp4");
        assert!(!answer.text.contains(name));
        let path = text(&answer.headers, "location").to_owned();
        patch(&app, &token, &path, 0, "1234").await;
    }
    app.leave_jobs();
    let entries = std::fs::read_dir(app.folder.path()).unwrap();
    let areas: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    let mut names = areas.iter().flat_map(|area| std::fs::read_dir(area).unwrap());
    assert!(names.all(|file| {
        let name = file.unwrap().file_name().into_string().unwrap();
        name.len() == 40 && name.ends_with(".bin")
    }));

    // A type that is none is not believed either.
    let answer = announce(
        &app,
        &token,
        &[("upload-length", "4"), ("upload-metadata", "filetype PGI+")],
    )
    .await;
    assert_eq!(answer.body["type"], "application/octet-stream");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn of_two_pieces_at_once_one_is_kept(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let path = announced(&app, &token, 20).await;

    let (one, other) = tokio::join!(
        patch(&app, &token, &path, 0, "1234567890"),
        patch(&app, &token, &path, 0, "1234567890")
    );

    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
    assert_eq!(offset(&app, &token, &path).await, "10");
    app.run_jobs().await;
    assert_eq!(stored(&app), 1);
    let (one, other) = tokio::join!(
        patch(&app, &token, &path, 10, "1234567890"),
        patch(&app, &token, &path, 10, "1234567890")
    );
    assert_ne!(one.status, other.status, "it is received once");
    app.run_jobs().await;
    assert_eq!(
        show(&app, &token, id(&path)).await.1["reason"]["code"],
        "not_a_video"
    );
    assert_eq!(stored(&app), 0);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_piece_is_kept_only_if_its_checksum_is_of_it(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let path = announced(&app, &token, 10).await;
    let sha1 = [("upload-checksum", "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=")];
    let sha256 = [(
        "upload-checksum",
        "sha256 LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
    )];

    for (sum, sent) in [(&sha1, "hallo"), (&sha256, "hell"), (&sha1, "")] {
        let answer = patch_with(&app, &token, &path, 0, sum, sent).await;
        assert_eq!(refused(&answer), (460, "checksum_differs"), "{sent}");
    }
    let answer = patch_with(&app, &token, &path, 0, &sha1, cut(b"hel")).await;
    assert_eq!(
        refused(&answer),
        (400, "body_unreadable"),
        "nobody can say whether it is right"
    );
    assert_eq!(offset(&app, &token, &path).await, "0");
    for (offset, sum) in [(0, &sha1), (5, &sha256)] {
        let answer = patch_with(&app, &token, &path, offset, sum, "hello").await;
        assert_eq!(answer.status.as_u16(), 204, "{}", answer.text);
    }
    app.run_jobs().await;
    assert_eq!(stored(&app), 0, "it was no video");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_changes_their_mind_or_never_finishes_leaves_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let (aborted, forgotten) = (
        announced(&app, &token, 10).await,
        announced(&app, &token, 10).await,
    );
    for path in [&aborted, &forgotten] {
        patch(&app, &token, path, 0, "1234").await;
        patch(&app, &token, path, 4, "5").await;
    }
    assert_eq!(stored(&app), 4);

    let answer = tus(&app, &token, (Method::DELETE, &aborted), &[], Body::empty()).await;
    assert_eq!(answer.status.as_u16(), 204);
    assert_eq!(text(&answer.headers, "tus-resumable"), "1.0.0");
    app.run_jobs().await;
    assert_eq!(stored(&app), 2);
    app.advance(Duration::DAY);
    assert_eq!(
        head(&app, &token, &forgotten).await.status.as_u16(),
        410,
        "before anybody has noted it"
    );
    app.enqueue(&jobs::EXPIRE, json!({}), None).await;
    app.run_jobs().await;

    for path in [&aborted, &forgotten] {
        assert_eq!(head(&app, &token, path).await.status.as_u16(), 410);
        assert_eq!(
            refused(&patch(&app, &token, path, 5, "6").await),
            (409, "upload_not_open")
        );
    }
    assert_eq!(stored(&app), 0);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_was_begun_in_pieces_is_not_sent_in_another_way(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let path = announced(&app, &token, 10).await;
    patch(&app, &token, &path, 0, "1234").await;

    let whole = put(&app, &token, id(&path), Body::from("1234567890")).await;
    assert_eq!(refused(&whole), (409, "upload_begun"));
    let parts = json!({ "parts": [{ "number": 1, "size_bytes": 10 }] });
    let (_, problem) = app
        .call_as(&token, Method::POST, &format!("{path}/parts"), Some(parts))
        .await;
    assert_eq!(problem["code"], "upload_begun");
    let (_, problem) = app
        .call_as(&token, Method::POST, &format!("{path}/complete"), None)
        .await;
    assert_eq!(
        (&problem["code"], &problem["unannounced"]),
        (&json!("parts_missing"), &json!(6))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_crash_before_a_piece_is_noted_has_it_sent_again(db: PgPool) {
    let app = TestApp::with(db, |parts| {
        let fault = Fault {
            point: "videos.put".to_owned(),
            pass: 2,
        };
        parts.faults = Faults::crashing(Some(fault), || panic!("the process dies here"));
    })
    .await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let path = announced(&app, &token, 10).await;
    patch(&app, &token, &path, 0, "1234").await;

    assert_eq!(patch(&app, &token, &path, 4, "567890").await.status.as_u16(), 500);
    assert_eq!(offset(&app, &token, &path).await, "4");
    assert_eq!(patch(&app, &token, &path, 4, "567890").await.status.as_u16(), 204);

    assert_eq!(stored(&app), 3, "what nobody names goes within a day");
    app.advance(Duration::hours(25));
    app.enqueue(&SWEEP, json!({}), None).await;
    app.leave_jobs();
    app.run_jobs().await;
    assert_eq!(stored(&app), 0, "and the rest was no video");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m11_nobody_goes_on_with_what_is_anothers(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, ana) = person(&app, "ana@acme.example").await;
    let (_, bia) = person(&app, "bia@acme.example").await;
    let path = announced(&app, &ana, 10).await;

    assert_eq!(head(&app, &bia, &path).await.status.as_u16(), 404);
    assert_eq!(
        refused(&patch(&app, &bia, &path, 0, "1").await),
        (404, "upload_unknown")
    );
    let parts = json!({ "parts": [{ "number": 1, "size_bytes": 10 }] });
    for (path, body) in [("parts", Some(parts)), ("complete", None)] {
        let path = format!("/v1/uploads/{}/{path}", id(&announced(&app, &ana, 10).await));
        let (_, problem) = app.call_as(&bia, Method::POST, &path, body).await;
        assert_eq!(problem["code"], "upload_unknown");
    }
    assert_eq!(offset(&app, &ana, &path).await, "0");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_asks_is_told_what_we_speak(db: PgPool) {
    let app = TestApp::with(db, |parts| {
        parts.config.cors_origins = vec!["https://shop.acme.example".to_owned()];
    })
    .await;
    let asked = async |path: &str| {
        let request = app.anonymous(Method::OPTIONS, path);
        app.send(request.body(Body::empty()).unwrap()).await
    };

    for path in ["/v1/uploads", "/v1/uploads/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11"] {
        let answer = asked(path).await;
        assert!(answer.status.is_success());
        assert_eq!(text(&answer.headers, "tus-version"), "1.0.0");
        assert_eq!(
            text(&answer.headers, "tus-extension"),
            "creation,expiration,termination,checksum"
        );
        assert_eq!(text(&answer.headers, "tus-max-size"), "200000000");
        assert_eq!(text(&answer.headers, "tus-checksum-algorithm"), "sha1,sha256");
    }
    assert_eq!(text(&asked("/v1/orders").await.headers, "tus-version"), "");

    let request = app
        .anonymous(Method::OPTIONS, "/v1/uploads")
        .header(header::ORIGIN, "https://shop.acme.example")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "PATCH");
    let answer = app.send(request.body(Body::empty()).unwrap()).await;
    let allowed = text(&answer.headers, "access-control-allow-headers");
    for name in [
        "tus-resumable",
        "upload-length",
        "upload-metadata",
        "upload-offset",
        "upload-checksum",
    ] {
        assert!(allowed.contains(name), "{allowed}");
    }
    let request = app
        .anonymous(Method::GET, "/v1/uploads")
        .header(header::ORIGIN, "https://shop.acme.example");
    let answer = app.send(request.body(Body::empty()).unwrap()).await;
    let shown = text(&answer.headers, "access-control-expose-headers");
    for name in [
        "location",
        "upload-offset",
        "upload-length",
        "upload-expires",
        "tus-resumable",
    ] {
        assert!(shown.contains(name), "{shown}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nobody_has_more_than_ten_uploads_open(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let first = announced(&app, &token, 10).await;
    for _ in 1..10 {
        announced(&app, &token, 10).await;
    }

    let (status, problem) = open(&app, &token, 10).await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (409, &json!("too_many_open"))
    );
    assert_eq!(
        refused(&announce(&app, &token, &[("upload-length", "10")]).await),
        (409, "too_many_open")
    );
    tus(&app, &token, (Method::DELETE, &first), &[], Body::empty()).await;
    let (status, upload): (_, Value) = open(&app, &token, 10).await;
    assert_eq!(status.as_u16(), 201, "{upload}");
}
