use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use marquee_shared::rules::TestCase;

use crate::access::Principal;
use crate::app::App;
use crate::cli::Outcome;
use crate::cli::output::{Spinner, show, show_one};
use crate::cli::table::Table;
use crate::redirects::commands;
use crate::redirects::queries::{self, Which};

#[derive(Subcommand)]
pub(in crate::cli) enum Tests {
    /// The draft's test cases
    List { brand: String },
    /// Save test cases in the draft; one of the same name is replaced
    Save {
        brand: String,
        /// JSON: a list of `{"name":…,"visitor":{"zip":…,"product":…},"expect":{"outcome":…,"location":…}}`
        #[arg(value_name = "FILE")]
        path: PathBuf,
    },
    /// Take a test case out of the draft
    Remove { brand: String, name: String },
    /// Run the test cases of a rule set; exits with 3 if one fails
    Run {
        brand: String,
        /// `draft`, `live`, `canary` or a revision's number
        #[arg(long, default_value = "draft")]
        of: Which,
    },
}

impl Tests {
    pub(in crate::cli) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let operator = Principal::operator();
        match self {
            Self::List { brand } => list(app, &brand, json).await?,
            Self::Save { brand, path } => {
                let bytes = tokio::fs::read(&path).await;
                let bytes = bytes.with_context(|| format!("reading {}", path.display()))?;
                let tests: Vec<TestCase> = serde_json::from_slice(&bytes)
                    .with_context(|| format!("{} is no list of test cases", path.display()))?;
                let count = tests.len();
                for test in tests {
                    commands::save_test(app, &operator, &brand, None, test).await?;
                }
                let view = serde_json::json!({ "brand": brand, "saved": count });
                show_one(&view, json, &format!("{brand}: {count} tests saved in the draft"))?;
            }
            Self::Remove { brand, name } => {
                let version = commands::remove_test(app, &operator, &brand, None, &name).await?;
                let view = serde_json::json!({ "brand": brand, "removed": name, "version": version });
                show_one(
                    &view,
                    json,
                    &format!("{brand}: the draft is at version {version}"),
                )?;
            }
            Self::Run { brand, of } => return run(app, &brand, of, json).await,
        }
        Ok(Outcome::Done)
    }
}

async fn list(app: &App, brand: &str, json: bool) -> anyhow::Result<()> {
    let (_, settings) = queries::draft_settings(app, brand).await?;
    let mut table = Table::new(&["test", "zip", "product", "expected"]);
    for test in &settings.tests {
        table.row([
            test.name.clone(),
            test.visitor.zip.clone(),
            test.visitor.product.clone(),
            serde_json::to_string(&test.expect)?,
        ]);
    }
    show(&settings.tests, &table, json, "the draft has no tests")
}

async fn run(app: &App, brand: &str, of: Which, json: bool) -> anyhow::Result<Outcome> {
    let spinner = Spinner::start("running the tests");
    let run = queries::run_tests(app, brand, of).await;
    drop(spinner);
    let run = run?;
    let mut table = Table::new(&["test", "", "what is not as expected"]);
    for test in &run.tests {
        let verdict = if test.passed { "passed" } else { "failed" };
        table.row([test.name.clone(), verdict.to_owned(), test.failures.join("; ")]);
    }
    show(&run, &table, json, "there are no tests")?;
    Ok(if run.failed == 0 {
        Outcome::Done
    } else {
        Outcome::Findings
    })
}
