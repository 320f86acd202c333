//! ffmpeg, when it or what it is given is not as it should be.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use futures::{StreamExt as _, stream};
use marquee_core::adapters::ffmpeg::Ffmpeg;
use marquee_core::adapters::ffprobe::Ffprobe;
use marquee_core::videos::transcoder::{SHOWN, SOURCE};
use marquee_core::videos::{Length, Outcome, Plan, Transcoder, VideoProbe, Work, judge};
use marquee_tests::{Dice, Seed, film, is_nightly, until};
use tempfile::TempDir;

const CLIP: &str = "-f lavfi -i testsrc=size=64x64:rate=10:duration=1 -f lavfi -i sine=duration=1 -c:v libx264 \
    -preset ultrafast -c:a aac -shortest";

/// A folder with a program that does this instead of what ffmpeg does.
fn instead(script: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("ffmpeg");
    std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    (folder, program)
}

/// A folder as a job has it, and what is to be made in it.
async fn begun(source: &[u8]) -> (TempDir, Plan) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(SOURCE);
    std::fs::write(&file, source).unwrap();
    let found = Ffprobe::default().probe(&file).await.unwrap().unwrap();
    (folder, Plan::of(&found, false).unwrap())
}

async fn made(ffmpeg: &Ffmpeg, folder: &Path, plan: &Plan, within: Duration) -> anyhow::Result<Outcome> {
    ffmpeg.transcode(Work { folder, plan, within }, &|_| ()).await
}

/// Whether a process runs that was started with this word.
fn runs(word: &str) -> bool {
    let all = Command::new("ps").args(["-eo", "args"]).output().unwrap();
    String::from_utf8_lossy(&all.stdout)
        .lines()
        .any(|line| line.split_whitespace().any(|part| part == word))
}

/// Processes of ours that ended and that nobody has asked about.
fn zombies() -> usize {
    let parent = std::process::id().to_string();
    let all = Command::new("ps")
        .args(["--ppid", &parent, "-o", "stat="])
        .output()
        .unwrap();
    let states = String::from_utf8_lossy(&all.stdout).into_owned();
    states.lines().filter(|state| state.starts_with('Z')).count()
}

#[tokio::test]
async fn m04_one_that_hangs_and_heeds_no_signal_is_killed_with_all_it_started() {
    let (_kept, program) = instead("trap '' TERM INT HUP; sleep 98761 & setsid sleep 98762 & sleep 98763");
    let (folder, plan) = begun(&film(CLIP, "mp4")).await;
    let began = Instant::now();

    let outcome = made(&Ffmpeg::at(program), folder.path(), &plan, Duration::from_secs(1)).await;

    assert!(outcome.unwrap_err().to_string().contains("takes longer than 1 s"));
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    for word in ["98761", "98762", "98763"] {
        until("it is gone", || !runs(word)).await;
    }
    until("nobody is left to be asked about", || zombies() == 0).await;
}

#[tokio::test]
async fn m04_one_that_is_stopped_is_killed_too() {
    let (_kept, program) = instead("kill -STOP $$; sleep 98764");
    let (folder, plan) = begun(&film(CLIP, "mp4")).await;
    let outcome = made(&Ffmpeg::at(program), folder.path(), &plan, Duration::from_secs(1)).await;
    assert!(outcome.is_err());
    until("it is gone", || !runs("98764")).await;
}

#[tokio::test]
async fn m04_what_it_leaves_running_ends_with_it() {
    let (_kept, program) = instead("sleep 98765 & exit 0");
    let (folder, plan) = begun(&film(CLIP, "mp4")).await;
    let began = Instant::now();
    let outcome = made(
        &Ffmpeg::at(program),
        folder.path(),
        &plan,
        Duration::from_secs(60),
    )
    .await;
    assert_eq!(
        outcome.unwrap(),
        Outcome::Made,
        "it says so; whether it is so is looked into"
    );
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    until("it is gone", || !runs("98765")).await;
}

#[tokio::test]
async fn m04_one_that_fills_the_disk_is_stopped_at_its_limit() {
    let (_kept, program) = instead(&format!("exec head -c 100000000 /dev/zero > {SHOWN}"));
    let (folder, plan) = begun(&film(CLIP, "mp4")).await;
    let ffmpeg = Ffmpeg::at(program).writing_at_most(1 << 20);
    let outcome = made(&ffmpeg, folder.path(), &plan, Duration::from_secs(60)).await;
    assert!(outcome.is_err(), "{outcome:?}");
    let size = std::fs::metadata(folder.path().join(SHOWN)).unwrap().len();
    assert!(size <= 1 << 20, "{size}");
}

#[tokio::test]
async fn one_whose_caller_goes_away_goes_too() {
    let (_kept, program) = instead("sleep 98766");
    let (folder, plan) = begun(&film(CLIP, "mp4")).await;
    let making = tokio::spawn(async move {
        let ffmpeg = Ffmpeg::at(program);
        made(&ffmpeg, folder.path(), &plan, Duration::from_secs(60))
            .await
            .map(drop)
    });
    until("it has begun", || runs("98766")).await;
    making.abort();
    assert!(making.await.unwrap_err().is_cancelled());
    until("it is gone", || !runs("98766")).await;
}

