//! Sources of all forms: what is made of each has one form.

use marquee_tests::{TestApp, film};
use serde_json::json;
use sqlx::PgPool;

use super::checked;
use super::making::{look, renditions};
use crate::accounts::person;

const ENCODE: &str = "-c:v libx264 -preset ultrafast";

fn source(size: &str, rate: u32) -> String {
    format!("-f lavfi -i testsrc=size={size}:rate={rate}:duration=3")
}

/// Written into a file, for another run of ffmpeg.
fn written(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m07_whatever_form_a_video_has_what_is_made_of_it_has_one(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let folder = tempfile::tempdir().unwrap();
    let upright = film(&format!("{} {ENCODE}", source("128x96", 25)), "mp4");
    let upright = written(&folder, "upright.mp4", &upright);
    let bright = "-c:v libx265 -preset ultrafast -pix_fmt yuv420p10le \
        -x265-params log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc";

    for (what, arguments, container, (width, height), frames) in [
        (
            "turned",
            format!("-i {upright} -c copy -metadata:s:v:0 rotate=90"),
            "mp4",
            (96, 128),
            75,
        ),
        (
            "of odd size, with all of its colours",
            format!("{} -pix_fmt yuv444p {ENCODE}", source("131x97", 25)),
            "mov",
            (130, 96),
            75,
        ),
        (
            "with more light than screens have",
            format!("{} {bright}", source("128x96", 25)),
            "mp4",
            (128, 96),
            75,
        ),
        (
            "with frames of all lengths",
            format!(
                "{} -vf select=not(mod(n\\,3))+not(mod(n\\,7)) -vsync vfr {ENCODE}",
                source("128x96", 30).replace("duration=3", "duration=4")
            ),
            "mkv",
            (128, 96),
            96,
        ),
        (
            "faster than screens",
            format!("{} {ENCODE}", source("128x96", 120)),
            "mp4",
            (128, 96),
            180,
        ),
        (
            "with pixels that are not square",
            format!("{} -vf setsar=4/3 {ENCODE}", source("144x108", 25)),
            "mp4",
            (192, 108),
            75,
        ),
        (
            "with sound that has no length",
            format!(
                "{} -f lavfi -i sine -map 0 -map 1 -frames:a 0 -t 3 {ENCODE} -c:a libopus",
                source("128x96", 25)
            ),
            "mkv",
            (128, 96),
            75,
        ),
    ] {
        let upload = checked(&app, &token, film(&arguments, container)).await;
        assert_eq!(upload["making"]["status"], "playable", "{what}: {upload}");
        let made = renditions(&app).await;
        let shown = made.iter().rfind(|made| made.kind == "shown").unwrap();
        let shown = look(&app, &shown.file).await;
        let picture = shown.picture().unwrap();
        assert_eq!((picture.width, picture.height), (width, height), "{what}");
        assert_eq!(
            (
                picture.codec.as_str(),
                picture.pixel_format.as_str(),
                picture.rotation
            ),
            ("h264", "yuv420p", 0),
            "{what}"
        );
        assert_ne!(picture.transfer.as_deref(), Some("smpte2084"), "{what}");
        assert!(
            picture.frames.abs_diff(frames) <= 2,
            "{what}: {} frames",
            picture.frames
        );
        assert_eq!(picture.average_rate, picture.base_rate, "{what}: steady");
        assert!(shown.sound().is_none(), "{what}");
        // There is one presentation at a time; this one goes for the next.
        let id: uuid::Uuid = upload["id"].as_str().unwrap().parse().unwrap();
        let mut tx = app.app.db.begin().await.unwrap();
        marquee_core::videos::remove(&mut tx, app.app.now(), id)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        app.advance(time::Duration::minutes(3));
    }
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m08_nothing_that_a_video_says_of_itself_is_in_what_is_made_of_it(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let folder = tempfile::tempdir().unwrap();
    let says = written(
        &folder,
        "says.txt",
        b";FFMETADATA1\ntitle=Secret title\nlocation=+52.5200+013.4050/\ncreation_time=2020-02-02T02:02:02Z\n\
          [CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=Secret chapter\n",
    );
    let tagged = film(
        &format!(
            "{} -i {says} -map 0:v -map_metadata 1 -map_chapters 1 {ENCODE} -metadata:s:v:0 handler_name=SecretCamera \
             -movflags use_metadata_tags",
            source("128x96", 25)
        ),
        "mp4",
    );
    let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    let secrets = ["Secret", "+52.52", "2020-02-02"];
    assert!(secrets.iter().all(|secret| has(&tagged, secret)));

    let upload = checked(&app, &token, tagged).await;

    assert_eq!(upload["making"]["status"], json!("playable"), "{upload}");
    for made in renditions(&app).await {
        let bytes = std::fs::read(app.folder.path().join(&made.file)).unwrap();
        for secret in secrets {
            assert!(!has(&bytes, secret), "{secret} in {}", made.kind);
        }
    }
}
