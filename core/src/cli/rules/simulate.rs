use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use marquee_shared::rules::Profile;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::app::App;
use crate::cli::output::{Spinner, show_one, stdout};
use crate::cli::table::Table;
use crate::redirects::queries::{self, Simulate as Question, Simulated, Which};
use crate::redirects::simulation::Miss;

#[derive(Args)]
pub(in crate::cli) struct Simulate {
    brand: String,
    /// `draft`, `live`, `canary` or a revision's number
    #[arg(long, default_value = "draft")]
    of: Which,
    /// When the visitor comes, as 2026-12-24T18:00:00Z; now unless given
    #[arg(long, value_parser = moment)]
    at: Option<OffsetDateTime>,
    /// A CSV file of visitors instead of one: zip, product, language, device, media, vid, query
    #[arg(long, short, value_name = "FILE", conflicts_with_all = ["zip", "product"])]
    file: Option<PathBuf>,
    /// Where the file's answers go; standard output unless given
    #[arg(long, short, value_name = "FILE", requires = "file")]
    output: Option<PathBuf>,
    #[arg(
        long,
        required_unless_present = "file",
        default_value = "",
        hide_default_value = true
    )]
    zip: String,
    #[arg(
        long,
        required_unless_present = "file",
        default_value = "",
        hide_default_value = true
    )]
    product: String,
    /// The brand's default unless given
    #[arg(long)]
    language: Option<String>,
    /// `mobile`, `tablet` or `desktop`
    #[arg(long)]
    device: Option<String>,
    /// The marketing channel
    #[arg(long)]
    media: Option<String>,
    /// Who it is to a sticky split
    #[arg(long)]
    vid: Option<String>,
    /// The query string they bring
    #[arg(long)]
    query: Option<String>,
    /// Trace what sets this variable instead of the destination
    #[arg(long, value_name = "NAME")]
    variable: Option<String>,
    /// A rule to speak of in any case; may be repeated
    #[arg(long = "rule", value_name = "NUMBER")]
    rules: Vec<u32>,
}

fn moment(text: &str) -> Result<OffsetDateTime, String> {
    OffsetDateTime::parse(text, &Rfc3339).map_err(|_| "write it as 2026-12-24T18:00:00Z".to_owned())
}

impl Simulate {
    pub(in crate::cli) async fn run(self, app: &App, json: bool) -> anyhow::Result<()> {
        match self.file {
            Some(path) => file(app, &self.brand, self.of, self.at, path, self.output).await,
            None => self.one(app, json).await,
        }
    }

    async fn one(self, app: &App, json: bool) -> anyhow::Result<()> {
        let question = Question {
            which: self.of,
            visitor: Profile {
                zip: self.zip,
                product: self.product,
                language: self.language,
                device: self.device,
                media: self.media,
                vid: self.vid,
                query: self.query,
            },
            at: self.at,
            variable: self.variable,
            rules: self.rules,
        };
        let spinner = Spinner::start("asking the rules");
        let simulated = queries::simulate(app, &self.brand, question).await;
        drop(spinner);
        let simulated = simulated?;
        show_one(&simulated, json, told(&simulated).trim_end())
    }
}

/// Where to, and why.
fn told(simulated: &Simulated) -> String {
    let answer = &simulated.answer;
    let mut text = match &answer.location {
        Some(location) => format!("{}: {location}\n", answer.outcome),
        None => format!("{}: no rule and no fallback\n", answer.outcome),
    };
    if let Some(rule) = answer.rule {
        text += &format!("rule {rule}");
        if let (Some(variant), 2..) = (&answer.variant, answer.split.len()) {
            let share = answer.split.iter().find(|share| share.variant == *variant);
            let percent = share.map_or(0.0, |share| share.percent);
            text += &format!(", variant {variant} ({percent:.1} % of its visitors)");
        }
        text.push('\n');
    }
    for attribute in &answer.attributes {
        text += &format!("{} = {}\n", attribute.name, attribute.value);
    }
    let trace = &simulated.trace;
    let mut matching = Table::new(&["rule", "priority", "place", "fixed", "windowed", ""]);
    for rule in &trace.matching {
        let loses = rule
            .loses_by
            .map(|criterion| format!("loses by {}", word(&criterion)));
        matching.row([
            rule.rule.to_string(),
            rule.priority.to_string(),
            rule.place.to_owned(),
            rule.fixed.join(", "),
            if rule.windowed { "yes" } else { "" }.to_owned(),
            loses.unwrap_or_else(|| "decides".to_owned()),
        ]);
    }
    text += &format!("\n{} rules match\n", trace.matching_rules);
    if !matching.is_empty() {
        text += &matching.render();
    }
    let mut missing = Table::new(&["rule", "fails by"]);
    for Miss { rule, fails } in &trace.near_misses {
        let fails: Vec<String> = fails.iter().map(word).collect();
        missing.row([rule.to_string(), fails.join(", ")]);
    }
    if !missing.is_empty() {
        text += "\nnearest of those that do not\n";
        text += &missing.render();
    }
    text
}

/// As JSON has it.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(|word| word.replace('_', " ")))
        .unwrap_or_default()
}

async fn file(
    app: &App,
    brand: &str,
    which: Which,
    at: Option<OffsetDateTime>,
    path: PathBuf,
    output: Option<PathBuf>,
) -> anyhow::Result<()> {
    let bytes = tokio::fs::read(&path).await;
    let bytes = bytes.with_context(|| format!("reading {}", path.display()))?;
    let bar = ProgressBar::new(bytes.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("simulating [{bar:30}] {percent} % ({elapsed})") {
        bar.set_style(style);
    }
    let progress = {
        let bar = bar.clone();
        move |read| bar.set_position(read)
    };
    let answered = queries::simulate_file(app, brand, which, at, bytes, progress).await;
    bar.finish_and_clear();
    let answered = answered?;
    match output {
        Some(path) => tokio::fs::write(&path, answered)
            .await
            .with_context(|| format!("writing {}", path.display())),
        None => Ok(stdout().write_all(&answered)?),
    }
}
