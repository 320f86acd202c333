//! Workers under `wrangler dev`, as a developer runs them: a proxy and a simulator of KV and queues in front.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::server::{Server, free_port, pinned};

pub(crate) const NAMESPACE: &str = "bench";

/// What the Workers have in common.
#[derive(Debug)]
pub(crate) struct Wrangler<'a> {
    /// Its script for Node: the program in `.bin` is one more process around it.
    pub(crate) script: &'a Path,
    pub(crate) compatibility_date: &'a str,
    /// Plain text bindings.
    pub(crate) vars: &'a [(&'a str, String)],
}

impl Wrangler<'_> {
    /// Starts the Worker whose module is `main` on the given core, its files under `scratch`.
    pub(crate) fn dev(&self, name: &str, main: &Path, scratch: &Path, core: usize) -> Result<Server> {
        let folder = scratch.join(format!("wrangler-{name}"));
        // KV's content of an earlier run would still be there.
        let _absent_is_fine = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
        let config = folder.join("wrangler.json");
        fs::write(&config, self.config(main)?).with_context(|| format!("writing {}", config.display()))?;
        let port = free_port()?;
        let mut command: Command = pinned(core, "node");
        command
            .arg(self.script)
            .args(["dev", "--local", "--ip", "127.0.0.1", "--port", &port.to_string()]);
        command.args([
            "--inspector-port",
            "0",
            "--show-interactive-dev-session=false",
            "--log-level",
            "warn",
        ]);
        command
            .arg("--config")
            .arg(&config)
            .arg("--persist-to")
            .arg(folder.join("state"));
        command
            // Answers Cloudflare's REST API for the local store.
            .env("X_LOCAL_EXPLORER", "true")
            // Nothing here asks Cloudflare anything.
            .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
            .env("WRANGLER_SEND_METRICS", "false")
            .env("WRANGLER_LOG_PATH", folder.join("logs"))
            .env("WRANGLER_REGISTRY_PATH", folder.join("registry"))
            .env("WRANGLER_CACHE_DIR", folder.join("cache"))
            .current_dir(&folder);
        Server::start(&mut command, port, &scratch.join(format!("wrangler-{name}.log")))
    }

    fn config(&self, main: &Path) -> Result<Vec<u8>> {
        let vars: serde_json::Map<_, _> = self
            .vars
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone().into()))
            .collect();
        let config = serde_json::json!({
            "name": "bench",
            "main": fs::canonicalize(main).with_context(|| format!("finding {}", main.display()))?,
            "compatibility_date": self.compatibility_date,
            "vars": vars,
            "kv_namespaces": [{ "binding": "RULES", "id": NAMESPACE }],
            "queues": { "producers": [{ "binding": "HITS", "queue": "hits" }] },
        });
        serde_json::to_vec_pretty(&config).context("writing wrangler's configuration")
    }
}

/// Where wrangler's explorer answers as Cloudflare's API does.
pub(crate) fn kv_api_url(server: &Server) -> String {
    format!("http://127.0.0.1:{}/cdn-cgi/explorer/api", server.port())
}

/// Puts a value into KV through wrangler's explorer, which answers as Cloudflare's API does.
pub(crate) fn put(server: &Server, key: &str, value: &[u8]) -> Result<()> {
    let url = format!(
        "{}/storage/kv/namespaces/{NAMESPACE}/values/{}",
        kv_api_url(server),
        key.replace('/', "%2F")
    );
    ureq::put(&url)
        .send(value)
        .with_context(|| format!("putting {key} into wrangler's KV"))
        .map(drop)
}
