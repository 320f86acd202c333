//! Workers that die, tools that fail, and what is told to others.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use marquee_core::app::App;
use marquee_core::config::Fault;
use marquee_core::platform::cron::Schedule;
use marquee_core::platform::faults::Faults;
use marquee_core::platform::jobs::{Attempts, Handler, Job, Kind, Role};
use marquee_core::platform::mail::Template;
use marquee_core::videos::{Found, Unreadable, VideoProbe, events};
use marquee_core::worker::Features;
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{OF_A_PRESENTATION, good, sent, show, stored};
use crate::accounts::person;

/// A probe that cannot look, until it is mended; then it sees no video.
#[derive(Default)]
struct Broken {
    mended: AtomicBool,
}

#[async_trait]
impl VideoProbe for Broken {
    async fn probe(&self, _: &Path) -> anyhow::Result<Result<Found, Unreadable>> {
        anyhow::ensure!(self.mended.load(Ordering::Relaxed), "there is no ffprobe");
        Ok(Err(Unreadable::TooMuchWork))
    }

    async fn check(&self) -> anyhow::Result<String> {
        anyhow::bail!("there is no ffprobe")
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m09_what_a_worker_died_of_another_takes_up(db: PgPool) {
    let app = TestApp::with(db, |parts| {
        let fault = Fault {
            point: "videos.check.looked".to_owned(),
            pass: 1,
        };
        parts.faults = Faults::crashing(Some(fault), || panic!("the process dies here"));
    })
    .await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let id = sent(&app, &token, good()).await;

    app.run_jobs().await;
    assert_eq!(show(&app, &token, &id).await.1["status"], "checking");
    app.advance(Duration::minutes(1));
    app.run_jobs().await;

    assert_eq!(show(&app, &token, &id).await.1["status"], "accepted");
    assert_eq!(stored(&app), OF_A_PRESENTATION);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_crash_before_an_upload_is_taken_leaves_it_open(db: PgPool) {
    let app = TestApp::with(db, |parts| {
        let fault = Fault {
            point: "videos.put".to_owned(),
            pass: 1,
        };
        parts.faults = Faults::crashing(Some(fault), || panic!("the process dies here"));
    })
    .await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let file = good();
    let (_, upload) = super::open(&app, &token, file.len()).await;
    let id = upload["id"].as_str().unwrap();

    let answer = super::put(&app, &token, id, file.clone().into()).await;
    assert_eq!(answer.status.as_u16(), 500);
    assert_eq!(show(&app, &token, id).await.1["status"], "open");
    let answer = super::put(&app, &token, id, file.into()).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    app.run_jobs().await;

    assert_eq!(show(&app, &token, id).await.1["status"], "accepted");
    assert_eq!(
        stored(&app),
        OF_A_PRESENTATION + 1,
        "what nobody names goes within a day"
    );
    app.advance(Duration::hours(25));
    app.enqueue(&marquee_core::platform::files::jobs::SWEEP, json!({}), None)
        .await;
    app.run_jobs().await;
    assert_eq!(stored(&app), OF_A_PRESENTATION);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_tool_that_is_missing_refuses_nobody(db: PgPool) {
    let probe = Arc::<Broken>::default();
    let app = TestApp::with(db, |parts| parts.video_probe = probe.clone()).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let id = sent(&app, &token, b"whatever".to_vec()).await;

    app.run_jobs().await;
    assert_eq!(
        show(&app, &token, &id).await.1["status"],
        "checking",
        "it is tried again"
    );
    assert_eq!(stored(&app), 1);
    probe.mended.store(true, Ordering::Relaxed);
    app.advance(Duration::minutes(1));
    app.run_jobs().await;

    let (_, upload) = show(&app, &token, &id).await;
    assert_eq!(upload["reason"]["code"], "too_much_work");
    assert_eq!(stored(&app), 0);
}

const HEAR: Kind = Kind {
    name: "test.hear",
    role: Role::Default,
    attempts: Attempts::Limited(3),
};

/// The features, and somebody who hears what becomes of uploads.
#[derive(Default)]
struct Hearing {
    heard: Mutex<Vec<Value>>,
}

#[async_trait]
impl Handler for Hearing {
    async fn run(&self, app: &App, job: &Job) -> anyhow::Result<()> {
        if job.name == HEAR.name {
            let event = &job.payload;
            self.heard
                .lock()
                .unwrap()
                .push(json!([event["event"], event["data"]]));
            return Ok(());
        }
        Features.run(app, job).await
    }

    fn subscribers(&self, event: &str) -> &[Kind] {
        match event {
            events::ACCEPTED | events::REFUSED => &[HEAR],
            other => Features.subscribers(other),
        }
    }

    fn schedules(&self) -> &[Schedule] {
        Features.schedules()
    }

    fn templates(&self) -> &[&'static Template] {
        Features.templates()
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_becomes_of_an_upload_is_told_once(db: PgPool) {
    let handler = Arc::<Hearing>::default();
    let app = TestApp::with(db, |parts| parts.handler = handler.clone()).await;
    let (ana, token) = person(&app, "ana@acme.example").await;
    let accepted = sent(&app, &token, good()).await;
    app.run_jobs().await;
    let refused = sent(&app, &token, b"whatever".to_vec()).await;
    app.run_jobs().await;

    let told = |upload: &str, reason: Option<&str>| json!({ "upload": upload, "owner": ana, "purpose": "presentation", "reason": reason });
    assert_eq!(
        *handler.heard.lock().unwrap(),
        [
            json!(["videos.accepted", told(&accepted, None)]),
            json!(["videos.refused", told(&refused, Some("not_a_video"))]),
        ]
    );
}
