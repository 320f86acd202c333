//! The core under test: API and worker, each a process of its own, as deployed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use marquee_shared::rules::RuleSet;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::edge::estate;
use crate::server::{Server, free_port};

const PERMISSIONS: &str = "rules.read,rules.edit,rules.publish";

/// Ends when it is dropped.
#[derive(Debug)]
pub struct Core {
    program: PathBuf,
    settings: Vec<(&'static str, String)>,
    scratch: PathBuf,
    token: String,
    api: Server,
    worker: Worker,
}

/// Where Cloudflare's API for KV is.
#[derive(Clone, Debug)]
pub struct Kv {
    pub api_url: String,
    pub namespace: String,
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
    /// Migrates the database, and starts API and worker of `roles` on it.
    ///
    /// # Errors
    /// When the program does not run or does not listen within a minute.
    pub fn start(
        program: &Path,
        database_url: &str,
        kv: Option<&Kv>,
        roles: &str,
        scratch: &Path,
    ) -> Result<Self> {
        let port = free_port()?;
        let mut settings = vec![
            ("MARQUEE_ENV", estate::ENVIRONMENT.to_owned()),
            ("MARQUEE_LISTEN", format!("127.0.0.1:{port}")),
            ("MARQUEE_BASE_URL", format!("http://127.0.0.1:{port}")),
            ("MARQUEE_MAIL_DIR", scratch.join("mail").display().to_string()),
            (
                "STORAGE_URL",
                format!("file://{}", scratch.join("files").display()),
            ),
            ("DATABASE_URL", database_url.to_owned()),
            ("MARQUEE_SIGNING_KEY", estate::signing_key()),
        ];
        if let Some(kv) = kv {
            settings.push(("CLOUDFLARE_API_URL", kv.api_url.clone()));
            settings.push(("CLOUDFLARE_KV_NAMESPACE_ID", kv.namespace.clone()));
        }
        let command = |verb: &[&str]| {
            let mut command = Command::new(program);
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
        let api = Server::start(&mut command(&["serve"]), port, &scratch.join("core.log"))?;
        let log = File::create(scratch.join("worker.log")).context("creating the worker's log")?;
        let errors = log.try_clone().context("sharing the worker's log")?;
        let worker = command(&["work", "--roles", roles])
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn()
            .context("starting the worker")?;
        Ok(Self {
            program: program.to_owned(),
            settings,
            scratch: scratch.to_owned(),
            token: key.token,
            api,
            worker: Worker(worker),
        })
    }

    /// Makes a brand, nothing of which is published.
    ///
    /// # Errors
    /// When the core refuses it.
    pub fn create_brand(&self, set: &RuleSet) -> Result<()> {
        let file = self.file("settings.json", &serde_json::to_vec(&set.settings)?)?;
        self.run(&["brands", "create", &set.brand, "--settings", &file])
    }

    /// Makes the draft these rules.
    ///
    /// # Errors
    /// When the core refuses them.
    pub fn import(&self, set: &RuleSet) -> Result<()> {
        let file = self.file("rules.json", &serde_json::to_vec(set)?)?;
        self.run(&["rules", "import", &set.brand, &file])
    }

    /// Publishes the draft; the revision that is live as soon as the edge has it.
    ///
    /// # Errors
    /// When the core refuses it.
    pub fn publish(&self, brand: &str) -> Result<u32> {
        let url = format!("{}/v1/brands/{brand}/publish", self.url());
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

    /// Looks for what is wrong in the books.
    ///
    /// # Errors
    /// What was found.
    pub fn check_books(&self) -> Result<()> {
        self.run(&["books", "check"])
    }

    /// Of the API, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.api.port())
    }

    /// The process of the API.
    pub fn api_id(&self) -> u32 {
        self.api.id()
    }

    /// The process of the worker.
    pub fn worker_id(&self) -> u32 {
        self.worker.0.id()
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
#[derive(Debug)]
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
