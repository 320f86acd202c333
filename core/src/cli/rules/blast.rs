use clap::Args;
use time::Duration;

use crate::app::App;
use crate::cli::Outcome;
use crate::cli::output::{Spinner, show_one};
use crate::cli::table::Table;
use crate::hits::queries::{self, BlastView};
use crate::redirects::queries::Which;

/// Lines of each kind; `--json` has up to a hundred.
const SHOWN: usize = 10;

#[derive(Args)]
pub(in crate::cli) struct BlastRadius {
    brand: String,
    /// What is there now: `draft`, `live`, `canary` or a revision's number
    #[arg(long, default_value = "live")]
    from: Which,
    /// What would take its place
    #[arg(long, default_value = "draft")]
    to: Which,
    /// Days of traffic, today included
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u16).range(1..=35))]
    days: u16,
}

impl BlastRadius {
    pub(in crate::cli) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let spinner = Spinner::start("replaying hits");
        let asked = queries::BlastRadius {
            from: self.from,
            to: self.to,
            since: app.now().date() - Duration::days(i64::from(self.days) - 1),
            at: None,
        };
        let view = queries::blast_radius(app, &self.brand, asked).await;
        drop(spinner);
        let view = view?;
        show_one(&view, json, told(&view).trim_end())?;
        let harmless = view.blast.newly_lost_hits == 0;
        Ok(if harmless {
            Outcome::Done
        } else {
            Outcome::Findings
        })
    }
}

fn told(view: &BlastView) -> String {
    let blast = &view.blast;
    let mut text = format!(
        "{} hits since {}: {:.2} % would land elsewhere, {:.2} % would carry other variables\n{} hits would be newly lost, {} no longer\n",
        blast.hits,
        view.since,
        blast.moved.percent,
        blast.variables_changed.percent,
        blast.newly_lost_hits,
        blast.no_longer_lost_hits,
    );
    if blast.skipped_hits > 0 {
        text += &format!(
            "{} hits of products that one side does not have were left out\n",
            blast.skipped_hits
        );
    }
    for (what, groups) in [("state", &blast.by_state), ("product", &blast.by_product)] {
        let mut table = Table::new(&[what, "hits", "elsewhere %"]);
        let moved = groups.iter().filter(|group| group.moved.moved_hits > 0.0);
        for group in moved.take(SHOWN) {
            table.row([
                group.name.clone().unwrap_or_else(|| "none".to_owned()),
                group.hits.to_string(),
                format!("{:.2}", group.moved.moved_percent),
            ]);
        }
        append(&mut text, &table);
    }
    let mut rules = Table::new(&["from rule", "to rule", "hits"]);
    for moved in blast.by_rule.iter().take(SHOWN) {
        let rule = |rule: Option<u32>| rule.map_or_else(|| "none".to_owned(), |rule| rule.to_string());
        rules.row([
            rule(moved.from),
            rule(moved.to),
            format!("{:.1}", moved.moved_hits),
        ]);
    }
    append(&mut text, &rules);
    let mut shares = Table::new(&["destination", "before %", "after %"]);
    for share in blast.by_destination.iter().take(SHOWN) {
        shares.row([
            share.url.clone().unwrap_or_else(|| "nowhere".to_owned()),
            format!("{:.2}", share.before_percent),
            format!("{:.2}", share.after_percent),
        ]);
    }
    append(&mut text, &shares);
    let mut lost = Table::new(&["newly lost", "state", "hits"]);
    for zip in blast.newly_lost.iter().take(SHOWN) {
        lost.row([
            zip.zip.clone(),
            zip.state.clone().unwrap_or_default(),
            zip.hits.to_string(),
        ]);
    }
    append(&mut text, &lost);
    text
}

fn append(text: &mut String, table: &Table) {
    if !table.is_empty() {
        *text += "\n";
        *text += &table.render();
    }
}
