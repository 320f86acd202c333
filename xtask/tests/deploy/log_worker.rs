//! How the log Worker is made, by the commands of terraform/README.md and the pinned wrangler, at an API that knows no Worker.

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::json;

use crate::cloudflare::request;
use crate::{Stage, root, said};

const SETTINGS: &str = "{\"kv_namespace_id\":\"0123456789abcdef0123456789abcdef\",\
    \"log_vars\":{\"SQS_QUEUE_URL\":\"https://sqs.us-east-1.amazonaws.com/123456789012/marquee-staging-hits\"}}";
/// As far as wrangler's bundler looks at it.
const BUILT: &str =
    "export const answer = 0, deliver = 0, forward = 0, ready = 0, redirect = 0, refresh = 0;\n";

/// What was uploaded: the whole body, by which bindings are found.
type Uploads = Arc<Mutex<Vec<String>>>;

#[test]
fn it_is_made_with_its_key_in_hand() {
    let stage = checkout("log-worker");
    let uploads = Uploads::default();
    let output = make(&stage, start(uploads.clone()), &documented());

    assert!(output.status.success(), "{}", said(&output));
    let uploads = uploads.lock().unwrap();
    let [upload] = uploads.as_slice() else {
        panic!("{uploads:?}")
    };
    for binding in [
        "\"name\":\"AWS_ACCESS_KEY_ID\",\"type\":\"secret_text\",\"text\":\"AKIA\"",
        "\"name\":\"AWS_SECRET_ACCESS_KEY\",\"type\":\"secret_text\",\"text\":\"made-up\"",
        "\"name\":\"SQS_QUEUE_URL\",\"type\":\"plain_text\"",
    ] {
        assert!(upload.contains(binding), "no {binding} in {upload}");
    }
}

#[test]
fn without_its_key_wrangler_makes_none() {
    let stage = checkout("log-worker-without-key");
    let uploads = Uploads::default();
    let commands = documented().replace("--secrets-file key.env", "");
    let output = make(&stage, start(uploads.clone()), &commands);

    assert!(!output.status.success());
    let complaint = "required secrets have not been set: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY";
    assert!(said(&output).contains(complaint), "{}", said(&output));
    assert_eq!(uploads.lock().unwrap().len(), 0);
}

/// The lines of the page that tell wrangler, without the one that asks AWS for a key and the one that removes it.
fn documented() -> String {
    let page = fs::read_to_string(root().join("terraform/README.md")).unwrap();
    let mut blocks = page.split("```sh\n").filter_map(|rest| rest.split("```").next());
    let block = blocks
        .find(|block| block.contains("--secrets-file key.env"))
        .unwrap();
    let lines = block.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<_> = lines
        .filter(|line| !line.starts_with("aws ") && !line.starts_with("rm "))
        .collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    lines.join("\n")
}

/// As much of one as the commands need.
fn checkout(name: &str) -> Stage {
    let stage = Stage::new(name);
    for folder in ["edge/build", "edge/js", "deploy"] {
        fs::create_dir_all(stage.file(folder)).unwrap();
    }
    for file in fs::read_dir(root().join("edge/js")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), stage.file("edge/js").join(file.file_name())).unwrap();
    }
    for file in ["wrangler.toml", "deploy/wrangler-config.mjs"] {
        fs::copy(root().join(file), stage.file(file)).unwrap();
    }
    symlink(root().join("node_modules"), stage.file("node_modules")).unwrap();
    stage.write("edge/build/index.js", BUILT);
    stage.write("worker.json", SETTINGS);
    stage.write(
        "key.env",
        "AWS_ACCESS_KEY_ID=AKIA\nAWS_SECRET_ACCESS_KEY=made-up\n",
    );
    stage
}

fn make(stage: &Stage, api: SocketAddr, commands: &str) -> Output {
    let config = "node deploy/wrangler-config.mjs staging worker.json >wrangler.generated.toml";
    let mut bash = Command::new("bash");
    bash.args(["-c", &format!("set -e\n{config}\n{commands}")])
        .current_dir(&stage.folder)
        .env("CI", "1")
        .env("NO_PROXY", "127.0.0.1,localhost")
        .env("WRANGLER_SEND_METRICS", "false")
        .env("WRANGLER_LOG_PATH", stage.file("logs"))
        .env("CLOUDFLARE_API_BASE_URL", format!("http://{api}"))
        .env("CLOUDFLARE_API_TOKEN", "made-up")
        .env("CLOUDFLARE_ACCOUNT_ID", "0123456789abcdef0123456789abcdef");
    bash.output().unwrap()
}

/// On a port of its own.
fn start(uploads: Uploads) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, &uploads);
        }
    });
    address
}

fn answer(mut stream: TcpStream, uploads: &Uploads) {
    let (method, path, body) = request(&stream);
    let path = path.split('?').next().unwrap_or_default();
    let is_there = !uploads.lock().unwrap().is_empty();
    let (status, body) = match method.as_str() {
        "GET" if !is_there && path.contains("/workers/") => (
            "404 Not Found",
            json!({ "success": false, "errors": [{ "code": if path.contains("/services/") { 10090 } else { 10007 }, "message": "no such Worker" }], "messages": [], "result": null }),
        ),
        _ => {
            if method == "PUT" && path.ends_with("/workers/scripts/marquee-edge-staging-logs") {
                uploads
                    .lock()
                    .unwrap()
                    .push(String::from_utf8_lossy(&body).into_owned());
            }
            (
                "200 OK",
                json!({ "success": true, "errors": [], "messages": [], "result": result(path) }),
            )
        }
    };
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _gone = stream.write_all((head + &body).as_bytes());
}

fn result(path: &str) -> serde_json::Value {
    match path.rsplit('/').next().unwrap_or_default() {
        "queues" => {
            json!([{ "queue_name": "marquee-hits-staging", "queue_id": "q", "consumers": [], "producers": [] }])
        }
        "consumers" => json!([]),
        "subdomain" => json!({ "enabled": false, "previews_enabled": false, "subdomain": "acme" }),
        _ => json!({ "id": "x", "deployment_id": "d", "startup_time_ms": 1, "etag": "e" }),
    }
}
