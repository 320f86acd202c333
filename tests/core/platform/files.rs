//! Files as those who have a link get them.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use futures::{StreamExt as _, stream};
use marquee_core::platform::files::{self, Area, FileType, Key, PutError};
use marquee_tests::{Answer, TestApp};
use sqlx::PgPool;
use time::Duration;

const AREA: Area = Area("tests");

/// Kept, as if a row named it.
async fn kept(app: &TestApp, kind: FileType, bytes: &'static [u8]) -> Key {
    let body = stream::iter(bytes.chunks(3).map(|chunk| anyhow::Ok(chunk.into())));
    let (key, size) = files::put(&app.app, AREA, kind, body, 100).await.unwrap();
    assert_eq!(size, bytes.len() as u64);
    files::keep(&mut app.app.db.acquire().await.unwrap(), &key)
        .await
        .unwrap();
    key
}

async fn get(app: &TestApp, path: &str, range: Option<&str>) -> Answer {
    let path = path.strip_prefix("http://127.0.0.1:8080").unwrap_or(path);
    let mut request = app.anonymous(Method::GET, path);
    if let Some(range) = range {
        request = request.header(header::RANGE, range);
    }
    app.send(request.body(Body::empty()).unwrap()).await
}

fn link(app: &TestApp, key: &Key) -> String {
    app.app.files.link(key, app.app.now())
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_link_opens_its_file_and_a_browser_runs_nothing_in_it(db: PgPool) {
    let app = TestApp::new(db).await;
    let key = kept(&app, FileType::Unknown, b"<script>alert(1)</script>").await;

    let answer = get(&app, &link(&app, &key), None).await;

    assert_eq!(answer.text, "<script>alert(1)</script>");
    let says = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
    assert_eq!(says("content-type"), "application/octet-stream");
    assert_eq!(says("x-content-type-options"), "nosniff");
    assert_eq!(says("content-security-policy"), "sandbox; default-src 'none'");
    assert!(says("content-disposition").starts_with("attachment; filename=\""));
    assert_eq!(says("content-length"), "25");
    assert!(says("cache-control").starts_with("private, max-age="));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_link_that_was_changed_or_has_expired_opens_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let (key, other) = (
        kept(&app, FileType::Jpeg, b"one").await,
        kept(&app, FileType::Jpeg, b"other").await,
    );
    let link = link(&app, &key);
    let refused = async |path: &str| {
        let answer = get(&app, path, None).await;
        (
            answer.status.as_u16(),
            answer.body["code"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let invalid = (403, "link_invalid".to_owned());

    assert_eq!(
        refused(&link.replace(key.as_str(), other.as_str())).await,
        invalid
    );
    assert_eq!(refused(&link.replace("expires=1", "expires=2")).await, invalid);
    assert_eq!(refused(&format!("{link}A")).await, invalid);
    assert_eq!(refused(&link.replace("/tests/", "/..%2Ftests/")).await, invalid);
    assert_eq!(refused(&link.replace(".jpg", ".html")).await, invalid);
    let (bare, _) = link.split_once('?').unwrap();
    assert_eq!(refused(bare).await, (400, "query_invalid".to_owned()));

    assert_eq!(get(&app, &link, None).await.text, "one");
    app.advance(Duration::hours(2));
    assert_eq!(refused(&link).await, (403, "link_expired".to_owned()));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_part_of_a_file_can_be_asked_for(db: PgPool) {
    let app = TestApp::new(db).await;
    let key = kept(&app, FileType::Jpeg, b"0123456789").await;
    let link = link(&app, &key);

    for (range, part, says) in [
        ("bytes=0-3", "0123", "bytes 0-3/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-2", "89", "bytes 8-9/10"),
    ] {
        let answer = get(&app, &link, Some(range)).await;
        assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(answer.text, part);
        assert_eq!(answer.headers[header::CONTENT_RANGE], says);
    }
    let answer = get(&app, &link, Some("bytes=10-")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.body["code"].as_str()),
        (416, Some("range_unsatisfiable"))
    );
    assert_eq!(get(&app, &link, Some("bytes=0-1,3-4")).await.text, "0123456789");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_no_row_names_any_more_is_gone_from_the_store(db: PgPool) {
    let app = TestApp::new(db).await;
    let key = kept(&app, FileType::Jpeg, b"one").await;
    let link = link(&app, &key);
    let mut conn = app.app.db.acquire().await.unwrap();

    for _ in 0..2 {
        files::discard(&mut conn, app.app.now(), &key).await.unwrap();
    }
    app.run_jobs().await;

    let answer = get(&app, &link, None).await;
    assert_eq!(
        (answer.status.as_u16(), answer.body["code"].as_str()),
        (404, Some("file_unknown"))
    );
    assert!(
        files::keep(&mut conn, &key).await.is_err(),
        "what is gone is not named again"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_a_process_that_died_was_putting_is_swept_away(db: PgPool) {
    let app = TestApp::new(db).await;
    let key = kept(&app, FileType::Jpeg, b"one").await;
    let (area, aside) = (app.folder.path().join("tests"), app.folder.path().join("aside"));
    std::fs::create_dir(&aside).unwrap();
    let long_ago = app.app.now() - Duration::hours(25);
    let unfinished = [
        area.join("0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.jpg#1"),
        aside.join("0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11"),
    ];
    let under_way = area.join("0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b12.jpg#1");
    for (path, at) in unfinished
        .iter()
        .zip([long_ago; 2])
        .chain([(&under_way, app.app.now())])
    {
        let file = std::fs::File::create(path).unwrap();
        file.set_modified(at.into()).unwrap();
    }

    app.enqueue(&files::jobs::SWEEP, serde_json::json!({}), None)
        .await;
    app.run_jobs().await;

    assert!(unfinished.iter().all(|path| !path.exists()));
    assert!(under_way.exists(), "somebody may be at it");
    assert_eq!(get(&app, &link(&app, &key), None).await.text, "one");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_large_file_goes_in_and_comes_out_in_parts(db: PgPool) {
    let app = TestApp::new(db).await;
    let chunk = || anyhow::Ok(vec![7; 1 << 20].into());
    let body = || stream::iter((0..13).map(move |_| chunk()));

    let (key, size) = files::put(&app.app, AREA, FileType::Unknown, body(), 13 << 20)
        .await
        .unwrap();
    assert_eq!(size, 13 << 20);
    files::keep(&mut app.app.db.acquire().await.unwrap(), &key)
        .await
        .unwrap();
    assert_eq!(get(&app, &link(&app, &key), None).await.bytes.len(), 13 << 20);

    let refused = files::put(&app.app, AREA, FileType::Unknown, body(), (13 << 20) - 1).await;
    assert!(matches!(refused, Err(PutError::TooLarge { .. })));
    let broken = body()
        .take(7)
        .chain(stream::once(async { anyhow::bail!("the line is cut") }));
    let refused = files::put(&app.app, AREA, FileType::Unknown, broken, 13 << 20).await;
    assert!(matches!(refused, Err(PutError::Body(_))));
    app.run_jobs().await;
    let left = std::fs::read_dir(app.folder.path().join("tests")).unwrap();
    assert_eq!(left.count(), 1, "nothing of those is left");
}