/// What becomes of one that was cut off or whose bits fell over.
async fn tried(ffmpeg: &Ffmpeg, bytes: Vec<u8>) -> &'static str {
    const LENGTH: Length = Length {
        least_ms: 0,
        most_ms: 10_000,
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(SOURCE);
    std::fs::write(&file, bytes).unwrap();
    let Ok(found) = Ffprobe::default().probe(&file).await.unwrap() else {
        return "unreadable";
    };
    if judge(&found, LENGTH).is_err() {
        return "refused";
    }
    let Some(plan) = Plan::of(&found, false) else {
        return "refused";
    };
    match made(ffmpeg, folder.path(), &plan, Duration::from_secs(60)).await {
        Ok(Outcome::Made) => "made",
        Ok(Outcome::MadeOfTheRest(_)) => "made of the rest",
        Ok(Outcome::Unplayable(_)) => "unplayable",
        Err(_) => "failed",
    }
}

#[tokio::test]
async fn m03_of_many_that_were_cut_off_or_changed_none_breaks_us_and_nothing_is_left() {
    let many: usize = if is_nightly() { 200 } else { 40 };
    let clip = film(&format!("{CLIP} -movflags +faststart"), "mp4");
    let length = clip.len() as u64;
    let mut dice = Dice::from(Seed(3));
    let inputs: Vec<_> = (0..many)
        .map(|number| {
            let mut bytes = clip.clone();
            if number % 2 == 0 {
                bytes.truncate(dice.below(length) as usize);
            } else {
                for _ in 0..=dice.below(20) {
                    let place = dice.below(length) as usize;
                    bytes[place] ^= 1 << dice.below(8);
                }
            }
            bytes
        })
        .collect();
    let ffmpeg = Ffmpeg::default();
    let became: Vec<_> = stream::iter(inputs)
        .map(|bytes| tried(&ffmpeg, bytes))
        .buffer_unordered(2)
        .collect()
        .await;

    assert_eq!(became.len(), many);
    let count = |what| became.iter().filter(|became| **became == what).count();
    assert!(count("unreadable") + count("refused") > many / 4, "{became:?}");
    assert!(
        count("made") + count("made of the rest") > many / 10,
        "{became:?}"
    );
    assert!(
        count("failed") < many / 10,
        "what is our fault is seldom: {became:?}"
    );
    until("nobody is left to be asked about", || zombies() == 0).await;
}

/// How loud what is heard of a file is, in LUFS, as EBU R 128 measures it.
fn loudness(file: &Path) -> f64 {
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg.args(["-nostdin", "-hide_banner", "-i"]).arg(file);
    ffmpeg.args(["-map", "0:a:0", "-af", "ebur128", "-f", "null", "-"]);
    let said = String::from_utf8(ffmpeg.output().unwrap().stderr).unwrap();
    let summary = said.rsplit_once("Integrated loudness:").expect("a summary").1;
    let measured = summary.split_whitespace().nth(1).unwrap();
    measured.parse().unwrap()
}

#[tokio::test]
async fn however_loud_a_video_is_what_is_made_of_it_is_as_loud_as_every_other() {
    for (what, sound) in [
        ("far too loud", "sine=frequency=1000:duration=6,volume=18dB"),
        (
            "hardly to be heard",
            "anoisesrc=color=pink:amplitude=0.01:duration=6",
        ),
        (
            "quiet, and loud for moments",
            "aevalsrc='if(lt(mod(t,2),1),0.02,0.5)*sin(2*PI*440*t)':d=10",
        ),
        (
            "as if somebody spoke",
            "aevalsrc='(0.02+0.3*lt(mod(t,0.7),0.4)*abs(sin(PI*t/6)))*(random(0)-0.5)':d=10",
        ),
    ] {
        let clip = format!(
            "-f lavfi -i testsrc=size=64x64:rate=10:duration=10 -f lavfi -i {sound} -c:v libx264 -preset ultrafast \
             -c:a aac -shortest"
        );
        let (folder, plan) = begun(&film(&clip, "mp4")).await;
        let outcome = made(&Ffmpeg::default(), folder.path(), &plan, Duration::from_secs(60)).await;
        assert_eq!(outcome.unwrap(), Outcome::Made, "{what}");
        let loudness = loudness(&folder.path().join(SHOWN));
        assert!((loudness + 16.0).abs() <= 1.5, "{what}: {loudness} LUFS");
    }
}

#[tokio::test]
async fn what_is_silent_stays_silent() {
    let silent = "-f lavfi -i testsrc=size=64x64:rate=10:duration=4 -f lavfi -i anullsrc -t 4 -c:v libx264 \
                  -preset ultrafast -c:a aac";
    let (folder, plan) = begun(&film(silent, "mp4")).await;
    let outcome = made(&Ffmpeg::default(), folder.path(), &plan, Duration::from_secs(60)).await;
    assert_eq!(outcome.unwrap(), Outcome::Made);
    assert!(
        loudness(&folder.path().join(SHOWN)) <= -70.0,
        "noise is not made louder"
    );
}
