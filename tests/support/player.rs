use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use axum::Router;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::process::Command;
use url::Url;

/// A page with a player of HLS (hls.js) on an address of its own, as a frontend has it, and a real browser to open it.
pub struct Player {
    address: SocketAddr,
}

/// What the browser saw.
#[derive(Debug, Deserialize)]
pub struct Seen {
    /// Why it was not played to its end.
    pub error: Option<String>,
    /// Width and height of each that it could choose.
    #[serde(default)]
    pub levels: Vec<(u32, u32)>,
    #[serde(default)]
    pub width: u32,
    #[serde(default)]
    pub height: u32,
    /// In seconds.
    #[serde(default)]
    pub duration: f64,
    #[serde(default)]
    pub frames: u32,
    /// What its console and its network had to complain of.
    pub errors: Vec<String>,
}

impl Player {
    /// # Panics
    /// There is no hls.js (`cargo xtask test` installs it), or no port is free.
    pub async fn start() -> Self {
        let script = root().join("node_modules/hls.js/dist/hls.min.js");
        let script = std::fs::read_to_string(script).expect("hls.js: `cargo xtask test` installs it");
        let router = Router::new()
            .route("/", get(async || Html(include_str!("player.html"))))
            .route(
                "/hls.js",
                get(async move || ([(header::CONTENT_TYPE, "text/javascript")], script)),
            );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address }
    }

    /// As a browser says where a page is from.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Plays a stream to its end.
    ///
    /// # Panics
    /// There is no Chromium (`cargo xtask test` installs it), or it does not come to an end.
    pub async fn play(&self, stream: &str) -> Seen {
        let mut page = Url::parse(&self.origin()).unwrap();
        page.query_pairs_mut().append_pair("stream", stream);
        let mut node = Command::new("node");
        node.arg(root().join("tests/support/player.mjs"))
            .arg(page.as_str())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let done = node.output().await.expect("node");
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "the browser: {errors}");
        serde_json::from_slice(&done.stdout).unwrap()
    }
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
