//! ffprobe, when it does not come to an end by itself.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use marquee_core::adapters::ffprobe::Ffprobe;
use marquee_core::videos::{Unreadable, VideoProbe};
use marquee_tests::until;
use rustix::process::{Pid, Signal, kill_process};

/// A file at whose other end nobody writes: whoever opens it waits.
fn silent_pipe(folder: &Path) -> std::path::PathBuf {
    let pipe = folder.join("video");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    pipe
}

/// Processes that were given this file.
fn busy_with(file: &Path) -> Vec<i32> {
    let name = format!("file:{}", file.display());
    let processes = std::fs::read_dir("/proc").unwrap();
    let ids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    ids.filter(|id: &i32| {
        let words = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        words.split(|byte| *byte == 0).any(|word| word == name.as_bytes())
    })
    .collect()
}

#[tokio::test]
async fn m01_one_that_hangs_is_stopped_at_its_limit_and_nothing_of_it_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = silent_pipe(folder.path());
    let began = Instant::now();

    let found = Ffprobe::within(Duration::from_millis(500)).probe(&pipe).await;

    assert_eq!(found.unwrap(), Err(Unreadable::TooMuchWork));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    until("it is gone", || busy_with(&pipe).is_empty()).await;
}

#[tokio::test]
async fn m01_one_that_is_killed_from_outside_was_too_much_work() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = silent_pipe(folder.path());
    let kill = async {
        until("it has begun", || !busy_with(&pipe).is_empty()).await;
        for id in busy_with(&pipe) {
            kill_process(Pid::from_raw(id).unwrap(), Signal::KILL).unwrap();
        }
    };

    let probe = Ffprobe::default();
    let (found, ()) = tokio::join!(probe.probe(&pipe), kill);

    assert_eq!(found.unwrap(), Err(Unreadable::TooMuchWork));
}

#[tokio::test]
async fn one_whose_caller_goes_away_goes_too() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = silent_pipe(folder.path());
    let file = pipe.clone();
    let probing = tokio::spawn(async move { Ffprobe::default().probe(&file).await.map(drop) });
    until("it has begun", || !busy_with(&pipe).is_empty()).await;

    probing.abort();

    assert!(probing.await.unwrap_err().is_cancelled());
    until("it is gone", || busy_with(&pipe).is_empty()).await;
}
