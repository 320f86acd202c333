use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use marquee_core::adapters::workers_kv::WorkersKv;
use marquee_core::config::Kv;
use marquee_core::redirects::EdgeKv;
use secrecy::SecretString;
use tempfile::TempDir;

/// As long as workerd may take to start on a busy machine.
const STARTS_WITHIN: Duration = Duration::from_secs(120);

const CONFIG: &str = r#"
name = "kv-contract"
main = "index.js"
compatibility_date = "2026-04-01"
send_metrics = false
kv_namespaces = [{ binding = "RULES", id = "rules" }]
"#;

/// Answers with the value that its binding has.
const WORKER: &str = r#"
export default {
  async fetch(request, env) {
    const value = await env.RULES.get(new URL(request.url).pathname.slice(1) || "-", "arrayBuffer");
    return new Response(value, { status: value ? 200 : 404 });
  },
};
"#;

/// `wrangler dev` with a Worker of a few lines, in a directory of its own. Stopped when dropped.
pub(super) struct Wrangler {
    process: Child,
    port: u16,
    directory: TempDir,
}

impl Wrangler {
    pub(super) async fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let binary = root.join("node_modules/.bin/wrangler");
        assert!(
            binary.exists(),
            "{} is missing: run `npm ci` (or `cargo xtask up` once)",
            binary.display()
        );
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("wrangler.toml"), CONFIG).unwrap();
        fs::write(directory.path().join("index.js"), WORKER).unwrap();
        let log = File::create(directory.path().join("log")).unwrap();
        let port = free_port();
        let process = Command::new(binary)
            .args([
                "dev",
                "--local",
                "--ip",
                "127.0.0.1",
                "--inspector-port",
                "0",
                "--port",
            ])
            .arg(port.to_string())
            .current_dir(directory.path())
            .env("X_LOCAL_EXPLORER", "true")
            .env("CI", "true")
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            // Its workerd is stopped with it.
            .process_group(0)
            .spawn()
            .unwrap();
        let wrangler = Self {
            process,
            port,
            directory,
        };
        wrangler.answers().await;
        wrangler
    }

    async fn answers(&self) {
        let began = Instant::now();
        let kv = WorkersKv::new(&self.settings("rules")).unwrap();
        while kv.get("-").await.is_err() {
            let log = || fs::read_to_string(self.directory.path().join("log")).unwrap_or_default();
            assert!(
                began.elapsed() < STARTS_WITHIN,
                "wrangler does not answer:\n{}",
                log()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Where the Worker answers.
    pub(super) fn worker(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn settings(&self, namespace: &str) -> Kv {
        Kv {
            api_url: format!("{}/cdn-cgi/explorer/api", self.worker()).parse().unwrap(),
            api_token: SecretString::from("local"),
            account_id: None,
            namespace_id: namespace.to_owned(),
        }
    }
}

impl Drop for Wrangler {
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
        let _ = self.process.wait();
    }
}

/// Free a moment ago, which must do: wrangler takes no listener.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
