//! `deploy/worker.sh`.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::edge::{self, NEW, New, OLD};
use crate::{Stage, said};

/// A rollout of [`NEW`] over [`OLD`] that is about to begin.
fn rollout(stage: &Stage, new: New, public_may_choose: bool) -> Command {
    stage.write("deployments", &format!("{OLD}@100\n"));
    let address = edge::start(stage.file("deployments"), new, public_may_choose);
    let mut script = stage.script("worker.sh");
    script
        .args(["rollout", "staging", NEW, "1.2.3+new"])
        .env("SMOKE_URL", format!("http://localhost:{}", address.port()))
        .env("PUBLIC_URLS", format!("http://{address}/go http://{address}"))
        .env("SMOKE_PATHS", "/go/acme/auto?zip=10001 /go/acme/home?zip=90210")
        .env("HOLD_SECONDS", "0")
        .env("PATIENCE_SECONDS", "0");
    script
}

fn shares(old: u8, new: u8) -> String {
    format!("{OLD}@{old} {NEW}@{new}")
}

fn all(version: &str) -> String {
    format!("{version}@100")
}

#[test]
fn a_version_that_works_is_tried_and_shown_to_more_and_more() {
    let stage = Stage::new("works");
    let output = rollout(&stage, New::Works, false).output().unwrap();

    assert!(output.status.success(), "{}", said(&output));
    let expected = [all(OLD), shares(100, 0), shares(95, 5), shares(75, 25), all(NEW)];
    assert_eq!(stage.lines("deployments"), expected);
    let calls = stage.lines("calls");
    assert!(
        calls.iter().all(|call| call.contains("--env staging")),
        "{calls:?}"
    );
}

#[test]
fn a_version_that_breaks_is_taken_back_from_everybody_at_whatever_share() {
    for (name, breaks_at, steps) in [
        ("breaks-0", 0, 1),
        ("breaks-5", 5, 2),
        ("breaks-25", 25, 3),
        ("breaks-100", 100, 4),
    ] {
        let stage = Stage::new(name);
        let output = rollout(&stage, New::BreaksAt(breaks_at), false).output().unwrap();

        assert_eq!(output.status.code(), Some(1), "{name}: {}", said(&output));
        let steps = [shares(100, 0), shares(95, 5), shares(75, 25), all(NEW)]
            .into_iter()
            .take(steps);
        let expected: Vec<_> = [all(OLD)].into_iter().chain(steps).chain([all(OLD)]).collect();
        assert_eq!(stage.lines("deployments"), expected, "{name}");
        assert!(
            said(&output).contains("/healthz answers 500"),
            "{name}: {}",
            said(&output)
        );
    }
}

