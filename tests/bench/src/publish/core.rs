//! The core under test: API and worker, as deployed.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use marquee_shared::rules::RuleSet;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Run;
use crate::edge::{estate, wrangler};
use crate::ingest::Programs;
use crate::server::{Server, free_port};

const PERMISSIONS: &str = "rules.read,rules.edit,rules.publish";

/// Ends when it is dropped.
pub(super) struct Core {
    program: PathBuf,
    settings: Vec<(&'static str, String)>,
    scratch: PathBuf,
    token: String,
    api: Server,
    _worker: Worker,
}

#[derive(Deserialize)]
struct Key {
    token: String,
}

#[derive(Deserialize)]
struct Published {
    revision: u32,
}

impl Core {
    /// Starts it with one brand, nothing of which is published.
    pub(super) fn start(run: &Run, programs: &Programs, edge: &Server, set: &RuleSet) -> Result<Self> {
        let program = programs.marquee.clone().context("--marquee is missing")?;
        let database_url = programs
            .database_url
            .clone()
            .context("--database-url is missing")?;
        let port = free_port()?;
        let settings = vec![
            ("MARQUEE_ENV", estate::ENVIRONMENT.to_owned()),
            ("MARQUEE_LISTEN", format!("127.0.0.1:{port}")),
            ("DATABASE_URL", database_url),
            ("MARQUEE_SIGNING_KEY", estate::signing_key()),
            ("CLOUDFLARE_API_URL", wrangler::kv_api_url(edge)),
            ("CLOUDFLARE_KV_NAMESPACE_ID", wrangler::NAMESPACE.to_owned()),
        ];
        let command = |verb: &[&str]| {
            let mut command = Command::new(&program);
            command
                .args(verb)
                .envs(settings.iter().map(|(name, value)| (name, value)));
            command
        };
        finish(&mut command(&["migrate"]))?;
        let key: Key = json(&mut command(&[
            "keys",
            "create",
            "--name",
            "bench",
            "--permissions",
            PERMISSIONS,
            "--json",
        ]))?;
        let api = Server::start(&mut command(&["serve"]), port, &run.scratch.join("core.log"))?;
        let log = File::create(run.scratch.join("worker.log")).context("creating the worker's log")?;
        let worker = command(&["work", "--roles", "default,cron"])
            .stdin(Stdio::null())
            .stdout(log)
            .spawn()
            .context("starting the worker")?;
        let core = Self {
            settings: settings.clone(),
            scratch: run.scratch.clone(),
            token: key.token,
            api,
            _worker: Worker(worker),
            program: program.clone(),
        };
        let file = core.file("settings.json", &serde_json::to_vec(&set.settings)?)?;
        core.run(&["brands", "create", &set.brand, "--settings", &file])?;
        Ok(core)
    }

    /// Makes the draft these rules.
    pub(super) fn import(&self, set: &RuleSet) -> Result<()> {
        let file = self.file("rules.json", &serde_json::to_vec(set)?)?;
        self.run(&["rules", "import", &set.brand, &file])
    }

    /// Publishes the draft; the revision that is live as soon as the edge has it.
    pub(super) fn publish(&self, brand: &str) -> Result<u32> {
        let url = format!("http://127.0.0.1:{}/v1/brands/{brand}/publish", self.api.port());
        let mut answer = ureq::post(&url)
            .header("authorization", format!("Bearer {}", self.token))
            .header("if-match", "*")
            .send_json(serde_json::json!({ "note": "bench" }))
            .context("publishing")?;
        let published: Published = answer
            .body_mut()
            .read_json()
            .context("reading what a publish answered")?;
        Ok(published.revision)
    }

    fn file(&self, name: &str, content: &[u8]) -> Result<String> {
        let path = self.scratch.join(name);
        fs::write(&path, content).with_context(|| format!("writing {}", path.display()))?;
        Ok(path.display().to_string())
    }

    fn run(&self, verb: &[&str]) -> Result<()> {
        let mut command = Command::new(&self.program);
        command
            .args(verb)
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
        finish(&mut command).map(drop)
    }
}

/// A process that listens nowhere.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _reaped = self.0.wait();
    }
}

fn json<T: DeserializeOwned>(command: &mut Command) -> Result<T> {
    serde_json::from_slice(&finish(command)?).context("reading what marquee printed")
}

fn finish(command: &mut Command) -> Result<Vec<u8>> {
    let output = command.output().context("running marquee")?;
    if !output.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.stdout)
}
