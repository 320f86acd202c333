use clap::{ArgAction, Args};

use crate::access::Principal;
use crate::app::App;
use crate::cli::output::show;
use crate::cli::table::Table;
use crate::redirects::{Policy, commands, queries};

/// Shows the policy; what is given is changed first, the rest stays.
#[derive(Args)]
pub(in crate::cli) struct Change {
    code: String,
    /// Whether a second person must approve whatever goes live
    #[arg(long, action = ArgAction::Set)]
    four_eyes: Option<bool>,
    /// Of sampled visitors, and of the real hits of the last seven days, which one person may send elsewhere: 0 to 100
    #[arg(long, value_name = "PERCENT")]
    max_changed_percent: Option<i16>,
    /// Hits that both populations need before a canary is judged
    #[arg(long, value_name = "HITS")]
    canary_min_hits: Option<i32>,
    /// Percentage points by which a canary may lose more visitors; `none`: only watch
    #[arg(long, value_name = "POINTS", value_parser = parse_points)]
    canary_max_lost_points: Option<Points>,
    /// The same for visitors sent to a fallback
    #[arg(long, value_name = "POINTS", value_parser = parse_points)]
    canary_max_fallback_points: Option<Points>,
    /// Whether a canary that exceeds them is ended by the system
    #[arg(long, action = ArgAction::Set)]
    canary_auto_abort: Option<bool>,
}

#[derive(Clone, Copy)]
struct Points(Option<f64>);

impl Change {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<()> {
        let before = queries::policy(app, &self.code).await?;
        let code = self.code.clone();
        let policy = self.applied(before.clone());
        if policy != before {
            commands::set_policy(app, &Principal::operator(), &code, &policy).await?;
        }
        show(&policy, &table(&policy), json, "")
    }

    fn applied(self, before: Policy) -> Policy {
        Policy {
            four_eyes: self.four_eyes.unwrap_or(before.four_eyes),
            max_changed_percent: self.max_changed_percent.unwrap_or(before.max_changed_percent),
            canary_min_hits: self.canary_min_hits.unwrap_or(before.canary_min_hits),
            canary_max_lost_points: self
                .canary_max_lost_points
                .map_or(before.canary_max_lost_points, |points| points.0),
            canary_max_fallback_points: self
                .canary_max_fallback_points
                .map_or(before.canary_max_fallback_points, |points| points.0),
            canary_auto_abort: self.canary_auto_abort.unwrap_or(before.canary_auto_abort),
        }
    }
}

fn table(policy: &Policy) -> Table {
    let points = |points: Option<f64>| points.map_or_else(|| "–".to_owned(), |points| points.to_string());
    let mut table = Table::new(&[
        "four eyes",
        "max changed %",
        "canary min hits",
        "max lost points",
        "max fallback points",
        "auto abort",
    ]);
    table.row([
        policy.four_eyes.to_string(),
        policy.max_changed_percent.to_string(),
        policy.canary_min_hits.to_string(),
        points(policy.canary_max_lost_points),
        points(policy.canary_max_fallback_points),
        policy.canary_auto_abort.to_string(),
    ]);
    table
}

fn parse_points(text: &str) -> Result<Points, std::num::ParseFloatError> {
    if text == "none" {
        return Ok(Points(None));
    }
    text.parse().map(|points| Points(Some(points)))
}
