//! Files in S3, as `STORAGE_URL=s3://…` has them.

use axum::body::{Body, Bytes};
use axum::http::{Method, StatusCode, header};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use marquee_core::platform::files::{self, Area, FileType, Key, PutError};
use marquee_tests::{S3Server, TestApp};
use sqlx::PgPool;

const AREA: Area = Area("tests");
const PREFIX: &str = "marquee/files";
const MIB: usize = 1 << 20;
const MOST: u64 = 20 << 20;

async fn app_on(s3: &S3Server, db: PgPool) -> TestApp {
    TestApp::with(db, |parts| parts.files = s3.files(&parts.config, PREFIX)).await
}

/// As many bytes, each MiB told apart from the others.
fn film(size: usize) -> Vec<u8> {
    (0..size)
        .map(|at| u8::try_from(at / MIB).unwrap().wrapping_mul(31))
        .collect()
}

fn sent(bytes: &[u8]) -> impl futures::Stream<Item = anyhow::Result<Bytes>> + Send + use<> {
    let chunks: Vec<Bytes> = bytes.chunks(300_000).map(Bytes::copy_from_slice).collect();
    stream::iter(chunks).map(Ok)
}

async fn put(app: &TestApp, kind: FileType, bytes: &[u8]) -> Key {
    let (key, size) = files::put(&app.app, AREA, kind, sent(bytes), MOST).await.unwrap();
    assert_eq!(size, bytes.len() as u64);
    key
}

async fn stored(app: &TestApp, key: &Key) -> Vec<u8> {
    let object = app.app.files.find(key).await.unwrap().expect("it is there");
    let parts = object.stream(0..object.size_bytes).await.unwrap();
    parts.try_collect::<Vec<_>>().await.unwrap().concat()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn small_and_large_files_come_back_as_they_were_put_below_the_prefix(db: PgPool) {
    let s3 = S3Server::start().await;
    let app = app_on(&s3, db).await;
    for size in [0, 1, 5 * MIB, 5 * MIB + 1, 12 * MIB + 345] {
        let bytes = film(size);
        let key = put(&app, FileType::Unknown, &bytes).await;

        assert_eq!(stored(&app, &key).await, bytes, "{size} bytes");
        let listing = s3.listing("list-type=2").await;
        assert!(
            listing.contains(&format!("<Key>{PREFIX}/{key}</Key>")),
            "{listing}"
        );
        let part = app.app.files.find(&key).await.unwrap().unwrap();
        let range = 0..part.size_bytes.min(7);
        let part = part.stream(range.clone()).await.unwrap();
        let part = part.try_collect::<Vec<_>>().await.unwrap().concat();
        assert_eq!(part.len() as u64, range.end);
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_did_not_arrive_whole_leaves_nothing(db: PgPool) {
    let s3 = S3Server::start().await;
    let app = app_on(&s3, db).await;
    let half = film(11 * MIB);

    let too_large = files::put(&app.app, AREA, FileType::Unknown, sent(&half), 10 << 20).await;
    let cut = sent(&half).chain(stream::once(async { anyhow::bail!("the visitor left") }));
    let cut_off = files::put(&app.app, AREA, FileType::Unknown, cut, MOST).await;

    assert!(matches!(too_large, Err(PutError::TooLarge { .. })));
    assert!(matches!(cut_off, Err(PutError::Body(_))));
    assert!(!s3.listing("list-type=2").await.contains("<Key>"));
    assert!(
        !s3.listing("uploads").await.contains("<UploadId>"),
        "the parts are given up"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_link_is_sent_on_to_s3_which_says_what_the_file_is(db: PgPool) {
    let s3 = S3Server::start().await;
    let app = app_on(&s3, db).await;
    for (kind, mime, disposition) in [
        (FileType::Jpeg, "image/jpeg", "inline"),
        (FileType::Unknown, "application/octet-stream", "attachment"),
    ] {
        let key = put(&app, kind, b"0123456789").await;
        let link = app.app.files.link(&key, app.app.now());
        let path = link.strip_prefix("http://127.0.0.1:8080").unwrap();

        let sent_on = app.anonymous(Method::GET, path).body(Body::empty()).unwrap();
        let sent_on = app.send(sent_on).await;

        assert_eq!(sent_on.status, StatusCode::TEMPORARY_REDIRECT);
        let location = sent_on.headers[header::LOCATION].to_str().unwrap();
        assert!(location.contains("X-Amz-Signature="), "{location}");
        assert!(location.contains("X-Amz-Expires=300"), "{location}");
        let answer = reqwest::get(location).await.unwrap();
        assert_eq!(answer.status(), 200);
        let says = |name| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(says("content-type"), mime);
        assert!(says("content-disposition").starts_with(disposition));
        assert_eq!(answer.bytes().await.unwrap(), "0123456789");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_no_row_names_any_more_is_removed(db: PgPool) {
    let s3 = S3Server::start().await;
    let app = app_on(&s3, db).await;
    let (kept, dropped) = (
        put(&app, FileType::Jpeg, b"kept").await,
        put(&app, FileType::Jpeg, b"dropped").await,
    );
    let mut conn = app.app.db.acquire().await.unwrap();
    files::keep(&mut conn, &kept).await.unwrap();
    files::keep(&mut conn, &dropped).await.unwrap();

    files::discard(&mut conn, app.app.now(), &dropped).await.unwrap();
    app.run_jobs().await;

    assert!(app.app.files.find(&dropped).await.unwrap().is_none());
    assert_eq!(stored(&app, &kept).await, b"kept");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_store_that_is_down_is_said_soon_and_loses_nothing(db: PgPool) {
    let mut s3 = S3Server::start().await;
    let app = app_on(&s3, db).await;
    let works = app.app.files.check().await.unwrap();
    assert_eq!(
        works,
        format!("s3://media/{PREFIX} takes, gives and removes objects")
    );
    let key = put(&app, FileType::Jpeg, b"kept").await;
    let mut conn = app.app.db.acquire().await.unwrap();
    files::keep(&mut conn, &key).await.unwrap();
    s3.stop().await;

    let down = files::put(&app.app, AREA, FileType::Jpeg, sent(b"new"), MOST).await;
    files::discard(&mut conn, app.app.now(), &key).await.unwrap();
    app.leave_jobs();
    app.run_jobs().await;

    assert!(matches!(down, Err(PutError::Unexpected(_))));
    assert!(app.app.files.check().await.is_err());
    let left: String = sqlx::query_scalar("select status from platform.file where key = $1")
        .bind(key.as_str())
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    assert_eq!(left, "dropped", "to be removed once the store is back");
}
