//! Sending straight to the store, by links; here the store is a folder.

use axum::body::Body;
use axum::http::{Method, header};
use marquee_core::config::Fault;
use marquee_core::platform::faults::Faults;
use marquee_core::platform::files::jobs::SWEEP;
use marquee_core::videos::jobs;
use marquee_tests::{Answer, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{good, open, put, show, stored};
use crate::accounts::person;

/// Somebody who sends an upload.
struct Sender {
    app: TestApp,
    token: String,
    upload: String,
}

impl Sender {
    /// With an upload of so many bytes.
    async fn new(app: TestApp, size: usize) -> Self {
        let (_, token) = person(&app, "ana@acme.example").await;
        let (status, upload) = open(&app, &token, size).await;
        assert_eq!(status.as_u16(), 201, "{upload}");
        let upload = upload["id"].as_str().unwrap().to_owned();
        Self { app, token, upload }
    }

    async fn post(&self, what: &str, body: Option<Value>) -> (u16, Value) {
        let path = format!("/v1/uploads/{}/{what}", self.upload);
        let (status, answer) = self.app.call_as(&self.token, Method::POST, &path, body).await;
        (status.as_u16(), answer)
    }

    /// Links to parts of these numbers and sizes.
    async fn links(&self, parts: &[(i32, usize)]) -> Vec<Value> {
        let (status, links) = self.post("parts", Some(wanted(parts))).await;
        assert_eq!(status, 200, "{links}");
        links["parts"].as_array().unwrap().clone()
    }

    async fn complete(&self) -> (u16, Value) {
        self.post("complete", None).await
    }

    async fn status(&self) -> Value {
        show(&self.app, &self.token, &self.upload).await.1["status"].clone()
    }

    async fn put(&self, link: &Value, bytes: &[u8]) -> Answer {
        put_with(
            &self.app,
            link["url"].as_str().unwrap(),
            "application/octet-stream",
            bytes,
        )
        .await
    }

    async fn minute(&self) {
        self.app.enqueue(&jobs::EXPIRE, json!({}), None).await;
        self.app.run_jobs().await;
    }
}

fn wanted(parts: &[(i32, usize)]) -> Value {
    let part = |(number, size): &(i32, usize)| json!({ "number": number, "size_bytes": size });
    json!({ "parts": parts.iter().map(part).collect::<Vec<_>>() })
}

async fn put_with(app: &TestApp, url: &str, kind: &str, bytes: &[u8]) -> Answer {
    let path = url.strip_prefix("http://127.0.0.1:8080").unwrap();
    let request = app
        .anonymous(Method::PUT, path)
        .header(header::CONTENT_TYPE, kind)
        .header(header::CONTENT_LENGTH, bytes.len());
    app.send(request.body(Body::from(bytes.to_vec())).unwrap()).await
}

fn refused(answer: &Answer) -> (u16, &str) {
    let code = answer.body["code"].as_str().unwrap_or_default();
    (answer.status.as_u16(), code)
}

/// The only object that is there.
fn object(app: &TestApp) -> std::path::PathBuf {
    let mut area = std::fs::read_dir(app.folder.path().join("quarantine")).unwrap();
    area.next().unwrap().unwrap().path()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m06_parts_are_put_in_any_order_and_complete_said_twice_is_one_video(db: PgPool) {
    let file = good();
    let sender = Sender::new(TestApp::new(db).await, file.len()).await;
    let (first, rest) = file.split_at(1_000);
    let (second, third) = rest.split_at(2_000);
    let links = sender
        .links(&[(10, first.len()), (20, second.len()), (30, third.len())])
        .await;
    assert_eq!(links[0]["expires_at"], "2026-07-01T13:00:00Z");
    assert_eq!(
        links[0]["headers"],
        json!({ "content-type": "application/octet-stream", "content-length": "1000", "if-none-match": "*" })
    );

    for (link, bytes) in [(&links[2], third), (&links[0], first), (&links[1], second)] {
        let answer = sender.put(link, bytes).await;
        assert_eq!(answer.status.as_u16(), 204, "{}", answer.text);
    }
    assert_eq!(sender.status().await, "open", "nobody has said so");
    for _ in 0..2 {
        let (status, upload) = sender.complete().await;
        assert_eq!(status, 200, "{upload}");
        assert_eq!(
            (&upload["status"], &upload["received_percent"]),
            (&json!("received"), &json!(100))
        );
    }
    let jobs: i64 = sqlx::query_scalar("select count(*) from platform.job where name = 'videos.check'")
        .fetch_one(&sender.app.app.db)
        .await
        .unwrap();
    assert_eq!(jobs, 1);
    sender.app.run_jobs().await;
    assert_eq!(sender.status().await, "accepted");
    assert_eq!(sender.complete().await.0, 200, "for who asks late");
    sender.app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m06_what_nobody_completes_is_completed_once_it_is_whole(db: PgPool) {
    let file = good();
    let sender = Sender::new(TestApp::new(db).await, file.len()).await;
    let half = file.len() / 2;
    let links = sender.links(&[(1, half), (2, file.len() - half)]).await;
    sender.put(&links[0], &file[..half]).await;

    sender.app.advance(Duration::minutes(16));
    sender.minute().await;
    assert_eq!(sender.status().await, "open", "it is not whole");
    sender.put(&links[1], &file[half..]).await;
    sender.app.advance(Duration::minutes(14));
    sender.minute().await;
    assert_eq!(
        sender.status().await,
        "open",
        "whoever puts it may be about to say so"
    );
    sender.app.advance(Duration::minutes(2));
    sender.minute().await;

    assert_eq!(sender.status().await, "accepted");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m06_what_is_whole_just_before_it_expires_is_not_lost(db: PgPool) {
    let sender = Sender::new(TestApp::new(db).await, 4).await;
    sender.app.advance(Duration::DAY - Duration::minutes(5));
    let links = sender.links(&[(1, 4)]).await;
    sender.put(&links[0], b"1234").await;
    sender.app.advance(Duration::minutes(5));

    let (status, problem) = sender.complete().await;
    assert_eq!((status, &problem["code"]), (409, &json!("upload_not_open")));
    sender.minute().await;

    assert_eq!(
        sender.status().await,
        "refused",
        "somebody looked, and it was no video"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m06_parts_that_are_missing_or_of_another_size_are_told(db: PgPool) {
    let sender = Sender::new(TestApp::new(db).await, 10).await;
    let (_, problem) = sender.complete().await;
    assert_eq!(
        (&problem["code"], &problem["missing"], &problem["unannounced"]),
        (&json!("parts_missing"), &json!([]), &json!(10))
    );
    let links = sender.links(&[(1, 4), (2, 5)]).await;
    sender.put(&links[0], b"1234").await;
    let (status, problem) = sender.complete().await;
    assert_eq!(
        (status, &problem["missing"], &problem["unannounced"]),
        (409, &json!([2]), &json!(1))
    );

    // A store that does not hold to what a link says.
    std::fs::write(object(&sender.app), b"12345").unwrap();
    let (status, problem) = sender.complete().await;
    assert_eq!(
        (status, &problem["code"], &problem["numbers"]),
        (409, &json!("parts_differ"), &json!([1]))
    );
    sender.app.run_jobs().await;
    assert_eq!(stored(&sender.app), 0);
    let links = sender.links(&[(1, 4), (2, 6)]).await;
    sender.put(&links[0], b"1234").await;
    sender.put(&links[1], b"567890").await;
    assert_eq!(sender.complete().await.1["status"], "received");
    sender.app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m06_a_crash_while_it_is_completed_changes_nothing(db: PgPool) {
    let app = TestApp::with(db, |parts| {
        let fault = Fault {
            point: "videos.complete".to_owned(),
            pass: 1,
        };
        parts.faults = Faults::crashing(Some(fault), || panic!("the process dies here"));
    })
    .await;
    let sender = Sender::new(app, 4).await;
    let links = sender.links(&[(1, 4)]).await;
    sender.put(&links[0], b"1234").await;

    assert_eq!(sender.complete().await.0, 500);
    assert_eq!(sender.status().await, "open");
    assert_eq!(sender.complete().await.0, 200);
    sender.app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_link_takes_one_object_of_its_size_and_type_once_and_for_an_hour(db: PgPool) {
    let sender = Sender::new(TestApp::new(db).await, 20).await;
    let links = sender.links(&[(1, 5), (2, 6)]).await;
    let (url, other) = (
        links[0]["url"].as_str().unwrap(),
        links[1]["url"].as_str().unwrap(),
    );
    let app = &sender.app;
    let octets = "application/octet-stream";

    assert_eq!(
        refused(&put_with(app, url, octets, b"123456").await),
        (413, "size_differs")
    );
    assert_eq!(
        refused(&put_with(app, url, octets, b"1234").await),
        (400, "size_differs")
    );
    assert_eq!(
        refused(&put_with(app, url, "video/mp4", b"12345").await),
        (415, "media_type_unsupported")
    );
    let key = |url: &str| url.split_once('?').unwrap().0.to_owned();
    for changed in [
        url.replace("size=5", "size=6"),
        url.replace("octet-stream", "x"),
        url.replace("expires=1", "expires=2"),
        url.replace(&key(url), &key(other)),
    ] {
        assert_eq!(
            refused(&put_with(app, &changed, octets, b"12345").await),
            (403, "link_invalid")
        );
    }
    let path = url.strip_prefix("http://127.0.0.1:8080").unwrap();
    let reading = app.anonymous(Method::GET, path).body(Body::empty()).unwrap();
    assert_eq!(app.send(reading).await.status.as_u16(), 400, "it is for putting");
    assert!(
        !app.folder.path().join("quarantine").exists(),
        "nothing is there yet"
    );

    assert_eq!(put_with(app, url, octets, b"12345").await.status.as_u16(), 204);
    assert_eq!(
        refused(&put_with(app, url, octets, b"54321").await),
        (409, "file_exists")
    );
    assert_eq!(std::fs::read(object(app)).unwrap(), b"12345");
    let left = std::fs::read_dir(app.folder.path().join("aside")).unwrap();
    assert_eq!(left.count(), 0);
    app.advance(Duration::hours(1));
    assert_eq!(
        refused(&put_with(app, other, octets, b"123456").await),
        (403, "link_expired")
    );
    let again = sender.links(&[(2, 6)]).await;
    assert_eq!(
        key(other),
        key(again[0]["url"].as_str().unwrap()),
        "it is the same object"
    );
    assert_eq!(sender.put(&again[0], b"123456").await.status.as_u16(), 204);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn of_two_who_put_a_large_part_at_once_one_does(db: PgPool) {
    let sender = Sender::new(TestApp::new(db).await, 6 << 20).await;
    let links = sender.links(&[(1, 6 << 20)]).await;
    let (one, other) = (vec![1; 6 << 20], vec![2; 6 << 20]);

    let (first, second) = tokio::join!(sender.put(&links[0], &one), sender.put(&links[0], &other));

    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    let won = if statuses[0] == 204 { one } else { other };
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
    assert!(std::fs::read(object(&sender.app)).unwrap() == won);
    let left = std::fs::read_dir(sender.app.folder.path().join("aside")).unwrap();
    assert_eq!(left.count(), 0);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn parts_must_make_sense(db: PgPool) {
    let sender = Sender::new(TestApp::new(db).await, 10).await;
    let many: Vec<(i32, usize)> = (1..=1_001).map(|number| (number, 1)).collect();
    for parts in [
        &[][..],
        &[(0, 1)],
        &[(1_001, 1)],
        &[(1, 0)],
        &[(1, 5_000_000_001)],
        &[(1, 1), (1, 2)],
        &[(1, 5), (2, 6)],
        &many,
    ] {
        let (status, problem) = sender.post("parts", Some(wanted(parts))).await;
        assert_eq!(
            (status, &problem["code"]),
            (422, &json!("parts_invalid")),
            "{parts:?}"
        );
    }
    sender.links(&[(1, 6)]).await;
    let (status, _) = sender.post("parts", Some(wanted(&[(2, 5)]))).await;
    assert_eq!(status, 422, "with those before");
    sender.links(&[(1, 5), (2, 5)]).await;
    let whole = put(
        &sender.app,
        &sender.token,
        &sender.upload,
        Body::from("1234567890"),
    )
    .await;
    assert_eq!(refused(&whole), (409, "upload_begun"));
    sender.app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m10_parts_that_are_given_up_go_even_if_they_are_put_afterwards(db: PgPool) {
    let sender = Sender::new(TestApp::new(db).await, 10).await;
    let links = sender.links(&[(1, 4), (2, 6)]).await;
    sender.put(&links[0], b"1234").await;
    let path = format!("/v1/uploads/{}", sender.upload);
    sender
        .app
        .call_as(&sender.token, Method::DELETE, &path, None)
        .await;
    sender.app.run_jobs().await;
    assert_eq!(stored(&sender.app), 0, "at once");

    sender.put(&links[1], b"123456").await;
    assert_eq!(stored(&sender.app), 1, "the link still works");
    for hours in [1, 25] {
        sender.app.advance(Duration::hours(hours));
        sender.app.enqueue(&SWEEP, json!({}), None).await;
        sender.app.run_jobs().await;
    }

    assert_eq!(stored(&sender.app), 0);
    let known: i64 = sqlx::query_scalar("select count(*) from platform.file")
        .fetch_one(&sender.app.app.db)
        .await
        .unwrap();
    assert_eq!(known, 0);
}
