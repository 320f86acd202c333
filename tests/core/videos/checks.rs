//! What is a video as it should be.

use marquee_tests::{TestApp, film};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{judged, stored};
use crate::accounts::person;

const SILENT: &str = "-f lavfi -i testsrc=size=320x240:rate=25:duration=4 -an -c:v libx264 -preset ultrafast";

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m07_videos_of_many_kinds_are_accepted_as_they_are_shown(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let turned = film(SILENT, "mp4");
    let turned = {
        let folder = tempfile::tempdir().unwrap();
        let upright = folder.path().join("upright.mp4");
        std::fs::write(&upright, turned).unwrap();
        film(
            &format!("-i {} -c copy -metadata:s:v:0 rotate=90", upright.display()),
            "mp4",
        )
    };
    let lavfi = |size: &str| format!("-f lavfi -i testsrc=size={size}:rate=25:duration=4");

    for (what, file, size, codecs) in [
        ("silent", film(SILENT, "mp4"), (320, 240), ("h264", Value::Null)),
        ("turned", turned, (240, 320), ("h264", Value::Null)),
        (
            "of odd size",
            film(
                &format!(
                    "{} -pix_fmt yuv444p -c:v libx264 -preset ultrafast",
                    lavfi("321x241")
                ),
                "mov",
            ),
            (321, 241),
            ("h264", Value::Null),
        ),
        (
            "of a browser",
            film(
                &format!(
                    "{} -f lavfi -i sine=duration=4 -c:v libvpx -deadline realtime -c:a libopus -live 1",
                    lavfi("128x96")
                ),
                "webm",
            ),
            (128, 96),
            ("vp8", json!("opus")),
        ),
        (
            "of a telephone",
            film(
                &format!(
                    "{} -c:v libx265 -preset ultrafast -x265-params log-level=none -pix_fmt yuv420p10le",
                    lavfi("128x96")
                ),
                "mp4",
            ),
            (128, 96),
            ("hevc", Value::Null),
        ),
        (
            "with its index at the end and frames of all lengths",
            film(
                &format!(
                    "{} -vf select=not(mod(n\\,3)) -vsync vfr -c:v libx264 -preset ultrafast",
                    lavfi("128x96")
                ),
                "mkv",
            ),
            (128, 96),
            ("h264", Value::Null),
        ),
    ] {
        let upload = judged(&app, &token, file).await;
        assert_eq!(upload["status"], "accepted", "{what}: {upload}");
        assert_eq!(
            (&upload["width"], &upload["height"]),
            (&json!(size.0), &json!(size.1)),
            "{what}"
        );
        assert_eq!(
            (&upload["video_codec"], &upload["audio_codec"]),
            (&json!(codecs.0), &codecs.1),
            "{what}"
        );
        let duration = upload["duration_ms"].as_i64().unwrap();
        assert!((3_800..4_200).contains(&duration), "{what}: {duration} ms");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m02_a_video_that_is_none_is_refused_for_its_reason_and_removed(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let source = "-f lavfi -i testsrc=size=128x96:rate=25:duration=4";
    let encode = "-c:v libx264 -preset ultrafast";

    for (reason, file) in [
        ("too_short", film(&format!("{source} -t 2 {encode}"), "mp4")),
        (
            "too_long",
            film(
                &format!("-f lavfi -i testsrc=size=64x64:rate=1:duration=200 {encode}"),
                "mp4",
            ),
        ),
        ("no_picture", film("-f lavfi -i sine=duration=4 -c:a aac", "mp4")),
        (
            "several_video_streams",
            film(&format!("{source} {source} -map 0:v -map 1:v {encode}"), "mp4"),
        ),
        (
            "too_many_streams",
            film(
                &format!(
                    "{source} -f lavfi -i sine=duration=4 -map 0:v {} {encode} -c:a aac",
                    "-map 1:a ".repeat(9)
                ),
                "mp4",
            ),
        ),
        ("codec_unsupported", film(&format!("{source} -c:v mpeg4"), "mp4")),
        (
            "codec_unsupported",
            film(
                &format!("{source} -f lavfi -i sine=duration=4 {encode} -c:a ac3"),
                "mp4",
            ),
        ),
        (
            "too_many_frames",
            film(
                &format!("-f lavfi -i testsrc=size=64x64:rate=240:duration=4 {encode}"),
                "mp4",
            ),
        ),
        (
            "too_few_pixels",
            film(
                &format!("-f lavfi -i testsrc=size=32x128:rate=25:duration=4 {encode}"),
                "mp4",
            ),
        ),
    ] {
        let upload = judged(&app, &token, file).await;
        assert_eq!(
            (&upload["status"], &upload["reason"]["code"]),
            (&json!("refused"), &json!(reason)),
            "{upload}"
        );
        assert!(upload["reason"]["detail"].as_str().unwrap().len() > 10);
        assert_eq!(stored(&app), 0, "{reason}: nothing is left");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m03_a_video_that_was_cut_off_is_refused_and_nothing_breaks(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let index_first = film(&format!("{SILENT} -movflags +faststart"), "mp4");
    let index_last = film(SILENT, "mp4");

    for (what, file, reasons) in [
        (
            "its index is gone",
            &index_last[..index_last.len() / 2],
            ["not_a_video", "damaged"],
        ),
        (
            "its pictures are gone",
            &index_first[..index_first.len() / 2],
            ["not_a_video", "damaged"],
        ),
        (
            "all but its name is gone",
            &index_first[..40],
            ["not_a_video", "damaged"],
        ),
    ] {
        let upload = judged(&app, &token, file.to_vec()).await;
        let reason = upload["reason"]["code"].as_str().unwrap_or_default();
        assert!(reasons.contains(&reason), "{what}: {upload}");
    }
    // Bits that fall over: whatever it makes of them, it ends.
    for place in (0..20).map(|place| 1 + place * index_first.len() / 21) {
        let mut file = index_first.clone();
        file[place] ^= 0xff;
        file[place / 2] ^= 0x10;
        app.advance(time::Duration::minutes(3));
        let upload = judged(&app, &token, file).await;
        assert!(
            ["accepted", "refused"].contains(&upload["status"].as_str().unwrap()),
            "{upload}"
        );
    }
}
