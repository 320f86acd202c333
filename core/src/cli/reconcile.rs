use clap::Args;
use time::{Duration, OffsetDateTime};

use super::Outcome;
use super::output::{Spinner, instant, parse_time, show};
use super::table::Table;
use crate::app::App;
use crate::payments::{self, SETTLES_WITHIN};

#[derive(Args)]
pub(super) struct Reconcile {
    /// Payments that were begun at or after this time; two days ago, unless told
    #[arg(long, value_parser = parse_time)]
    from: Option<OffsetDateTime>,
    /// Payments that were begun before this time; ten minutes ago, unless told
    #[arg(long, value_parser = parse_time)]
    to: Option<OffsetDateTime>,
}

impl Reconcile {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let now = app.now();
        let to = self.to.unwrap_or(now - SETTLES_WITHIN);
        let from = self.from.unwrap_or(to - Duration::days(2));
        let spinner = Spinner::start("asking the gateway");
        let compared = |count| spinner.say(format!("compared {count} payments"));
        let reconciled = payments::reconcile(app, (from, to), compared).await?;
        drop(spinner);
        let mut table = Table::new(&["found", "what", "payment", "detail"]);
        for difference in &reconciled.differences {
            table.row([
                instant(difference.found_at),
                difference.kind.name().to_owned(),
                difference.subject.clone(),
                difference.detail.clone(),
            ]);
        }
        let fine = format!(
            "{} payments, and the gateway says the same of all",
            reconciled.compared
        );
        show(&reconciled, &table, json, &fine)?;
        Ok(if reconciled.differences.is_empty() {
            Outcome::Done
        } else {
            Outcome::Findings
        })
    }
}
