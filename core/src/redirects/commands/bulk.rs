use marquee_shared::rules::Rule;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::rules::written;
use super::{editable, locked_draft, store};
use crate::access::Principal;
use crate::app::App;
use crate::platform::audit;
use crate::redirects::domain::{BulkAction, MAX_RULES, RuleFilter, row};
use crate::redirects::rule_view::findings;
use crate::redirects::{Error, Refusal};

/// Changes shown before and after; the rest are only counted.
const SHOWN: usize = 20;
/// Rule numbers listed in the audit log.
const AUDITED: usize = 200;
/// Findings told.
const TOLD: usize = 100;

pub struct Bulk {
    pub filter: RuleFilter,
    pub action: BulkAction,
    /// Answer what would change, and change nothing.
    pub dry_run: bool,
    /// The version of the draft the caller has in mind.
    pub seen: Option<i64>,
}

/// What became of many rules, or what would.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkReport {
    /// Nothing was to be changed
    pub dry_run: bool,
    /// The draft's version, after the change if there was one
    #[schema(example = 8)]
    pub version: i64,
    /// Rules that answer the filter
    #[schema(example = 120)]
    pub matched: usize,
    /// Those of them that are otherwise now, or gone
    #[schema(example = 118)]
    pub changed: usize,
    /// The first 20
    pub changes: Vec<Pair>,
    /// What keeps the changed rules from being published, at most 100; each is looked at by itself
    pub findings: Vec<Refusal>,
}

/// A rule before and after.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pair {
    pub before: Rule,
    /// `null`: no longer in the draft
    pub after: Option<Rule>,
}

/// Makes one change to every rule of a draft that answers a filter, in one transaction.
///
/// # Errors
/// [`Error::Senseless`] for a filter or a value that no rule can have; [`Error::DeletesEverything`].
pub async fn change_many(
    app: &App,
    principal: &Principal,
    brand: &str,
    Bulk {
        filter,
        action,
        dry_run,
        seen,
    }: Bulk,
) -> Result<BulkReport, Error> {
    let now = app.now();
    action.check().map_err(Error::Senseless)?;
    let wanted = filter.wanted(now).map_err(|mut senseless| {
        senseless.pointer.insert_str(0, "/filter");
        Error::Senseless(senseless)
    })?;
    if action == (BulkAction::Delete {}) && filter.is_empty() {
        return Err(Error::DeletesEverything);
    }
    let mut tx = app.db.begin().await?;
    let draft = if dry_run {
        let draft = store::draft(&mut tx, brand).await?;
        editable(
            draft.ok_or_else(|| Error::NoBrand(brand.to_owned()))?,
            brand,
            seen,
        )?
    } else {
        locked_draft(&mut tx, brand, seen).await?
    };
    let rules = store::find_rules(&mut tx, brand, &wanted, 0, MAX_RULES as i64).await?;
    let matched = rules.len();
    let pairs = rules.into_iter().map(|before| Pair {
        after: action.applied(&before),
        before,
    });
    let pairs: Vec<Pair> = pairs
        .filter(|pair| pair.after.as_ref() != Some(&pair.before))
        .collect();
    let after: Vec<Rule> = pairs.iter().filter_map(|pair| pair.after.clone()).collect();
    let mut findings = findings(&mut tx, brand, &draft.settings, &after).await?;
    findings.truncate(TOLD);
    let mut report = BulkReport {
        dry_run,
        version: draft.version,
        matched,
        changed: pairs.len(),
        changes: Vec::new(),
        findings,
    };
    if !dry_run && !pairs.is_empty() {
        let numbers: Vec<i32> = pairs.iter().map(|pair| row(pair.before.number)).collect();
        if after.is_empty() {
            store::remove_rules(&mut tx, brand, &numbers).await?;
        } else {
            let rules = after.iter().map(written).collect::<Result<Vec<_>, _>>()?;
            store::change_rules(&mut tx, brand, &numbers, &rules).await?;
        }
        report.version = store::change_draft(&mut tx, brand, &draft.settings, principal, now).await?;
        let listed: Vec<_> = numbers.iter().take(AUDITED).collect();
        audit::record(
            &mut tx,
            now,
            principal,
            "redirects.change_rules",
            &format!("brand/{brand}"),
            Some(json!({ "version": draft.version })),
            Some(json!({
                "version": report.version,
                "filter": filter,
                "action": action,
                "changed": { "count": numbers.len(), "rules": listed },
            })),
        )
        .await?;
        tx.commit().await?;
    }
    report.changes = pairs.into_iter().take(SHOWN).collect();
    Ok(report)
}
