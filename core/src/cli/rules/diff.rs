use clap::Args;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::validation::{named, share, visitor};
use crate::app::App;
use crate::cli::Outcome;
use crate::cli::output::{Spinner, instant, show_one};
use crate::cli::table::Table;
use crate::redirects::queries::{self, Base, Between, DiffView, SettingChange, Which};
use crate::redirects::{Change, Changes, Decider, VariableChanges};

/// Rules and pairs that are written out; `--json` has more.
const SHOWN: usize = 20;

#[derive(Args)]
pub(in crate::cli) struct Diff {
    brand: String,
    /// `live`, `draft`, `canary`, a revision's number or `nothing`
    #[arg(long, default_value = "live")]
    from: Base,
    /// `draft`, `live`, `canary` or a revision's number
    #[arg(long, default_value = "draft")]
    to: Which,
    /// The moment of the comparison, such as 2026-12-01T00:00:00Z; now unless given
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<OffsetDateTime>,
}

fn moment(text: &str) -> Result<OffsetDateTime, time::error::Parse> {
    OffsetDateTime::parse(text, &Rfc3339)
}

impl Diff {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let Self { brand, from, to, at } = self;
        let old = match from {
            Base::Nothing => "nothing".to_owned(),
            Base::Which(which) => named(which),
        };
        let (old, new) = (old, named(to));
        let spinner = Spinner::start(format!("comparing {old} with {new}"));
        let view = queries::diff(app, &brand, Between { from, to }, at).await;
        drop(spinner);
        let view = view.map_err(crate::cli::output::told)?;
        show_one(&view, json, &sentences(&brand, &old, &new, &view))?;
        Ok(if view.decides_alike {
            Outcome::Done
        } else {
            Outcome::Findings
        })
    }
}

fn sentences(brand: &str, old: &str, new: &str, view: &DiffView) -> String {
    let mut lines = vec![format!(
        "{brand}: from {old} to {new}, from {} on",
        instant(view.at)
    )];
    lines.push(format!(
        "rules: {} added, {} changed, {} removed",
        view.rules.added, view.rules.changed, view.rules.removed
    ));
    for change in view.rules.first.iter().take(SHOWN) {
        lines.push(format!("  {} {}", change.change, change.rule));
    }
    let all = view.rules.added + view.rules.changed + view.rules.removed;
    untold(&mut lines, all, SHOWN);
    if !view.settings.is_empty() {
        let keys: Vec<&str> = view
            .settings
            .iter()
            .map(|SettingChange { key, .. }| key.as_str())
            .collect();
        lines.push(format!("settings changed: {}", keys.join(", ")));
    }
    if view.decides_alike {
        lines.push("every visitor gets the same of both".to_owned());
        return lines.join("\n");
    }
    layer(&mut lines, "where visitors are sent", &view.destinations);
    for VariableChanges { variable, changes } in &view.variables {
        layer(&mut lines, &format!("the variable `{variable}`"), changes);
    }
    lines.join("\n")
}

fn layer(lines: &mut Vec<String>, what: &str, changes: &Changes) {
    if changes.cells == 0 && changes.later_cells == 0 && changes.unassigned_zips == 0 {
        lines.push(format!("\n{what}: alike"));
        return;
    }
    lines.push(format!(
        "\n{what}: different for {} ZIPs in {} states, {} % of all cells",
        changes.zips,
        changes.states.len(),
        share(changes.percent)
    ));
    if changes.unassigned_zips > 0 {
        lines.push(format!(
            "  and for {} ZIPs that nobody has",
            changes.unassigned_zips
        ));
    }
    if changes.later_cells > 0 {
        let at = changes.later_at.map(instant).unwrap_or_default();
        lines.push(format!(
            "  {} more cells differ later, the first at {at}",
            changes.later_cells
        ));
    }
    let mut table = Table::new(&["state", "ZIPs", "of", "cells", "% of cells", "later"]);
    for state in &changes.states {
        table.row([
            state.state.to_owned(),
            state.zips.to_string(),
            state.of.to_string(),
            state.cells.to_string(),
            share(state.percent),
            state.later_cells.to_string(),
        ]);
    }
    if !table.is_empty() {
        lines.push(table.render().trim_end().to_owned());
    }
    for Change {
        from,
        to,
        cells,
        example,
        ..
    } in changes.pairs.iter().take(SHOWN)
    {
        let line = format!(
            "  {cells} cells: {} → {}{}",
            decider(from),
            decider(to),
            visitor(example)
        );
        lines.push(line.replace(char::is_control, " "));
    }
    untold(lines, changes.pairs_found, SHOWN);
}

fn untold(lines: &mut Vec<String>, found: usize, shown: usize) {
    if found > shown {
        lines.push(format!("  … and {} more", found - shown));
    }
}

fn decider(decider: &Decider) -> String {
    let Decider { answer, rule, gives } = decider;
    let who = match (*answer, rule) {
        ("none", _) => return "no answer".to_owned(),
        ("rule", Some(rule)) => format!("rule {rule}"),
        (answer, Some(rule)) => format!("{} by rule {rule}", answer.replace('_', " ")),
        (answer, None) => answer.replace('_', " "),
    };
    match gives {
        Some(gives) => format!("{who} ({gives})"),
        None => who,
    }
}
