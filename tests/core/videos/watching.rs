//! Watching how far the making of a video is.

use std::process::Stdio;
use std::sync::Arc;

use async_trait::async_trait;
use axum::body::{Body, BodyDataStream};
use axum::http::{Method, StatusCode, header};
use futures::StreamExt as _;
use marquee_core::adapters::ffmpeg::Ffmpeg;
use marquee_core::http;
use marquee_core::videos::{Outcome, Progress, Transcoder, Work};
use marquee_tests::e2e::marquee;
use marquee_tests::{Answer, TestApp, eventually};
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, PgPool};
use tokio::process::Command;
use tokio::sync::Notify;
use tower::ServiceExt as _;

use super::{good, sent, show};
use crate::accounts::person;

/// Tells how far it is, and goes on when it is let.
#[derive(Default)]
struct Slow {
    go_on: Notify,
}

#[async_trait]
impl Transcoder for Slow {
    async fn transcode(
        &self,
        work: Work<'_>,
        tell: &(dyn Fn(Progress) + Send + Sync),
    ) -> anyhow::Result<Outcome> {
        tell(Progress {
            percent: 42.5,
            speed: Some(2.0),
            left_ms: Some(1_437),
        });
        self.go_on.notified().await;
        Ffmpeg::default().transcode(work, &|_| ()).await
    }

    async fn check(&self) -> anyhow::Result<String> {
        Ok("slow".to_owned())
    }
}

async fn watch(app: &TestApp, token: &str, id: &str) -> Answer {
    let request = app
        .anonymous(Method::GET, &format!("/v1/uploads/{id}/progress"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    app.send(request.body(axum::body::Body::empty()).unwrap()).await
}

/// The data of each event.
fn events(answer: &Answer) -> Vec<Value> {
    let data = answer.text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn its_owner_and_staff_see_how_far_the_making_of_a_video_is(db: PgPool) {
    let slow = Arc::<Slow>::default();
    let app = TestApp::with(db, |parts| parts.transcoder = slow.clone()).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let id = sent(&app, &token, good()).await;
    assert_eq!(show(&app, &token, &id).await.1["making"], Value::Null);

    let seen = async {
        let making = half_made(&app, &token, &id).await;
        slow.go_on.notify_one();
        making
    };
    let (watched, making, _) = tokio::join!(watch(&app, &token, &id), seen, app.run_jobs());

    assert_eq!(
        (&making["status"], &making["speed"], &making["seconds_left"]),
        (&json!("making"), &json!(2.0), &json!(2))
    );
    assert_eq!(watched.status, StatusCode::OK);
    assert_eq!(watched.headers[header::CONTENT_TYPE], "text/event-stream");
    let told = events(&watched);
    assert_eq!(told[0]["making"], Value::Null);
    let last = told.last().unwrap();
    assert_eq!(
        (&last["making"]["status"], &last["making"]["percent"]),
        (&json!("playable"), &json!(100.0)),
        "{}",
        watched.text
    );

    let staff = app
        .api_key(&[marquee_core::access::Permission::VideosManage])
        .await;
    assert_eq!(events(&watch(&app, &staff, &id).await).len(), 1, "it is over");
    let (_, other) = person(&app, "bob@acme.example").await;
    for token in [other, app.api_key(&[]).await] {
        let answer = watch(&app, &token, &id).await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (StatusCode::NOT_FOUND, &json!("upload_unknown"))
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_watches_what_does_not_change_gets_a_sign_and_asks_again_after_a_quarter_of_an_hour(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let (_, upload) = super::open(&app, &token, 1_000).await;
    let id = upload["id"].as_str().unwrap();
    let mut watched = begin(&app, &token, id).await;
    assert!(watched.next().await.starts_with("event: upload\ndata: {"));

    app.advance(time::Duration::seconds(15));
    assert_eq!(watched.next().await, ": nothing new\n\n", "it still lives");
    app.advance(time::Duration::minutes(15));
    let rest: Vec<_> = watched.0.map(Result::unwrap).collect().await;
    assert!(
        rest.iter().all(|some| some.starts_with(b":")),
        "and then ends: {rest:?}"
    );

    let again = begin(&app, &token, id).await.next().await;
    assert!(
        again.contains(r#""status":"open""#),
        "what is so is told first: {again}"
    );
}

/// Once it is told how far it is.
async fn half_made(app: &TestApp, token: &str, id: &str) -> Value {
    let within = std::time::Duration::from_secs(60);
    eventually("it is told of", within, async || {
        let (_, upload) = show(app, token, id).await;
        let making = upload["making"].clone();
        if making["percent"] == json!(42.5) {
            Ok(making)
        } else {
            Err(making)
        }
    })
    .await
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_command_line_waits_until_a_video_is_made_and_says_what_became_of_it(db: PgPool) {
    let slow = Arc::<Slow>::default();
    let app = TestApp::with(db, |parts| parts.transcoder = slow.clone()).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let id = sent(&app, &token, good()).await;
    let settings = [
        ("MARQUEE_ENV", "local".to_owned()),
        (
            "DATABASE_URL",
            app.app.db.connect_options().to_url_lossy().to_string(),
        ),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    let mut command = Command::from(marquee(&settings));
    command.args(["uploads", "show", &id, "--watch", "--json"]);
    let waiting = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();

    let let_go = async {
        half_made(&app, &token, &id).await;
        slow.go_on.notify_one();
    };
    let (told, (), _) = tokio::join!(waiting.wait_with_output(), let_go, app.run_jobs());

    let told = told.unwrap();
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    let upload: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(
        (&upload["status"], &upload["making"]["status"]),
        (&json!("accepted"), &json!("playable")),
        "it was neither when it began"
    );
}

/// What is told, bit by bit.
struct Watched(BodyDataStream);

impl Watched {
    async fn next(&mut self) -> String {
        let some = self.0.next().await.expect("it goes on").unwrap();
        String::from_utf8(some.to_vec()).unwrap()
    }
}

async fn begin(app: &TestApp, token: &str, id: &str) -> Watched {
    let request = app
        .anonymous(Method::GET, &format!("/v1/uploads/{id}/progress"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    let request = request.body(Body::empty()).unwrap();
    let response = http::router(&app.app).oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    Watched(response.into_body().into_data_stream())
}
