//! Files that are made to harm whoever looks into them.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use marquee_tests::{TestApp, film};
use serde_json::json;
use sqlx::PgPool;

use super::{judged, stored};
use crate::accounts::person;

/// So long may looking into any of these take, on a machine that does other things, too.
const WITHIN: Duration = Duration::from_secs(15);

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m01_what_would_read_other_files_or_addresses_is_refused(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let canary = TcpListener::bind("127.0.0.1:0").unwrap();
    canary.set_nonblocking(true).unwrap();
    let address = canary.local_addr().unwrap();

    for (what, file) in [
        ("nothing to speak of", b"\0".to_vec()),
        ("HTML", b"<!doctype html><script>alert(1)</script>".to_vec()),
        (
            "an HLS playlist",
            format!("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://{address}/latest/meta-data/x.ts\n#EXT-X-ENDLIST\n")
                .into_bytes(),
        ),
        (
            "a list of other files",
            b"ffconcat version 1.0\nfile video\nfile /etc/hostname\n".to_vec(),
        ),
        (
            "a session description",
            b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
                .to_vec(),
        ),
        (
            "a DASH manifest",
            format!("<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><BaseURL>http://{address}/</BaseURL></MPD>")
                .into_bytes(),
        ),
        ("a picture", film("-f lavfi -i color=size=64x64 -frames:v 1", "png")),
    ] {
        let began = Instant::now();
        let upload = judged(&app, &token, file).await;
        assert_eq!((&upload["status"], &upload["reason"]["code"]), (&json!("refused"), &json!("not_a_video")), "{what}");
        assert!(began.elapsed() < WITHIN, "{what} took {:?}", began.elapsed());
    }
    assert!(canary.accept().is_err(), "nobody called");
    assert_eq!(stored(&app), 0);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn m01_what_would_take_all_memory_or_time_is_refused_at_once(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let vast = "-f lavfi -i color=black:size=16000x16000:rate=1 -frames:v 1 -c:v png -pred none";
    let hours =
        "-f lavfi -i color=black:size=64x64:rate=1 -frames:v 200000 -c:v libx264 -preset ultrafast -g 100000";

    for (what, reason, file) in [
        ("250 megapixels", "codec_unsupported", film(vast, "mkv")),
        ("55 hours", "too_long", film(hours, "mp4")),
        (
            "as many pixels as H.264 has",
            "too_many_pixels",
            film(
                "-f lavfi -i color=black:size=8192x4320:rate=1 -frames:v 4 -c:v libx264 -preset ultrafast",
                "mp4",
            ),
        ),
    ] {
        let began = Instant::now();
        let upload = judged(&app, &token, file).await;
        assert_eq!(
            (&upload["status"], &upload["reason"]["code"]),
            (&json!("refused"), &json!(reason)),
            "{what}: {upload}"
        );
        assert!(began.elapsed() < WITHIN, "{what} took {:?}", began.elapsed());
    }
    assert_eq!(stored(&app), 0);
}
