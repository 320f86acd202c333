//! What is made of a video: renditions, by the real ffmpeg.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use marquee_core::adapters::ffmpeg::Ffmpeg;
use marquee_core::adapters::ffprobe::Ffprobe;
use marquee_core::config::Fault;
use marquee_core::platform::faults::Faults;
use marquee_core::platform::files;
use marquee_core::platform::jobs::{Role, run_due};
use marquee_core::videos::{Found, Outcome, Progress, Transcoder, VideoProbe, Work};
use marquee_tests::{TestApp, film};
use serde_json::{Value, json};
use sqlx::{PgPool, Row};
use time::Duration;

use super::{OF_A_PRESENTATION, checked, good, sent, show, stored};
use crate::accounts::person;

/// One object that was made.
#[derive(Debug)]
pub(crate) struct Rendition {
    pub(crate) kind: String,
    pub(crate) file: String,
    pub(crate) height: i32,
    playlist: Option<String>,
    codecs: Option<String>,
    bits_per_second: Option<i32>,
}

/// What was made of all uploads, by kind, larger before smaller.
pub(crate) async fn renditions(app: &TestApp) -> Vec<Rendition> {
    let rows = sqlx::query("select * from videos.rendition order by kind, height desc")
        .fetch_all(&app.app.db)
        .await
        .unwrap();
    let rendition = |row: &sqlx::postgres::PgRow| Rendition {
        kind: row.get("kind"),
        file: row.get("file"),
        height: row.get("height"),
        playlist: row.get("playlist"),
        codecs: row.get("codecs"),
        bits_per_second: row.get("bits_per_second"),
    };
    rows.iter().map(rendition).collect()
}

/// As it is for whoever plays it.
pub(crate) async fn look(app: &TestApp, file: &str) -> Found {
    let path = app.folder.path().join(file);
    Ffprobe::default().probe(&path).await.unwrap().unwrap()
}

pub(super) async fn of_kind(app: &TestApp, kind: &str) -> String {
    let all = renditions(app).await;
    let found = all.iter().find(|rendition| rendition.kind == kind);
    found.unwrap_or_else(|| panic!("no {kind}: {all:?}")).file.clone()
}

