//! The pinned wrangler itself, told what `deploy/worker.sh` tells it, against an API that knows deployments and nothing else:
//! what the stand-in takes must be what wrangler takes.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

use serde_json::{Value, json};

use crate::edge::{self, NEW, New, OLD};
use crate::{Stage, root, said};

#[test]
fn the_real_wrangler_is_told_what_it_understands() {
    let stage = Stage::new("real-wrangler");
    let deployments = stage.write("deployments", &format!("{OLD}@100\n"));
    let worker = edge::start(deployments.clone(), New::BreaksAt(5), false);
    let output = stage
        .script("worker.sh")
        .args(["rollout", "staging", NEW, "1.2.3+new"])
        .env("WRANGLER", root().join("node_modules/.bin/wrangler"))
        .env("WRANGLER_LOG_PATH", stage.file("logs"))
        .env(
            "CLOUDFLARE_API_BASE_URL",
            format!("http://{}", start(deployments)),
        )
        .env("CLOUDFLARE_API_TOKEN", "made-up")
        .env("CLOUDFLARE_ACCOUNT_ID", "0123456789abcdef0123456789abcdef")
        .env("SMOKE_URL", format!("http://localhost:{}", worker.port()))
        .env("PUBLIC_URLS", format!("http://{worker}"))
        .env("HOLD_SECONDS", "0")
        .env("PATIENCE_SECONDS", "0")
        .output()
        .unwrap();

    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let (tried, five, old) = (
        format!("{OLD}@100 {NEW}@0"),
        format!("{OLD}@95 {NEW}@5"),
        format!("{OLD}@100"),
    );
    assert_eq!(
        stage.lines("deployments"),
        [old.as_str(), &tried, &five, &old],
        "{}",
        said(&output)
    );
}

/// On a port of its own, with its deployments in the file that the stand-in of wrangler writes as well.
fn start(deployments: PathBuf) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, &deployments);
        }
    });
    address
}

fn answer(mut stream: TcpStream, deployments: &Path) {
    let (method, path, body) = request(&stream);
    let path = path.split('?').next().unwrap_or_default();
    let result = match (method.as_str(), path.rsplit('/').next().unwrap_or_default()) {
        ("GET", "deployments") => json!({ "deployments": listed(deployments) }),
        ("POST", "deployments") => deploy(deployments, &body),
        ("GET", id) if path.contains("/versions/") => version(id),
        _ => json!({}),
    };
    let body = json!({ "success": true, "errors": [], "messages": [], "result": result }).to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let _gone = stream.write_all((head + &body).as_bytes());
}

/// Method, path and body.
pub(crate) fn request(stream: &TcpStream) -> (String, String, Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let first = line(&mut reader);
    let mut words = first.split(' ').map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut length = 0;
    let mut chunked = false;
    loop {
        let header = line(&mut reader).to_ascii_lowercase();
        match header.split_once(": ") {
            Some(("content-length", value)) => length = value.parse().unwrap_or(0),
            Some(("transfer-encoding", "chunked")) => chunked = true,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = Vec::new();
    while chunked {
        length = usize::from_str_radix(&line(&mut reader), 16).unwrap_or(0);
        chunked = length > 0;
        body.extend(exactly(&mut reader, length));
        line(&mut reader);
    }
    body.extend(exactly(&mut reader, length));
    (method, path, body)
}

fn line(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    let _gone = reader.read_line(&mut line);
    line.trim_end().to_owned()
}

fn exactly(reader: &mut impl BufRead, length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _gone = reader.take(length as u64).read_to_end(&mut bytes);
    bytes
}

/// Newest first, as Cloudflare lists them; wrangler sorts them by when they were made.
fn listed(deployments: &Path) -> Vec<Value> {
    let text = fs::read_to_string(deployments).unwrap();
    let mut listed: Vec<_> = text
        .lines()
        .enumerate()
        .map(|(index, line)| deployment(index, line))
        .collect();
    listed.reverse();
    listed
}

fn deployment(index: usize, line: &str) -> Value {
    let versions = line.split(' ').filter_map(|version| {
        let (id, percentage) = version.split_once('@')?;
        Some(json!({ "version_id": id, "percentage": percentage.parse::<f64>().ok()? }))
    });
    json!({
        "id": format!("d{index}"),
        "source": "wrangler",
        "strategy": "percentage",
        "author_email": "ana@acme.example",
        "created_on": format!("2026-01-01T00:00:{index:02}Z"),
        "annotations": {},
        "versions": versions.collect::<Vec<_>>(),
    })
}

fn deploy(deployments: &Path, body: &[u8]) -> Value {
    let asked: Value = serde_json::from_slice(body).unwrap();
    let versions = asked["versions"].as_array().unwrap().iter();
    let versions =
        versions.map(|one| format!("{}@{}", one["version_id"].as_str().unwrap(), one["percentage"]));
    let mut file = OpenOptions::new().append(true).open(deployments).unwrap();
    writeln!(file, "{}", versions.collect::<Vec<_>>().join(" ")).unwrap();
    listed(deployments).remove(0)
}

fn version(id: &str) -> Value {
    json!({
        "id": id,
        "number": 1,
        "metadata": { "created_on": "2026-01-01T00:00:00Z", "source": "wrangler", "author_email": "ana@acme.example" },
        "annotations": {},
        "resources": { "bindings": [], "script": { "etag": "e", "handlers": ["fetch"] }, "script_runtime": {} },
    })
}
