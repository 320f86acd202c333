use clap::Args;

use super::find::table;
use crate::access::Principal;
use crate::app::App;
use crate::cli::Outcome;
use crate::cli::output::{json_argument, reasons, show_one, told};
use crate::redirects::{RuleView, commands, queries};

#[derive(Args)]
pub(in crate::cli) struct Add {
    brand: String,
    /// JSON, as rules are exported; without `rule` it gets the next number. Or `@FILE`, or `@-` for standard input
    rule: String,
    /// Only if the draft is at this version
    #[arg(long, value_name = "VERSION")]
    if_version: Option<i64>,
}

#[derive(Args)]
pub(in crate::cli) struct Patch {
    brand: String,
    number: u32,
    /// A JSON merge patch, such as `{"priority":10,"when":{"zip":null}}`; or `@FILE`, or `@-` for standard input
    patch: String,
    /// Put the JSON in the rule's place instead of merging it
    #[arg(long)]
    replace: bool,
    /// Only if the draft is at this version
    #[arg(long, value_name = "VERSION")]
    if_version: Option<i64>,
}

#[derive(Args)]
pub(in crate::cli) struct Remove {
    brand: String,
    number: u32,
    /// Only if the draft is at this version
    #[arg(long, value_name = "VERSION")]
    if_version: Option<i64>,
}

impl Add {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let rule = json_argument(&self.rule)?;
        let (operator, brand) = (Principal::operator(), &self.brand);
        let added = commands::create_rule(app, &operator, brand, self.if_version, &rule).await;
        tell(&added.map_err(told)?, json)
    }
}

impl Patch {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let patch = json_argument(&self.patch)?;
        let (operator, brand) = (Principal::operator(), &self.brand);
        let (seen, number) = (self.if_version, self.number);
        let changed = if self.replace {
            commands::replace_rule(app, &operator, brand, seen, number, patch).await
        } else {
            commands::patch_rule(app, &operator, brand, seen, number, patch).await
        };
        tell(&changed.map_err(told)?, json)
    }
}

impl Remove {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let Self {
            brand,
            number,
            if_version,
        } = self;
        let operator = Principal::operator();
        let version = commands::remove_rule(app, &operator, &brand, if_version, number).await?;
        let view = serde_json::json!({ "brand": brand, "rule": number, "version": version });
        let sentence =
            format!("{brand}: rule {number} is out of the draft, which is at version {version} now");
        show_one(&view, json, &sentence)?;
        Ok(Outcome::Done)
    }
}

pub(super) async fn show(app: &App, brand: &str, number: u32, json: bool) -> anyhow::Result<Outcome> {
    tell(&queries::draft_rule(app, brand, number).await?, json)
}

fn tell(view: &RuleView, json: bool) -> anyhow::Result<Outcome> {
    let rule = std::slice::from_ref(&view.rule);
    let text = table(rule).render() + &reasons(&view.findings);
    show_one(view, json, text.trim_end())?;
    Ok(if view.findings.is_empty() {
        Outcome::Done
    } else {
        Outcome::Findings
    })
}
