//! The edge: the real Worker on workerd, with a local KV store and queue, through `wrangler dev`.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::{Stack, http};
use crate::command;
use crate::progress::Progress;
use crate::service::Service;

pub(crate) fn start(stack: &Stack, port: u16, progress: &mut Progress) -> Result<Service> {
    let checkout = &stack.checkout;
    let log = checkout.log("edge")?;
    let state = checkout.local().join("wrangler");
    progress.step("start the edge", |step| {
        let mut command = Command::new(checkout.npm_bin("wrangler"));
        command.args(["dev", "--local", "--ip", "127.0.0.1", "--port", &port.to_string()]);
        command.args(["--inspector-port", "0", "--show-interactive-dev-session=false"]);
        command.arg("--persist-to").arg(&state);
        for (name, value) in [
            ("MANIFEST_KEYS", stack.signing_key.public()),
            ("SQS_QUEUE_URL", stack.queue.queue_url.clone()),
        ] {
            command.arg("--var").arg(format!("{name}:{value}"));
        }
        command
            // Answers Cloudflare's REST API for the local store, which is how the core publishes here.
            .env("X_LOCAL_EXPLORER", "true")
            // Nothing here asks Cloudflare anything.
            .env("CLOUDFLARE_CF_FETCH_ENABLED", "false")
            .env("WRANGLER_SEND_METRICS", "false")
            .env("WRANGLER_HIDE_BANNER", "true")
            .env("WRANGLER_LOG_PATH", checkout.local().join("logs/wrangler"))
            .env("WRANGLER_REGISTRY_PATH", state.join("registry"))
            .env("WRANGLER_CACHE_DIR", state.join("cache"))
            .current_dir(&checkout.root);
        let mut service = Service::spawn("edge", &mut command, &log)?.recorded(&checkout.records())?;
        let namespaces = format!("{}/cdn-cgi/explorer/api/storage/kv/namespaces", stack.edge_url);
        // wrangler asks for a build of its own first, which waits for whoever else uses cargo here: an editor, say.
        service.wait_until(Duration::from_secs(600), || {
            if let Some(line) = command::last_line(&log) {
                step.say(&line);
            }
            http::is_up(&namespaces)
        })?;
        Ok(service)
    })
}
