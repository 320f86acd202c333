use crate::app::App;
use crate::cli::Outcome;
use crate::cli::output::{instant, show, stdout};
use crate::cli::table::Table;
use crate::hits::domain::{Difference, Verdict};
use crate::hits::queries::{self, CanaryComparison, Fared, PopulationView};
use std::io::Write as _;

/// The two populations and what can be said of them; findings if the canary is worse.
pub(super) async fn canary(app: &App, brand: &str, json: bool) -> anyhow::Result<Outcome> {
    let compared = queries::canary(app, brand).await?;
    show(&compared, &table(&compared), json, "")?;
    if !json {
        writeln!(stdout(), "{}", sentence(&compared))?;
    }
    Ok(if compared.verdict == Verdict::Worse {
        Outcome::Findings
    } else {
        Outcome::Done
    })
}

fn table(compared: &CanaryComparison) -> Table {
    let mut table = Table::new(&[
        "population",
        "revision",
        "hits",
        "redirect",
        "product fallback",
        "brand fallback",
        "lost",
    ]);
    let canary = format!("canary, {} %", compared.percent);
    for (name, revision, population) in [
        (canary, compared.revision, &compared.canary),
        ("stable".to_owned(), compared.stable_revision, &compared.stable),
    ] {
        let PopulationView {
            hits,
            redirect,
            product_fallback,
            brand_fallback,
            lost,
        } = population;
        let mut row = vec![name, revision.to_string(), hits.to_string()];
        row.extend([redirect, product_fallback, brand_fallback, lost].map(share));
        table.row(row);
    }
    table
}

fn share(Fared { hits, share }: &Fared) -> String {
    let [share, low, high] = [share.share, share.low, share.high].map(|share| share * 100.0);
    format!("{hits} ({share:.2} %, {low:.2} to {high:.2})")
}

fn sentence(compared: &CanaryComparison) -> String {
    let points = |Difference { points, low, high }: &Difference| {
        format!("{points:+.2} points ({low:+.2} to {high:+.2})")
    };
    let verdict = match compared.verdict {
        Verdict::TooFew => "too few hits to say",
        Verdict::Alike => "no difference beyond chance",
        Verdict::Worse => "the canary is worse",
        Verdict::Better => "the canary is better",
    };
    let breach = compared.breach.as_ref();
    let breach = breach.map_or_else(String::new, |breach| format!("\nbeyond the policy: {breach}"));
    format!(
        "since {}: lost {}, fallback {}: {verdict}{breach}",
        instant(compared.since),
        points(&compared.lost),
        points(&compared.fallback),
    )
}
