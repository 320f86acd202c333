//! `cargo xtask schemathesis`: thousands of requests made from the API's own OpenAPI document, good and bad ones,
//! whose answers must be what the document says.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;

use crate::checkout::{Checkout, create_dir};
use crate::command;
use crate::npm;
use crate::ports;
use crate::postgres;
use crate::progress::{Progress, Step};
use crate::python;
use crate::sample;
use crate::service::Service;
use crate::sqlx;
use crate::test;
use crate::up::{self, Loaded, Somebody};

/// What examples in the document speak of.
const BRAND: &str = "acme";
const RULES: &str = "kind,rule,state,zip,url\nroute,1,NY,,https://quotes.acme.example/ny?zip={zip}\n";
const MORE_RULES: &str = "route,2,,021*,https://quotes.acme.example/boston\n";
const SETTINGS: &str = r#"{"hosts":["go.acme.example"],"languages":["en","es"],"default_language":"en",
    "destinations":["quotes.acme.example"],"fallback_url":"https://quotes.acme.example/",
    "products":[{"code":"auto","name":"Car insurance"}]}"#;

#[derive(Debug, clap::Args)]
pub(crate) struct Schemathesis {
    /// How many random requests each operation gets in the fuzzing phase; more find more.
    #[arg(long, default_value_t = MAX_EXAMPLES)]
    max_examples: u32,
    /// Use this Postgres (as a role that may create databases) instead of a private one.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

/// As many as `cargo xtask test` can wait for.
pub(crate) const MAX_EXAMPLES: u32 = 25;

pub(crate) fn run(arguments: &Schemathesis) -> Result<()> {
    let checkout = Checkout::find()?;
    let mut progress = Progress::new();
    let result = alone(&checkout, arguments, &mut progress);
    progress.summary();
    result
}

fn alone(checkout: &Checkout, arguments: &Schemathesis, progress: &mut Progress) -> Result<()> {
    let _alone = checkout.lock("test")?;
    npm::install(checkout, progress)?;
    test::build_programs(checkout, progress)?;
    postgres::for_tests(
        checkout,
        arguments.database_url.as_deref(),
        progress,
        |url, progress| try_api(checkout, url, arguments.max_examples, progress),
    )
}

/// Starts the core on a database of its own on the server at `url`, and tries every operation.
///
/// # Errors
/// When an answer is not what the document says: what was sent is printed as a `curl` line.
pub(crate) fn try_api(
    checkout: &Checkout,
    url: &str,
    max_examples: u32,
    progress: &mut Progress,
) -> Result<()> {
    let settings = checkout.root.join("xtask/schemathesis");
    let requirements = settings.join("requirements.txt");
    let programs = python::install(checkout, "schemathesis", &requirements, progress)?;
    let folder = checkout.root.join("target/schemathesis");
    create_dir(&folder)?;
    sqlx::with_database(checkout, url, "schemathesis", progress, |url, progress| {
        let api = progress.step("start the core with a brand", |step| {
            Api::start(checkout, &folder, url, step)
        })?;
        let customer = api.session("customer")?;
        progress.stage("try the API by its document", || {
            let mut schemathesis = Command::new(programs.join("schemathesis"));
            schemathesis
                .arg("--config-file")
                .arg(settings.join("schemathesis.toml"))
                .arg("run")
                .arg(format!("{}/v1/openapi.json", api.address))
                .args(["--max-examples", &max_examples.to_string()])
                .env("SCHEMATHESIS_HOOKS", settings.join("hooks.py"))
                .env("MARQUEE_API_KEY", &api.key.token)
                .env("MARQUEE_SPARE_KEY_ID", &api.spare.id)
                .env("MARQUEE_TALENT", api.session("talent")?.token)
                .env("MARQUEE_MANAGER", api.session("agency manager")?.token)
                .env("MARQUEE_LEAVING", api.session("agency manager")?.token)
                .env("MARQUEE_CUSTOMER", &customer.token)
                .env("MARQUEE_CUSTOMER_ID", &customer.person_id)
                // It leaves folders of its own where it runs.
                .current_dir(&folder);
            command::run_attached(&mut schemathesis)
                .context("the answers above are not what the API's OpenAPI document says")
        })
    })
}

/// A core that serves, with a brand and rules, and people.
struct Api {
    address: String,
    /// May do everything.
    key: Key,
    /// To be revoked.
    spare: Key,
    people: Vec<Somebody>,
    _core: Service,
}

#[derive(Deserialize)]
struct Key {
    id: String,
    token: String,
}

#[derive(Deserialize)]
struct Session {
    token: String,
    person_id: String,
}

impl Api {
    fn start(checkout: &Checkout, folder: &Path, url: &str, step: &Step) -> Result<Self> {
        let log = checkout.log("schemathesis-core")?;
        let listen = format!("127.0.0.1:{}", ports::free()?);
        let address = format!("http://{listen}");
        let marquee = |words: &[&str]| {
            let mut command = Command::new(checkout.target.join(test::PROGRAM));
            command
                .args(words)
                .env("MARQUEE_ENV", "local")
                .env("MARQUEE_BASE_URL", &address)
                .env("DATABASE_URL", url)
                .current_dir(folder);
            command
        };
        let key = |name: &str, may: &[&str]| -> Result<Key> {
            let mut create = marquee(&["--json", "keys", "create", "--name", name]);
            create.args(may);
            serde_json::from_str(&command::capture(&mut create)?).context("reading the new API key")
        };
        let run = |words: &[&str]| command::run(&mut marquee(words), &log, step);

        run(&["migrate"])?;
        let spare = key("spare", &["--permissions", "rules.read"])?;
        let key = key("schemathesis", &["--all-permissions"])?;
        write(folder, "settings.json", SETTINGS)?;
        run(&[
            "brands",
            "create",
            BRAND,
            "--name",
            "Acme Insurance",
            "--settings",
            "settings.json",
        ])?;
        // To be retired.
        run(&["brands", "create", "globex"])?;
        // Two revisions: one is live, the other could be.
        for (revision, rules) in ["", MORE_RULES].into_iter().enumerate() {
            write(folder, "rules.csv", &format!("{RULES}{rules}"))?;
            run(&["rules", "import", BRAND, "rules.csv"])?;
            if revision == 0 {
                run(&["rules", "publish", BRAND, "--note", "seed"])?;
            } else {
                run(&["rules", "freeze", BRAND, "--note", "seed"])?;
            }
        }
        let marketplace = folder.join("marketplace");
        sample::marketplace(checkout, &marketplace, &log, step)?;
        let mut load = marquee(&["--json", "sample", "load"]);
        let loaded = command::capture(load.arg(&marketplace).env("MARQUEE_LOG", "warn"))?;
        let loaded: Loaded = serde_json::from_str(&loaded).context("reading what was loaded")?;
        let mut core = Service::spawn("core", &mut marquee(&["serve", "--listen", &listen]), &log)?;
        let ready = format!("{address}/readyz");
        core.wait_until(Duration::from_secs(60), || up::is_up(&ready))?;
        Ok(Self {
            address,
            key,
            spare,
            people: loaded.sign_in,
            _core: core,
        })
    }

    /// Signs somebody of the sample marketplace in.
    fn session(&self, role: &str) -> Result<Session> {
        let mut people = self.people.iter();
        let somebody = people
            .find(|somebody| somebody.role == role)
            .with_context(|| format!("the sample has no {role}"))?;
        let body = json!({ "email": somebody.email, "password": somebody.password });
        let answer = up::post(&format!("{}/v1/sessions", self.address), &body)?;
        serde_json::from_str(&answer.body).with_context(|| format!("signing in as {role}: {}", answer.body))
    }
}

fn write(folder: &Path, name: &str, text: &str) -> Result<()> {
    let path = folder.join(name);
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
}
