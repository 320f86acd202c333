use clap::Args;
use marquee_shared::rules::{Action, Rule, Target, When};

use super::filter::FilterArgs;
use crate::app::App;
use crate::cli::Outcome;
use crate::cli::output::{instant, show};
use crate::cli::table::Table;
use crate::redirects::queries;

#[derive(Args)]
pub(in crate::cli) struct Find {
    brand: String,
    #[command(flatten)]
    filter: FilterArgs,
    /// A revision; the draft unless given
    #[arg(long)]
    revision: Option<i32>,
    /// Go on above this number
    #[arg(long, value_name = "NUMBER")]
    cursor: Option<i32>,
    /// Rules to show at most
    #[arg(long, default_value_t = 50)]
    limit: i64,
}

impl Find {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let Self {
            brand,
            filter,
            revision,
            cursor,
            limit,
        } = self;
        let limit = limit.clamp(1, 100_000);
        let filter = filter.into();
        if let Some(number) = revision {
            let page = queries::find_revision_rules(app, &brand, number, &filter, cursor, limit).await?;
            let table = page_of(&page.items, page.next_cursor.as_deref());
            show(&page, &table, json, "no rule of the revision is so")?;
        } else {
            let page = queries::find_rules(app, &brand, &filter, cursor, limit).await?;
            let table = page_of(&page.items, page.next_cursor.as_deref());
            show(&page, &table, json, "no rule of the draft is so")?;
        }
        Ok(Outcome::Done)
    }
}

fn page_of(rules: &[Rule], next: Option<&str>) -> Table {
    let mut table = table(rules);
    if let Some(next) = next {
        table.row(["…".to_owned(), format!("more with --cursor {next}")]);
    }
    table
}

pub(super) fn table(rules: &[Rule]) -> Table {
    let mut table = Table::new(&["rule", "enabled", "priority", "when", "valid", "leads to", "note"]);
    for rule in rules {
        let valid = match (rule.from, rule.until) {
            (None, None) => "always".to_owned(),
            (from, until) => {
                let end = |end: Option<_>| end.map(instant).unwrap_or_default();
                format!("{}…{}", end(from), end(until))
            }
        };
        table.row([
            rule.number.to_string(),
            if rule.enabled { "yes" } else { "no" }.to_owned(),
            rule.priority.to_string(),
            conditions(&rule.when),
            valid,
            action(&rule.action),
            rule.note.clone(),
        ]);
    }
    table
}

fn conditions(when: &When) -> String {
    let zips: Vec<_> = when.zip.iter().map(ToString::to_string).collect();
    let sets = [
        &when.product,
        &when.language,
        &when.device,
        &when.media,
        &when.state,
        &zips,
    ];
    let named: Vec<_> = sets
        .iter()
        .filter(|set| !set.is_empty())
        .map(|set| set.join("|"))
        .collect();
    if named.is_empty() {
        "any".to_owned()
    } else {
        named.join(" ")
    }
}

fn action(action: &Action) -> String {
    match action {
        Action::Route(Target::Fallback) => "the fallback".to_owned(),
        Action::Route(Target::Split { variants, .. }) => {
            let urls: Vec<_> = variants.iter().map(|variant| variant.url.as_str()).collect();
            urls.join(" | ")
        }
        Action::Attribute(variables) => {
            let pairs: Vec<_> = variables
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            pairs.join(" ")
        }
    }
}