#[test]
fn a_version_that_is_healthy_and_redirects_nobody_is_seen_by_nobody() {
    let stage = Stage::new("redirects-nobody");
    let output = rollout(&stage, New::RedirectsNobody, false).output().unwrap();

    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(stage.lines("deployments"), [all(OLD), shares(100, 0), all(OLD)]);
    assert!(
        said(&output).contains("/go/acme/auto?zip=10001 is not redirected, but answers 404"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_deployment_that_cloudflare_refuses_is_taken_back() {
    let stage = Stage::new("refused");
    let mut script = rollout(&stage, New::Works, false);
    let output = script
        .env("FAKE_FAILS", "versions deploy *@25%*")
        .output()
        .unwrap();

    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(
        stage.lines("deployments"),
        [all(OLD), shares(100, 0), shares(95, 5), all(OLD)]
    );
}

#[test]
fn when_the_way_back_fails_too_it_is_said_how_to_go_it_by_hand() {
    let stage = Stage::new("no-way-back");
    let mut script = rollout(&stage, New::BreaksAt(5), false);
    let output = script
        .env("FAKE_FAILS", "versions deploy *@100% --env*")
        .output()
        .unwrap();

    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let by_hand = format!("By hand: wrangler versions deploy {OLD}@100% --env staging --yes");
    assert!(said(&output).contains(&by_hand), "{}", said(&output));
}

#[test]
fn nothing_is_shown_where_the_public_could_choose_a_version() {
    let stage = Stage::new("public-chooses");
    let output = rollout(&stage, New::Works, true).output().unwrap();

    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(stage.lines("deployments"), [all(OLD), shares(100, 0), all(OLD)]);
    assert!(
        said(&output).contains("lets the public choose a version"),
        "{}",
        said(&output)
    );
}

#[test]
fn nothing_is_shown_where_one_of_many_hosts_lets_the_public_choose() {
    let stage = Stage::new("one-public-chooses");
    let mut script = rollout(&stage, New::Works, false);
    let careful = edge::start(stage.file("deployments"), New::Works, false);
    let careless = edge::start(stage.file("deployments"), New::Works, true);
    let output = script
        .env("PUBLIC_URLS", format!("http://{careful} http://{careless}/go"))
        .output()
        .unwrap();

    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let says = format!("http://{careless}/go lets the public choose a version");
    assert!(said(&output).contains(&says), "{}", said(&output));
    assert_eq!(stage.lines("deployments"), [all(OLD), shares(100, 0), all(OLD)]);
}

#[test]
fn a_second_rollout_of_what_is_live_changes_nothing() {
    let stage = Stage::new("again");
    let mut script = rollout(&stage, New::Works, false);
    stage.write("deployments", &format!("{OLD}@100\n{NEW}@100\n"));
    let output = script.output().unwrap();

    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(stage.lines("deployments"), [all(OLD), all(NEW)]);
}

#[test]
fn a_rollout_that_was_cut_short_begins_anew_from_the_old_version() {
    let stage = Stage::new("cut-short");
    let mut script = rollout(&stage, New::BreaksAt(100), false);
    stage.write("deployments", &format!("{OLD}@100\n{}\n", shares(75, 25)));
    let output = script.output().unwrap();

    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(stage.lines("deployments").last(), Some(&all(OLD)));
}

#[test]
fn whoever_stops_a_rollout_leaves_everybody_with_the_old_version() {
    let stage = Stage::new("stopped");
    let mut script = rollout(&stage, New::Works, false);
    let child = script
        .env("HOLD_SECONDS", "600")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(120);
    while !stage.lines("deployments").contains(&shares(95, 5)) {
        assert!(Instant::now() < until, "5 % are never reached");
        thread::sleep(Duration::from_millis(20));
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let output = child.wait_with_output().unwrap();

    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(
        stage.lines("deployments"),
        [all(OLD), shares(100, 0), shares(95, 5), all(OLD)]
    );
}

#[test]
fn a_rollback_goes_to_whom_everybody_had_before() {
    for (name, history) in [
        ("back", format!("{OLD}@100\n{}\n{NEW}@100\n", shares(95, 5))),
        ("back-midst", format!("{OLD}@100\n{}\n", shares(75, 25))),
    ] {
        let stage = Stage::new(name);
        stage.write("deployments", &history);
        let output = stage
            .script("worker.sh")
            .args(["rollback", "staging"])
            .output()
            .unwrap();

        assert!(output.status.success(), "{name}: {}", said(&output));
        assert_eq!(stage.lines("deployments").last(), Some(&all(OLD)), "{name}");
    }
}

#[test]
fn a_rollback_to_nothing_is_refused() {
    let stage = Stage::new("back-nothing");
    stage.write("deployments", &format!("{OLD}@100\n"));
    let output = stage
        .script("worker.sh")
        .args(["rollback", "staging"])
        .output()
        .unwrap();

    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert_eq!(stage.lines("deployments"), [all(OLD)]);
}

#[test]
fn only_the_worker_that_visitors_never_meet_is_replaced_at_once() {
    let stage = Stage::new("replace");
    stage.write("deployments", &format!("{OLD}@100\n"));
    let replace = |environment: &str| {
        let mut script = stage.script("worker.sh");
        script.args(["replace", environment, NEW]).output().unwrap()
    };

    assert_eq!(replace("staging").status.code(), Some(64));
    let output = replace("staging-logs");
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(stage.lines("deployments"), [all(OLD), all(NEW)]);
    assert_eq!(
        stage.lines("calls").last().unwrap(),
        "triggers deploy --env staging-logs"
    );
}

#[test]
fn versions_are_uploaded_with_what_terraform_made() {
    let stage = Stage::new("upload");
    let sha = "0123456789abcdef0123456789abcdef01234567";
    let upload = |settings: &str| {
        let settings = stage.write("worker.json", settings);
        let mut script = stage.script("worker.sh");
        script
            .args(["upload", "staging"])
            .arg(settings)
            .args(["1.2.3", sha])
            .output()
            .unwrap()
    };

    let nothing = upload("{}");
    assert_eq!(nothing.status.code(), Some(1), "{}", said(&nothing));
    assert!(
        said(&nothing).contains("names no namespace of KV"),
        "{}",
        said(&nothing)
    );
    assert!(stage.lines("calls").is_empty());

    let output = upload(
        r#"{"kv_namespace_id":"00112233445566778899aabbccddeeff","vars":{"MANIFEST_KEYS":"k:abc","LAST_RESORT":""},"log_vars":{"SQS_QUEUE_URL":"https://sqs/hits"}}"#,
    );
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "{\"worker_version\":\"33333333-3333-3333-3333-333333333333\",\"log_worker_version\":\"44444444-4444-4444-4444-444444444444\"}\n"
    );
    let calls = stage.lines("calls");
    assert_eq!(calls.len(), 2);
    assert!(
        calls[0].ends_with("--var BUILD:1.2.3+0123456789ab --var MANIFEST_KEYS:k:abc"),
        "{}",
        calls[0]
    );
    assert!(
        calls[1].ends_with("--var BUILD:1.2.3+0123456789ab --var SQS_QUEUE_URL:https://sqs/hits"),
        "{}",
        calls[1]
    );
    let config = stage.lines("config").join("\n");
    assert!(config.contains(
        "[[env.staging.kv_namespaces]]\nbinding = \"RULES\"\nid = \"00112233445566778899aabbccddeeff\"\n"
    ));
    assert!(config.contains(
        "[[env.production.kv_namespaces]]\nbinding = \"RULES\"\nid = \"00000000000000000000000000000000\"\n"
    ));
}
