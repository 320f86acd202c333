//! `deploy/dead-hits.mjs`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Output};
use std::thread;

use serde_json::{Value, json};

use crate::{Stage, root, said};

const ADD: &str = "queues consumer worker add marquee-hits-staging-dead marquee-edge-staging-logs --batch-size 100 --batch-timeout 5 --message-retries 100";
const REMOVE: &str = "queues consumer worker remove marquee-hits-staging-dead marquee-edge-staging-logs";

fn dead_hits(stage: &Stage, command: &str, api: SocketAddr) -> Command {
    let mut node = Command::new("node");
    node.arg(root().join("deploy/dead-hits.mjs"))
        .args([command, "staging"])
        .env("FAKE", &stage.folder)
        .env("WRANGLER", root().join("xtask/tests/deploy/wrangler"))
        .env("NO_PROXY", "127.0.0.1")
        .env("CLOUDFLARE_API_BASE_URL", format!("http://{api}"))
        .env("CLOUDFLARE_API_TOKEN", "made-up")
        .env("CLOUDFLARE_ACCOUNT_ID", "0123456789abcdef0123456789abcdef")
        .env("PAUSE_SECONDS", "0.05");
    node
}

fn run(stage: &Stage, command: &str, backlog: &'static [Option<u64>]) -> Output {
    let api = start(backlog);
    dead_hits(stage, command, api).output().unwrap()
}

#[test]
fn hits_that_were_given_up_fail_the_check_and_none_passes_it() {
    let stage = Stage::new("dead-check");
    let empty = run(&stage, "check", &[Some(0)]);
    assert!(empty.status.success(), "{}", said(&empty));

    let some = run(&stage, "check", &[Some(3)]);
    assert_eq!(some.status.code(), Some(1), "{}", said(&some));
    assert!(
        said(&some).contains("3 messages of hits were given up"),
        "{}",
        said(&some)
    );
    assert!(stage.lines("calls").is_empty());
}

#[test]
fn what_was_given_up_is_tried_again_until_none_is_left() {
    let stage = Stage::new("dead-redrive");
    let output = run(&stage, "redrive", &[Some(3), Some(3), Some(1), Some(0)]);

    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(stage.lines("calls"), [ADD, REMOVE]);
}

#[test]
fn the_log_worker_is_taken_off_again_whatever_happens() {
    let stage = Stage::new("dead-unanswered");
    let output = run(&stage, "redrive", &[Some(3), None]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains("no such queue"), "{}", said(&output));
    assert_eq!(stage.lines("calls"), [ADD, REMOVE]);

    let stage = Stage::new("dead-slow");
    let mut slow = dead_hits(&stage, "redrive", start(&[Some(3)]));
    let output = slow.env("WAIT_MINUTES", "0").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(
        said(&output).contains("3 are left after 0 minutes"),
        "{}",
        said(&output)
    );
    assert_eq!(stage.lines("calls"), [ADD, REMOVE]);
}

#[test]
fn what_nobody_knows_is_refused() {
    let stage = Stage::new("dead-asked-wrongly");
    let output = run(&stage, "remove", &[Some(0)]);
    assert_eq!(output.status.code(), Some(64), "{}", said(&output));
}

/// Cloudflare's API, whose queue has so many messages each time that it is asked, the last from then on; `None` is a
/// refusal.
fn start(backlog: &'static [Option<u64>]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut left = backlog.iter();
        let mut now = backlog.last();
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let first = lines.next().unwrap_or_default();
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let answer = if first.contains("/metrics ") {
                now = left.next().or(now);
                now.copied()
                    .flatten()
                    .map(|count| json!({ "backlog_count": count }))
            } else {
                Some(json!([
                    { "queue_id": "q0", "queue_name": "marquee-hits-staging-dead-letters" },
                    { "queue_id": "q1", "queue_name": "marquee-hits-staging-dead" },
                ]))
            };
            let _gone = stream.write_all(http(answer).as_bytes());
        }
    });
    address
}

fn http(result: Option<Value>) -> String {
    let (status, body) = match result {
        Some(result) => (
            "200 OK",
            json!({ "success": true, "errors": [], "result": result }),
        ),
        None => (
            "404 Not Found",
            json!({ "success": false, "errors": [{ "code": 11000, "message": "no such queue" }] }),
        ),
    };
    let body = body.to_string();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}
