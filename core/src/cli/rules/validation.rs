use crate::app::App;
use crate::cli::Outcome;
use crate::cli::output::{Spinner, show_one};
use crate::redirects::queries::{self, ValidationView, Which};
use crate::redirects::{Example, Finding, FindingCount, Severity};

/// Findings of one code that are written out; `--json` has more.
const SHOWN: usize = 20;

pub(super) async fn show(app: &App, brand: &str, of: Which, json: bool) -> anyhow::Result<Outcome> {
    let spinner = Spinner::start(format!("compiling and analysing {}", named(of)));
    let view = queries::validation(app, brand, of).await;
    drop(spinner);
    let view = view?;
    show_one(&view, json, &sentences(brand, of, &view))?;
    let fine =
        view.count(Severity::Error) + view.count(Severity::Warning) == 0 && view.not_analysed.is_none();
    Ok(if fine { Outcome::Done } else { Outcome::Findings })
}

/// As in a sentence.
pub(super) fn named(which: Which) -> String {
    match which {
        Which::Draft => "the draft".to_owned(),
        Which::Live => "what is live".to_owned(),
        Which::Canary => "the canary".to_owned(),
        Which::Revision(number) => format!("revision {number}"),
    }
}

/// The summary, then a group for each kind of finding.
fn sentences(brand: &str, of: Which, view: &ValidationView) -> String {
    let mut lines = vec![summary(brand, of, view)];
    lines.extend(rest(view));
    if view.splits.found > 0 {
        lines.push(format!(
            "{} of visitors; `--json` has the shares",
            counted(view.splits.found, "split")
        ));
    }
    for FindingCount {
        code,
        severity,
        count,
    } in &view.counts
    {
        lines.push(format!(
            "\n{}: {code}, {}",
            severe(*severity),
            counted(*count, "time")
        ));
        let found = view.findings.iter().filter(|finding| finding.code == *code);
        let found: Vec<String> = found.take(SHOWN).map(line).collect();
        let untold = count.saturating_sub(found.len());
        lines.extend(found);
        if untold > 0 {
            lines.push(format!("  … and {untold} more"));
        }
    }
    lines.extend(
        view.not_analysed
            .iter()
            .map(|why| format!("\nnot analysed: {why}")),
    );
    lines.join("\n")
}

fn summary(brand: &str, of: Which, view: &ValidationView) -> String {
    let (rules, of) = (view.rules, named(of));
    let [errors, warnings, infos] =
        [Severity::Error, Severity::Warning, Severity::Info].map(|severity| view.count(severity));
    let counts = [(errors, "error"), (warnings, "warning"), (infos, "note")];
    let counts = counts.map(|(count, what)| counted(count, what)).join(", ");
    let rules = counted(rules, "rule");
    match view.table {
        None => format!("{brand}, {of}: {rules}; {counts}; it cannot be published"),
        Some(table) => format!(
            "{brand}, {of}: {rules} in a table of {} bytes ({} allowed); {counts}",
            table.size_bytes, table.max_bytes
        ),
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// What rules leave to fallbacks, or to nobody.
fn rest(view: &ValidationView) -> Vec<String> {
    let Some(gaps) = &view.gaps else {
        return Vec::new();
    };
    let shown = gaps.products.iter().take(SHOWN).map(|rest| {
        let answer = match rest.fallback {
            Some(fallback) => format!("go to the {fallback}'s fallback"),
            None => "have no answer".to_owned(),
        };
        format!(
            "{}: {} % of the cells match no rule and {answer}",
            rest.product,
            share(rest.percent)
        )
    });
    let mut lines: Vec<String> = shown.collect();
    let untold = gaps.products.len().saturating_sub(lines.len());
    if untold > 0 {
        lines.push(format!(
            "… and {untold} more products of which rules decide less than all"
        ));
    }
    lines
}

/// Small shares are not nothing.
pub(super) fn share(percent: f64) -> String {
    if percent > 0.0 && percent < 0.01 {
        "less than 0.01".to_owned()
    } else {
        format!("{percent:.2}")
    }
}

fn severe(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn line(finding: &Finding) -> String {
    let pointer = finding
        .pointer
        .as_deref()
        .map(|pointer| format!("{pointer}: "))
        .unwrap_or_default();
    let example = finding.example.as_ref().map(visitor).unwrap_or_default();
    format!("  {pointer}{}{example}", finding.detail).replace(char::is_control, " ")
}

pub(super) fn visitor(example: &Example) -> String {
    let Example {
        zip,
        product,
        language,
        device,
        media,
        at,
    } = example;
    let media = media.as_deref().unwrap_or("any other channel");
    let at = at
        .map(|at| format!(", at {}", crate::cli::output::instant(at)))
        .unwrap_or_default();
    format!(" (as for ZIP {zip}, {product}, {language}, {device}, {media}{at})")
}
