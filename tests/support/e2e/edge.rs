use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use url::Url;

use super::{Kv, client};
use crate::process::{Process, free_port, root};

/// wrangler compiles nothing here, but on two busy cores it takes its time.
const START: Duration = Duration::from_secs(120);
/// As the local environment of `wrangler.toml` calls it.
const NAMESPACE: &str = "local";

/// The Worker under `wrangler dev`: workerd with a KV that answers Cloudflare's API, and a queue whose consumer
/// sends to SQS.
pub struct Edge {
    url: Url,
    _process: Process,
}

/// What a visitor was answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    /// Those that a test could ask for.
    pub headers: BTreeMap<String, String>,
    pub text: String,
}

impl Edge {
    /// With variables of the Worker set to other values than `wrangler.toml` has.
    pub async fn start(folder: &Path, vars: &[(&str, String)]) -> Self {
        let port = free_port();
        let state = folder.join("wrangler");
        let config = folder.join("wrangler.toml");
        fs::write(&config, as_built()).expect("a configuration");
        let mut command = Command::new("node");
        command
            .arg("node_modules/wrangler/bin/wrangler.js")
            .args(["dev", "--local"])
            .current_dir(root());
        command.args([
            "--ip",
            "127.0.0.1",
            "--port",
            &port.to_string(),
            "--inspector-port",
            "0",
        ]);
        command
            .arg("--show-interactive-dev-session=false")
            .arg("--persist-to")
            .arg(&state);
        command.arg("--config").arg(config);
        for (name, value) in vars {
            command.args(["--var", &format!("{name}:{value}")]);
        }
        command
            // Answers Cloudflare's REST API for its KV.
            .env("X_LOCAL_EXPLORER", "true")
            // Nothing here asks Cloudflare anything, and nothing is shared with another wrangler.
            .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
            .env("WRANGLER_SEND_METRICS", "false")
            .env("WRANGLER_LOG_PATH", state.join("logs"))
            .env("WRANGLER_REGISTRY_PATH", state.join("registry"))
            .env("WRANGLER_CACHE_DIR", state.join("cache"));
        let url: Url = format!("http://127.0.0.1:{port}").parse().expect("a URL");
        let mut process = Process::spawn("wrangler", &mut command, &folder.join("edge.log"));
        let health = url.join("/healthz").expect("a URL");
        // 503 until something is published: it answers.
        let up = process.until(START, async |_| client().get(health.clone()).send().await.ok());
        up.await;
        Self {
            url,
            _process: process,
        }
    }

    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Cloudflare's API for it.
    pub fn kv_api_url(&self) -> Url {
        self.url.join("/cdn-cgi/explorer/api").expect("a URL")
    }

    pub fn namespace(&self) -> &'static str {
        NAMESPACE
    }

    pub fn kv(&self) -> Kv {
        Kv::new(&self.kv_api_url(), NAMESPACE)
    }

    /// Asks as a browser would: path and query.
    pub async fn get(&self, path: &str) -> Answer {
        self.get_as(path, &[]).await
    }

    pub async fn get_as(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut call = client().get(self.url.join(path).expect("a path"));
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        Answer::read(call.send().await).await.expect("the edge answers")
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let call = client().post(self.url.join(path).expect("a path")).json(body);
        Answer::read(call.send().await).await.expect("the edge answers")
    }

    /// What the isolate says of itself, with what it answers by for `brand`.
    pub async fn health(&self, brand: &str) -> Value {
        self.get(&format!("/healthz?brand={brand}")).await.json()
    }
}

/// `wrangler.toml` for a Worker that is built: several tests may run it, and none may build it anew beneath the rest.
fn as_built() -> String {
    let config = fs::read_to_string(root().join("wrangler.toml")).expect("wrangler.toml");
    let here = format!("main = \"{}/edge/", root().display());
    let config = config.replace("main = \"edge/", &here);
    let (before, build) = config.split_once("[build]\n").expect("a build command");
    let after = build.find("\n[").expect("more after it");
    format!("{before}{}", &build[after..])
}

impl Answer {
    async fn read(response: reqwest::Result<reqwest::Response>) -> reqwest::Result<Self> {
        let response = response?;
        let text = |value: &reqwest::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers = response.headers();
        let headers = headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect();
        Ok(Self {
            status: response.status(),
            headers,
            text: response.text().await?,
        })
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Where it sends the visitor.
    pub fn location(&self) -> Option<&str> {
        self.header("location")
    }

    /// By which revision it decided.
    pub fn revision(&self) -> Option<u32> {
        self.header("x-marquee-revision")?.parse().ok()
    }

    /// The hit that counts it.
    pub fn hit(&self) -> Option<&str> {
        self.header("x-marquee-hit")
    }

    /// The body; `Null` when it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }
}
