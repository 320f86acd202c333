//! A server that answers as the Worker's deployed version does.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread;

pub(crate) const OLD: &str = "11111111-1111-1111-1111-111111111111";
pub(crate) const NEW: &str = "22222222-2222-2222-2222-222222222222";

/// What the new version does.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum New {
    Works,
    /// It answers with 500 once it is shown to so many percent.
    BreaksAt(u8),
    /// It is healthy, and redirects nobody.
    RedirectsNobody,
}

/// Starts it on a port of its own; it ends with the test's process.
pub(crate) fn start(deployments: PathBuf, new: New, public_may_choose: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let live = fs::read_to_string(&deployments).unwrap_or_default();
            answer(
                stream,
                live.lines().last().unwrap_or_default(),
                new,
                public_may_choose,
            );
        }
    });
    address
}

fn answer(mut stream: TcpStream, live: &str, new: New, public_may_choose: bool) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let path = lines.next().unwrap_or_default();
    let headers: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    let chosen = headers.iter().find_map(|header| {
        let (name, value) = header.split_once(": ")?;
        let ours = name.eq_ignore_ascii_case("cloudflare-workers-version-overrides");
        ours.then(|| value.strip_prefix("marquee-edge-staging=\"")?.strip_suffix('"'))?
    });
    // Both hosts are this server: the smoke host is called localhost.
    let public = headers
        .iter()
        .any(|header| header.to_ascii_lowercase().starts_with("host: 127.0.0.1"));
    let (status, more, body) = if public && chosen.is_some() && !public_may_choose {
        ("403 Forbidden", "", String::new())
    } else {
        as_version(&path, version(live, chosen), share(live, NEW), new)
    };
    let length = body.len();
    let answer =
        format!("HTTP/1.1 {status}\r\n{more}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
    let _gone = stream.write_all(answer.as_bytes());
}

/// As Cloudflare has it: the chosen one, if it is deployed at all; else one by its share, and here the one with most.
fn version<'a>(live: &'a str, chosen: Option<&str>) -> &'a str {
    let deployed = || live.split(' ').filter_map(|version| version.split_once('@'));
    let chosen = deployed().find(|(id, _)| Some(*id) == chosen);
    let most = || deployed().max_by_key(|(_, share)| share.parse().unwrap_or(0_u8));
    chosen.or_else(most).map_or("", |(id, _)| id)
}

fn share(live: &str, of: &str) -> u8 {
    let mut deployed = live.split(' ').filter_map(|version| version.split_once('@'));
    deployed
        .find(|(id, _)| *id == of)
        .map_or(0, |(_, share)| share.parse().unwrap_or(0))
}

fn as_version(path: &str, version: &str, share: u8, new: New) -> (&'static str, &'static str, String) {
    let is_new = version == NEW;
    match new {
        New::BreaksAt(broken) if is_new && share >= broken => {
            ("500 Internal Server Error", "", "oh".to_owned())
        }
        _ if path.starts_with("GET /healthz ") => {
            let build = if is_new { "1.2.3+new" } else { "1.2.2+old" };
            (
                "200 OK",
                "",
                format!("{{\"status\":\"ok\",\"build\":\"{build}\"}}"),
            )
        }
        New::RedirectsNobody if is_new => ("404 Not Found", "", String::new()),
        _ => (
            "302 Found",
            "location: https://quotes.acme.example/auto\r\n",
            String::new(),
        ),
    }
}
