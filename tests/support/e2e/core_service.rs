use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use marquee_core::access::Permission;
use reqwest::StatusCode;
use rustix::process::Signal;
use url::Url;

use super::{Api, Printed, client, marquee};
use crate::process::{Process, built, free_port, root};

const START: Duration = Duration::from_secs(60);

/// The core: its environment, and the process if it runs.
pub struct Core {
    settings: Vec<(String, String)>,
    url: Url,
    log: PathBuf,
    process: Option<Process>,
}

impl Core {
    /// With a migrated database; nothing runs yet.
    pub fn prepare(folder: &Path, settings: Vec<(String, String)>) -> Self {
        let port = free_port();
        let mut core = Self {
            settings,
            url: format!("http://127.0.0.1:{port}").parse().expect("a URL"),
            log: folder.join("core.log"),
            process: None,
        };
        core.set("MARQUEE_LISTEN", &format!("127.0.0.1:{port}"));
        core.run(&["migrate"]);
        core
    }

    /// Changes the environment from the next start on; an empty value unsets.
    pub fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(set, _)| set != name);
        if !value.is_empty() {
            self.settings.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Starts API and worker in one process and waits until it is ready.
    pub async fn start(&mut self) {
        self.launch();
        self.ready().await;
    }

    /// Starts the API alone: nobody does what is left for later.
    pub async fn start_api(&mut self) {
        self.spawn(&["serve"]);
        self.ready().await;
    }

    /// Starts API and worker without waiting for anything.
    pub fn launch(&mut self) {
        self.spawn(&["serve", "--with-worker"]);
    }

    fn spawn(&mut self, verb: &[&str]) {
        assert!(self.process.is_none(), "it runs already");
        let mut command = marquee(&self.settings);
        command.args(verb);
        self.process = Some(Process::spawn("the core", &mut command, &self.log));
    }

    async fn ready(&mut self) {
        let url = self.url.join("/readyz").expect("a URL");
        let process = self.process.as_mut().expect("it was launched");
        let ready = process.until(START, async |_| {
            let answer = client().get(url.clone()).send().await.ok()?;
            (answer.status() == StatusCode::OK).then_some(())
        });
        ready.await;
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.process.take().expect("it runs").kill();
    }

    /// Asks it to stop, and waits for that.
    pub async fn terminate(&mut self, within: Duration) -> ExitStatus {
        let mut process = self.process.take().expect("it runs");
        process.signal(Signal::TERM);
        process.ended(within).await
    }

    /// Waits until it ended on its own.
    pub async fn crashed(&mut self, within: Duration) -> ExitStatus {
        self.process.take().expect("it was launched").ended(within).await
    }

    /// Runs a verb of the command line with the same settings.
    pub fn cli(&self, verb: &[&str]) -> Printed {
        marquee(&self.settings)
            .args(verb)
            .output()
            .expect("marquee runs")
            .into()
    }

    /// Runs a line as a shell at the top of the checkout does, where `marquee` is a command.
    pub fn shell(&self, line: &str) -> Printed {
        let program = built("marquee-e2e");
        let script = format!("marquee() {{ '{}' \"$@\"; }}\n{line}", program.display());
        Command::new("sh")
            .args(["-c", &script])
            .env_clear()
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .current_dir(root())
            .output()
            .expect("sh runs")
            .into()
    }

    /// Runs a verb that must succeed.
    ///
    /// # Panics
    /// When it does not exit with 0.
    pub fn run(&self, verb: &[&str]) -> Printed {
        let printed = self.cli(verb);
        assert_eq!(
            printed.code,
            Some(0),
            "marquee {}: {}{}",
            verb.join(" "),
            printed.out,
            printed.errors
        );
        printed
    }

    /// The API, with a new key that may do everything.
    pub fn api(&self) -> Api {
        let all = Permission::ALL.map(Permission::name).join(",");
        let key = self.run(&["keys", "create", "--name", "e2e", "--permissions", &all, "--json"]);
        Api::new(self.url.clone(), key.json()["token"].as_str().expect("a token"))
    }

    pub fn url(&self) -> &Url {
        &self.url
    }
}
