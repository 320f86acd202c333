//! Files in S3, as `STORAGE_URL=s3://…` has them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Method, StatusCode, header};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use marquee_core::platform::files::{self, Area, FileType, Key, PutError, PutLink};
use marquee_core::videos;
use marquee_tests::{S3Server, TestApp};
use object_store::ClientOptions;
use serde_json::json;
use sqlx::PgPool;
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};

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
        let keys = s3.keys().await;
        assert!(keys.contains(&format!("{PREFIX}/{key}")), "{keys:?}");
        let part = app.app.files.find(&key).await.unwrap().unwrap();
        let range = 0..part.size_bytes.min(7);
        let part = part.stream(range.clone()).await.unwrap();
        let part = part.try_collect::<Vec<_>>().await.unwrap().concat();
        assert_eq!(part.len() as u64, range.end);
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m10_what_did_not_arrive_whole_leaves_nothing(db: PgPool) {
    let s3 = S3Server::start().await;
    let app = app_on(&s3, db).await;
    let half = film(11 * MIB);

    let too_large = files::put(&app.app, AREA, FileType::Unknown, sent(&half), 10 << 20).await;
    let cut = sent(&half).chain(stream::once(async { anyhow::bail!("the visitor left") }));
    let cut_off = files::put(&app.app, AREA, FileType::Unknown, cut, MOST).await;

    assert!(matches!(too_large, Err(PutError::TooLarge { .. })));
    assert!(matches!(cut_off, Err(PutError::Body(_))));
    app.run_jobs().await;
    assert!(s3.keys().await.is_empty());
    assert_eq!(s3.uploads().await, 0, "the parts are given up");
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
        let mut conn = app.app.db.acquire().await.unwrap();
        files::keep(&mut conn, &key).await.unwrap();
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

/// Named by a row, and waited for.
async fn expected(app: &TestApp, size_bytes: u64) -> (Key, PutLink) {
    let (now, mut conn) = (app.app.now(), app.app.db.acquire().await.unwrap());
    let key = files::expect(&mut conn, now, AREA, FileType::Unknown)
        .await
        .unwrap();
    let link = app.app.files.put_link(&key, size_bytes, now).await.unwrap();
    (key, link)
}

/// As the link wants it, but for what is changed.
async fn put_by(link: &PutLink, url: &str, changed: &[(&str, &str)], bytes: &'static [u8]) -> u16 {
    let mut request = reqwest::Client::new().put(url).body(bytes);
    // How much it is, the client says itself.
    for (name, value) in link.headers.iter().filter(|(name, _)| *name != "content-length") {
        let other = changed.iter().find(|(changed, _)| changed == name);
        request = request.header(*name, other.map_or(value.as_str(), |(_, other)| other));
    }
    request.send().await.unwrap().status().as_u16()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_link_to_put_leads_to_s3_and_binds_size_type_and_that_nothing_is_there(db: PgPool) {
    let s3 = S3Server::start().await;
    let app = app_on(&s3, db).await;
    let (key, link) = expected(&app, 10).await;

    assert!(link.url.contains(&format!("/{PREFIX}/{key}?")), "{}", link.url);
    assert!(link.url.contains("X-Amz-Expires=3600"), "{}", link.url);
    let signed = "X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bif-none-match&";
    assert!(link.url.contains(signed), "{}", link.url);
    let put = async |url: &str, changed: &[(&str, &str)], bytes| put_by(&link, url, changed, bytes).await;
    let url = link.url.as_str();
    let (other, _) = expected(&app, 10).await;
    assert_eq!(
        put(url, &[("content-type", "text/html")], b"0123456789").await,
        403
    );
    assert_eq!(put(url, &[("if-none-match", "a")], b"0123456789").await, 403);
    for of_another_size in [&b"012345678"[..], b"01234567890", b""] {
        assert_eq!(put(url, &[], of_another_size).await, 403);
    }
    let elsewhere = url.replace(key.as_str(), other.as_str());
    assert_eq!(put(&elsewhere, &[], b"0123456789").await, 403);
    let longer = url.replace("X-Amz-Expires=3600", "X-Amz-Expires=7200");
    assert_eq!(put(&longer, &[], b"0123456789").await, 403);
    assert_eq!(
        reqwest::get(url).await.unwrap().status(),
        403,
        "it is for putting"
    );
    assert!(app.app.files.find(&key).await.unwrap().is_none());

    assert_eq!(put(url, &[], b"0123456789").await, 200);
    assert_eq!(put(url, &[], b"9876543210").await, 412, "it is never replaced");
    assert_eq!(stored(&app, &key).await, b"0123456789");

    let ours = format!("/v1/files/{key}?expires=1&size=1&type=a&signature=");
    let request = app.anonymous(Method::PUT, &ours).body(Body::empty()).unwrap();
    assert_eq!(
        app.send(request).await.body["code"],
        "link_invalid",
        "S3 takes it itself"
    );
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
async fn m10_a_store_that_is_down_is_said_soon_and_loses_nothing(db: PgPool) {
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

    assert!(matches!(down, Err(PutError::Store(_))));
    assert!(app.app.files.check().await.is_err());
    let left: String = sqlx::query_scalar("select status from platform.file where key = $1")
        .bind(key.as_str())
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    assert_eq!(left, "dropped", "to be removed once the store is back");
}

/// Between us and S3: answers are cut down to their first bytes, and then nothing more comes, while it is slow.
async fn slow_line(to: u16, is_slow: Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((here, _)) = listener.accept().await {
            let is_slow = Arc::clone(&is_slow);
            tokio::spawn(async move {
                let there = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
                let ((mut asks, mut hears), (mut says, mut takes)) = (here.into_split(), there.into_split());
                let answers = async {
                    if is_slow.load(Ordering::Relaxed) {
                        let mut first = (&mut says).take(2_000);
                        let _ = tokio::io::copy(&mut first, &mut hears).await;
                        std::future::pending::<()>().await;
                    }
                    let _ = tokio::io::copy(&mut says, &mut hears).await;
                };
                let questions = async { tokio::io::copy(&mut asks, &mut takes).await };
                tokio::select! { () = answers => {}, _ = questions => {} }
            });
        }
    });
    port
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m10_a_job_gives_up_a_store_that_trickles_and_does_it_when_it_is_well(db: PgPool) {
    let s3 = S3Server::start().await;
    let is_slow = Arc::<AtomicBool>::default();
    let port = slow_line(s3.port(), is_slow.clone()).await;
    let app = TestApp::with(db, |parts| {
        let client = ClientOptions::new()
            .with_timeout(Duration::from_secs(3))
            // Each request by a line of its own, as it is at that moment.
            .with_pool_max_idle_per_host(0);
        parts.files = s3.files_through(port, &parts.config, PREFIX, client);
    })
    .await;
    let clip = marquee_tests::film(
        "-f lavfi -i testsrc=size=320x240:rate=25:duration=4 -c:v libx264 -preset ultrafast",
        "mp4",
    );
    let (id, upload) = announced(&app, clip).await;

    is_slow.store(true, Ordering::Relaxed);
    app.run_jobs().await;
    let (_, jobs) = app.get("/v1/jobs?name=videos.check").await;
    let job = &jobs["items"][0];
    assert_eq!(
        (&job["status"], &job["attempts"]),
        (&json!("ready"), &json!(1)),
        "it is nobody's, and waits: {job}"
    );
    let status = async || app.get(&upload).await.1["items"][0]["status"].clone();
    assert_eq!(status().await, "checking");
    is_slow.store(false, Ordering::Relaxed);
    app.advance(time::Duration::minutes(1));
    app.run_jobs().await;

    assert_eq!(status().await, "accepted", "{id}");
}

/// Somebody's upload, sent; its id, and where it is listed.
async fn announced(app: &TestApp, clip: Vec<u8>) -> (uuid::Uuid, String) {
    let owner = uuid::Uuid::now_v7();
    sqlx::query(
        "insert into accounts.person (id, email, name, locale, created_at) values ($1, 'ana@acme.example', 'Ana', 'en', $2)",
    )
    .bind(owner)
    .bind(app.app.now())
    .execute(&app.app.db)
    .await
    .unwrap();
    let announced = videos::Announced {
        owner,
        purpose: videos::Purpose::Presentation.name(),
        media_type: "video/mp4".to_owned(),
        size_bytes: clip.len() as u64,
        most_bytes: MOST,
        length: videos::Purpose::Presentation.length(),
    };
    let mut tx = app.app.db.begin().await.unwrap();
    let id = videos::open_upload(&mut tx, app.app.now(), announced)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    videos::receive(&app.app, owner, id, sent(&clip)).await.unwrap();
    (id, format!("/v1/uploads?owner={owner}"))
}