pub(super) async fn statuses(app: &TestApp) -> Vec<String> {
    sqlx::query_scalar("select status from videos.video order by id")
        .fetch_all(&app.app.db)
        .await
        .unwrap()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn of_a_video_everything_is_made_and_what_was_sent_is_removed(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let large = "-f lavfi -i testsrc2=size=960x540:rate=30:duration=9 -f lavfi -i sine=duration=9 -c:v libx264 \
                 -preset ultrafast -c:a aac -shortest";

    let upload = checked(&app, &token, film(large, "mov")).await;

    assert_eq!(upload["status"], "accepted", "{upload}");
    assert_eq!(statuses(&app).await, ["playable"]);
    let made = renditions(&app).await;
    let kinds: Vec<_> = made
        .iter()
        .map(|made| (made.kind.as_str(), made.height))
        .collect();
    let expected = [
        ("poster", 540),
        ("preview", 320),
        ("shown", 540),
        ("stream", 540),
        ("stream", 480),
        ("stream", 240),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(stored(&app), expected.len(), "what was sent is gone");

    let shown = look(&app, &of_kind(&app, "shown").await).await;
    let picture = shown.picture().unwrap();
    assert_eq!((picture.width, picture.height, picture.frames), (960, 540, 270));
    let preview = look(&app, &of_kind(&app, "preview").await).await;
    assert_eq!(preview.picture().unwrap().duration_ms, 3_000);

    let streams: Vec<_> = made.iter().filter(|made| made.kind == "stream").collect();
    let cuts = |playlist: &str| {
        let lengths = playlist.lines().filter(|line| line.starts_with("#EXTINF"));
        lengths.map(str::to_owned).collect::<Vec<_>>()
    };
    for stream in &streams {
        let playlist = stream.playlist.as_deref().unwrap();
        assert_eq!(
            cuts(playlist),
            ["#EXTINF:4.000000,", "#EXTINF:4.000000,", "#EXTINF:1.000000,"],
            "all begin anew at the same time: {playlist}"
        );
        let codecs = stream.codecs.as_deref().unwrap();
        assert!(
            codecs.starts_with("avc1.6400") && codecs.ends_with(",mp4a.40.2"),
            "{codecs}"
        );
    }
    let bits: Vec<_> = streams
        .iter()
        .map(|stream| stream.bits_per_second.unwrap())
        .collect();
    assert!(bits.is_sorted_by(|more, fewer| more > fewer), "{bits:?}");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_second_run_of_the_job_makes_nothing_and_marks_nothing_twice(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    checked(&app, &token, good()).await;
    let before = of_kind(&app, "shown").await;
    let video: uuid::Uuid = sqlx::query_scalar("select id from videos.video")
        .fetch_one(&app.app.db)
        .await
        .unwrap();

    let again = json!({ "video": video });
    app.enqueue(&marquee_core::videos::jobs::TRANSCODE, again, None)
        .await;
    app.run_jobs().await;

    assert_eq!(of_kind(&app, "shown").await, before);
    assert_eq!(stored(&app), OF_A_PRESENTATION);
}

/// The worker dies the first time it comes there; another takes over when the lease has lapsed.
async fn dies_at(db: PgPool, point: &str) {
    let app = TestApp::with(db, |parts| {
        let fault = Fault {
            point: point.to_owned(),
            pass: 1,
        };
        parts.faults = Faults::crashing(Some(fault), || panic!("the process dies here"));
    })
    .await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let id = sent(&app, &token, good()).await;
    app.run_jobs().await;
    assert_ne!(statuses(&app).await, ["playable"]);
    app.advance(Duration::minutes(1));
    app.run_jobs().await;

    assert_eq!(show(&app, &token, &id).await.1["status"], "accepted");
    assert_eq!(statuses(&app).await, ["playable"]);
    assert_eq!(
        renditions(&app).await.len(),
        OF_A_PRESENTATION,
        "none is there twice"
    );
    app.advance(Duration::hours(25));
    app.enqueue(&files::jobs::SWEEP, json!({}), None).await;
    app.run_jobs().await;
    assert_eq!(stored(&app), OF_A_PRESENTATION, "and nothing is left behind");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m09_a_worker_that_dies_once_all_is_made_is_taken_over(db: PgPool) {
    dies_at(db, "videos.made").await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m09_a_worker_that_dies_once_all_is_put_is_taken_over(db: PgPool) {
    dies_at(db, "videos.made_and_put").await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m09_a_worker_that_dies_before_it_says_so_is_taken_over(db: PgPool) {
    dies_at(db, "videos.playable").await;
}

/// A transcoder that finds nothing to make, or does not work.
#[derive(Default)]
struct Broken {
    of_the_source: bool,
    mended: AtomicBool,
}

#[async_trait]
impl Transcoder for Broken {
    async fn transcode(
        &self,
        work: Work<'_>,
        tell: &(dyn Fn(Progress) + Send + Sync),
    ) -> anyhow::Result<Outcome> {
        if self.mended.load(Ordering::Relaxed) {
            return Ffmpeg::default().transcode(work, tell).await;
        }
        anyhow::ensure!(self.of_the_source, "there is no ffmpeg");
        Ok(Outcome::Unplayable("nothing to be seen".to_owned()))
    }

    async fn check(&self) -> anyhow::Result<String> {
        anyhow::bail!("there is no ffmpeg")
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_nothing_can_be_made_of_is_refused_after_all(db: PgPool) {
    let broken = Broken {
        of_the_source: true,
        ..Broken::default()
    };
    let app = TestApp::with(db, |parts| parts.transcoder = Arc::new(broken)).await;
    let (_, token) = person(&app, "ana@acme.example").await;

    let upload = checked(&app, &token, good()).await;

    assert_eq!(
        (&upload["status"], &upload["reason"]["code"]),
        (&json!("refused"), &json!("unplayable"))
    );
    assert_eq!(statuses(&app).await, ["failed"]);
    assert_eq!(stored(&app), 0);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_our_fault_waits_for_staff_and_is_made_once_it_is_mended(db: PgPool) {
    let broken = Arc::<Broken>::default();
    let app = TestApp::with(db, |parts| parts.transcoder = broken.clone()).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let id = sent(&app, &token, good()).await;
    for _ in 0..4 {
        app.run_jobs().await;
        app.advance(Duration::hours(1));
    }

    assert_eq!(show(&app, &token, &id).await.1["status"], "accepted");
    assert_eq!(statuses(&app).await, ["making"]);
    assert_eq!(stored(&app), 1, "what was sent is still there");
    let (_, dead) = app.get("/v1/jobs?status=dead").await;
    assert_eq!(dead["items"][0]["name"], "videos.transcode");
    broken.mended.store(true, Ordering::Relaxed);
    let job = dead["items"][0]["id"].as_str().unwrap();
    app.post(&format!("/v1/jobs/{job}/retry"), Value::Null).await;
    app.run_jobs().await;
    assert_eq!(statuses(&app).await, ["playable"]);
    assert_eq!(stored(&app), OF_A_PRESENTATION);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m04_one_that_says_it_is_done_and_has_made_nothing_is_tried_again_then_dead(db: PgPool) {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("ffmpeg");
    std::fs::write(&program, "#!/bin/sh\n: > shown.mp4\nexit 0\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let app = TestApp::with(db, |parts| parts.transcoder = Arc::new(Ffmpeg::at(program))).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let id = sent(&app, &token, good()).await;
    for _ in 0..4 {
        assert!(!app.alerted("jobs.dead", "videos.transcode"));
        app.advance(Duration::hours(1));
        app.run_jobs().await;
    }

    assert!(app.alerted("jobs.dead", "videos.transcode"));
    let (_, dead) = app.get("/v1/jobs?status=dead").await;
    let error = dead["items"][0]["last_error"].as_str().unwrap();
    assert!(error.contains("not what should have been"), "{error}");
    assert_eq!(show(&app, &token, &id).await.1["status"], "accepted");
    assert_eq!(stored(&app), 1, "only what was sent");
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn looking_into_one_does_not_wait_for_the_making_of_another(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let id = sent(&app, &token, good()).await;
    run_due(&app.app, &[Role::Media]).await.unwrap();
    assert_eq!(show(&app, &token, &id).await.1["status"], "accepted");
    assert_eq!(statuses(&app).await, ["waiting"]);
    app.run_jobs().await;
}

/// Half of the pixels differ by more than this from what they were.
pub(super) fn differs(one: &[u8], other: &[u8]) -> bool {
    let far = one
        .iter()
        .zip(other)
        .filter(|(one, other)| one.abs_diff(**other) > 24);
    far.count() * 10 > one.len()
}

/// The brightness of the pixels of one corner, of the first picture.
pub(super) fn corner(path: &Path, crop: &str) -> Vec<u8> {
    let arguments = format!(
        "-i {} -vf crop={crop} -frames:v 1 -pix_fmt gray -f rawvideo",
        path.display()
    );
    film(&arguments, "raw")
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_ordered_bears_our_mark_at_the_bottom_right_and_is_kept_without_it(db: PgPool) {
    let market = crate::orders::Market::new(db).await;
    let order = market.settled("sandbox_approve").await;
    let black = film(
        "-f lavfi -i color=black:size=600x400:rate=25:duration=3 -c:v libx264 -preset ultrafast",
        "mp4",
    );
    market.sent(&order, black).await;
    market.settle().await;
    assert_eq!(market.status(&order).await, "delivered");

    let folder = market.app.folder.path();
    let shown = folder.join(of_kind(&market.app, "shown").await);
    let clean = folder.join(of_kind(&market.app, "clean").await);
    let seen = |crop: &str| differs(&corner(&shown, crop), &corner(&clean, crop));
    // 200 wide, 55 high, 3 from the right and 2 from below.
    assert!(seen("200:56:396:342"), "the mark");
    assert!(!seen("390:400:0:0"), "left of it");
    assert!(!seen("600:336:0:0"), "above it");
    assert!(!seen("600:2:0:398"), "below it");
    let white = corner(&shown, "200:56:396:342").into_iter().max().unwrap();
    assert!((160..=215).contains(&white), "70 % of white on black: {white}");
}
