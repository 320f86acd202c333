use super::line;
use crate::app::App;
use crate::cli::Outcome;
use crate::cli::output::{Spinner, show_one};
use crate::redirects::queries::{self, ValidationView};
use crate::redirects::{Example, Unreachable, Why};

pub(super) async fn show(app: &App, brand: &str, json: bool) -> anyhow::Result<Outcome> {
    let spinner = Spinner::start("compiling and analysing the draft");
    let view = queries::validation(app, brand).await;
    drop(spinner);
    let view = view?;
    show_one(&view, json, &sentences(brand, &view))?;
    let fine = view.errors.is_empty() && view.unreachable_rules == 0 && view.not_analysed.is_none();
    Ok(if fine { Outcome::Done } else { Outcome::Findings })
}

/// The summary, then a finding a line.
fn sentences(brand: &str, view: &ValidationView) -> String {
    let mut lines = vec![summary(brand, view)];
    lines.extend(view.errors.iter().map(line));
    lines.extend(view.unreachable.iter().map(unreachable));
    let untold = view.unreachable_rules.saturating_sub(view.unreachable.len());
    if untold > 0 {
        lines.push(format!("… and {untold} more rules that never decide"));
    }
    lines.extend(view.not_analysed.iter().map(|why| format!("not analysed: {why}")));
    lines.join("\n")
}

fn summary(brand: &str, view: &ValidationView) -> String {
    let rules = view.rules;
    match view.table {
        None => format!(
            "{brand}: {rules} rules, {} errors; it cannot be published",
            view.errors.len()
        ),
        Some(table) => format!(
            "{brand}: {rules} rules, a table of {} bytes ({} allowed), no errors, {} rules never decide",
            table.size_bytes, table.max_bytes, view.unreachable_rules
        ),
    }
}

fn unreachable(found: &Unreachable) -> String {
    let Unreachable {
        rule,
        why,
        shadowed_by,
        more,
        example,
    } = found;
    let why = match why {
        Why::Nowhere => "its ZIPs lie in no state".to_owned(),
        Why::Shadowed => {
            let rules: Vec<String> = shadowed_by.iter().map(ToString::to_string).collect();
            let more = if *more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            format!("instead of it decide rules {}{more}", rules.join(", "))
        }
    };
    let example = example.as_ref().map(visitor).unwrap_or_default();
    format!("rule {rule} never decides: {why}{example}")
}

fn visitor(example: &Example) -> String {
    let Example {
        zip,
        product,
        language,
        device,
        media,
    } = example;
    let media = media.as_deref().unwrap_or("any other channel");
    format!(", as for ZIP {zip}, {product}, {language}, {device}, {media}")
}
