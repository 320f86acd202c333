use anyhow::Context;
use marquee_shared::compile;
use marquee_shared::rules::{Action, Rule, RuleSet, Settings};
use serde_json::{Value, json};

use super::{claim_hosts, editable, locked_draft, store};
use crate::access::Principal;
use crate::app::App;
use crate::platform::audit;
use crate::redirects::Error;
use crate::redirects::domain::{Difference, difference};
use crate::redirects::import::{self, Format, Options, Progress, Report, Step};

/// Rule numbers listed in the audit log; the rest are only counted.
const AUDITED: usize = 200;
/// Rules in one statement.
const AT_ONCE: usize = 5_000;

pub struct Import {
    pub bytes: Vec<u8>,
    pub format: Format,
    pub scope: Scope,
    /// Report only.
    pub dry_run: bool,
    /// Put back the leading zeros that a spreadsheet ate, and say where.
    pub repair_zips: bool,
    /// Of a workbook; the first unless given.
    pub sheet: Option<String>,
    /// The version of the draft the caller has in mind.
    pub seen: Option<i64>,
    pub progress: Progress,
}

/// What of the draft a file replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All rules; settings stay, and a file that has some is refused. A file in [`Format::Original`] has no word on
    /// attribute rules, so they stay.
    Rules,
    /// All rules, and the settings if the file has any.
    Draft,
    /// The attribute rules: routes and settings stay, and attribute rules with the same conditions and variables
    /// keep their numbers.
    Attributes,
}

/// Puts the rules of a file in place of the draft's, all of them or none.
///
/// A dry run reports problems; a real one fails with [`Error::ImportRefused`], which has the same report.
pub async fn import(app: &App, principal: &Principal, brand: &str, import: Import) -> Result<Report, Error> {
    let Import {
        bytes,
        format,
        scope,
        dry_run,
        repair_zips,
        sheet,
        seen,
        progress,
    } = import;
    let mut conn = app.db.acquire().await?;
    let draft = store::draft(&mut conn, brand)
        .await?
        .ok_or_else(|| Error::NoBrand(brand.to_owned()))?;
    let old = store::draft_rules(&mut conn, brand).await?;
    drop(conn);
    let draft = editable(draft, brand, seen)?;

    let next_rule = u32::try_from(draft.next_rule).unwrap_or(1);
    let (code, settings) = (brand.to_owned(), draft.settings.0.clone());
    let told = progress.clone();
    let understand = move || {
        let options = Options {
            repair_zips,
            next_rule,
            settings: scope == Scope::Draft,
            attributes: scope == Scope::Attributes,
            rules_now: &old,
            settings_now: Some(&settings),
            sheet: sheet.as_deref(),
        };
        understand(&bytes, format, options, code, &settings, &old, &told)
    };
    let (mut report, set, difference, rows) = tokio::task::spawn_blocking(understand)
        .await
        .context("reading the rules")??;
    report.dry_run = dry_run;
    report.version = draft.version;
    if dry_run {
        return Ok(report);
    }
    if !report.problems.is_empty() {
        return Err(Error::ImportRefused(Box::new(report)));
    }
    report.applied = true;
    if difference == Difference::default() && set.settings == draft.settings.0 {
        return Ok(report);
    }

    let (now, mut stored) = (app.now(), 0);
    let mut tx = app.db.begin().await?;
    // The difference was taken from this version; another one needs another look.
    locked_draft(&mut tx, brand, Some(draft.version)).await?;
    store::clear_rules(&mut tx, brand).await?;
    for (numbers, rules) in rows.numbers.chunks(AT_ONCE).zip(rows.rules.chunks(AT_ONCE)) {
        store::add_rules(&mut tx, brand, numbers, rules).await?;
        stored += numbers.len();
        progress.at(Step::Storing {
            stored,
            of: report.rules,
        });
    }
    report.version = store::change_draft(&mut tx, brand, &set.settings, principal, now).await?;
    claim_hosts(&mut tx, brand, &set.settings).await?;
    store::release_hosts(&mut tx, brand).await?;
    audit::record(
        &mut tx,
        now,
        principal,
        "redirects.import",
        &format!("brand/{brand}"),
        Some(json!({ "version": draft.version, "settings": draft.settings })),
        Some(json!({
            "version": report.version,
            "settings": set.settings,
            "rules": report.rules,
            "added": listed(&difference.added),
            "changed": listed(&difference.changed),
            "removed": listed(&difference.removed),
            "repairs": report.repairs.count,
        })),
    )
    .await?;
    tx.commit().await?;
    Ok(report)
}

fn listed(rules: &[u32]) -> Value {
    json!({ "count": rules.len(), "rules": rules.iter().take(AUDITED).collect::<Vec<_>>() })
}

/// Rules as the database takes them.
#[derive(Default)]
struct Rows {
    numbers: Vec<i32>,
    rules: Vec<String>,
}

/// Reads a file, compares it with the draft and checks what the draft would be. Seconds, for a large one.
fn understand(
    bytes: &[u8],
    format: Format,
    options: Options<'_>,
    brand: String,
    settings: &Settings,
    old: &[Rule],
    progress: &Progress,
) -> anyhow::Result<(Report, RuleSet, Difference, Rows)> {
    let mut parsed = import::read(bytes, format, &brand, options, progress);
    let stays = |rule: &&Rule| match rule.action {
        Action::Route(_) => options.attributes,
        Action::Attribute(_) => format == Format::Original,
    };
    parsed.rules.extend(old.iter().filter(stays).cloned());
    parsed.rules.sort_by_key(|rule| rule.number);
    let difference = difference(old, &parsed.rules);
    let settings = parsed.settings.clone().unwrap_or_else(|| settings.clone());
    let set = RuleSet {
        brand,
        settings,
        rules: parsed.rules.clone(),
    };
    let (mut rows, mut findings) = (Rows::default(), Vec::new());
    if parsed.problems.is_empty() {
        progress.at(Step::Checking(set.rules.len()));
        findings = compile::check(&set);
        for rule in &set.rules {
            rows.numbers.push(i32::try_from(rule.number)?);
            rows.rules.push(serde_json::to_string(rule)?);
        }
    }
    Ok((parsed.report(&difference, findings), set, difference, rows))
}
