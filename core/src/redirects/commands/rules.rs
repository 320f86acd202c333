use marquee_shared::rules::Rule;
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::{locked_draft, store};
use crate::access::Principal;
use crate::app::App;
use crate::platform::audit;
use crate::redirects::domain::{MAX_RULES, merge, row};
use crate::redirects::rule_view::{RuleView, findings};
use crate::redirects::{Error, Refusal, import};

/// Puts another rule in the draft. Without a number it gets the next one; numbers are never given out twice.
///
/// # Errors
/// [`Error::RuleInvalid`] says why it is no rule. A rule that cannot be published is put there all the same.
pub async fn create_rule(
    app: &App,
    principal: &Principal,
    brand: &str,
    seen: Option<i64>,
    rule: &Value,
) -> Result<RuleView, Error> {
    let mut tx = app.db.begin().await?;
    let draft = locked_draft(&mut tx, brand, seen).await?;
    let next = u32::try_from(draft.next_rule).unwrap_or(1);
    let rule = import::one(rule, brand, next).map_err(Error::RuleInvalid)?;
    if rule.number < next {
        return Err(Error::NumberTaken(rule.number));
    }
    if usize::try_from(store::count_rules(&mut tx, brand).await?).unwrap_or(0) >= MAX_RULES {
        return Err(Error::TooManyRules(MAX_RULES));
    }
    store::add_rules(&mut tx, brand, &[row(rule.number)], &[written(&rule)?]).await?;
    let change = Change {
        verb: "redirects.create_rule",
        before: None,
        after: Some(&rule),
    };
    let version = edited(&mut tx, app, principal, brand, &draft, change).await?;
    let findings = findings(&mut tx, brand, &draft.settings, std::slice::from_ref(&rule)).await?;
    tx.commit().await?;
    Ok(RuleView {
        version,
        rule,
        findings,
    })
}

/// Puts a rule in the place of the one with this number.
///
/// # Errors
/// As for [`create_rule`].
pub async fn replace_rule(
    app: &App,
    principal: &Principal,
    brand: &str,
    seen: Option<i64>,
    number: u32,
    rule: Value,
) -> Result<RuleView, Error> {
    change_rule(app, principal, brand, seen, number, |_| Ok(rule)).await
}

/// Changes some of a rule, by a JSON merge patch (RFC 7396): `null` puts back what a rule that does not say so has.
///
/// # Errors
/// As for [`create_rule`].
pub async fn patch_rule(
    app: &App,
    principal: &Principal,
    brand: &str,
    seen: Option<i64>,
    number: u32,
    patch: Value,
) -> Result<RuleView, Error> {
    change_rule(app, principal, brand, seen, number, |old| {
        let mut rule = serde_json::to_value(old).map_err(anyhow::Error::from)?;
        merge(&mut rule, patch);
        Ok(rule)
    })
    .await
}

async fn change_rule(
    app: &App,
    principal: &Principal,
    brand: &str,
    seen: Option<i64>,
    number: u32,
    new: impl FnOnce(&Rule) -> Result<Value, Error>,
) -> Result<RuleView, Error> {
    let mut tx = app.db.begin().await?;
    let draft = locked_draft(&mut tx, brand, seen).await?;
    let old = store::draft_rule(&mut tx, brand, row(number)).await?;
    let old = old.ok_or(Error::NoRule(number))?;
    let mut rule = new(&old)?;
    // The number is in the address; a body may leave it out, not change it.
    match rule.get("rule") {
        None => {
            if let Some(rule) = rule.as_object_mut() {
                rule.insert("rule".to_owned(), number.into());
            }
        }
        Some(other) if *other != number => {
            let detail = format!("a rule keeps its number, {number}");
            return Err(Error::RuleInvalid(vec![Refusal::at(
                "/rule",
                "number_immutable",
                detail,
            )]));
        }
        Some(_) => {}
    }
    let rule = import::one(&rule, brand, number).map_err(Error::RuleInvalid)?;
    let findings = findings(&mut tx, brand, &draft.settings, std::slice::from_ref(&rule)).await?;
    let mut version = draft.version;
    if rule != old {
        store::change_rules(&mut tx, brand, &[row(number)], &[written(&rule)?]).await?;
        let change = Change {
            verb: "redirects.change_rule",
            before: Some(&old),
            after: Some(&rule),
        };
        version = edited(&mut tx, app, principal, brand, &draft, change).await?;
        tx.commit().await?;
    }
    Ok(RuleView {
        version,
        rule,
        findings,
    })
}

/// Takes a rule out of the draft; the draft's new version. Its number is not given out again.
pub async fn remove_rule(
    app: &App,
    principal: &Principal,
    brand: &str,
    seen: Option<i64>,
    number: u32,
) -> Result<i64, Error> {
    let mut tx = app.db.begin().await?;
    let draft = locked_draft(&mut tx, brand, seen).await?;
    let old = store::draft_rule(&mut tx, brand, row(number)).await?;
    let old = old.ok_or(Error::NoRule(number))?;
    store::remove_rules(&mut tx, brand, &[row(number)]).await?;
    let change = Change {
        verb: "redirects.remove_rule",
        before: Some(&old),
        after: None,
    };
    let version = edited(&mut tx, app, principal, brand, &draft, change).await?;
    tx.commit().await?;
    Ok(version)
}

/// What happened to one rule, for the record.
struct Change<'a> {
    verb: &'a str,
    before: Option<&'a Rule>,
    after: Option<&'a Rule>,
}

/// Gives the draft its next version, and records why.
async fn edited(
    conn: &mut PgConnection,
    app: &App,
    principal: &Principal,
    brand: &str,
    draft: &store::DraftRow,
    Change { verb, before, after }: Change<'_>,
) -> Result<i64, Error> {
    let now = app.now();
    let version = store::change_draft(conn, brand, &draft.settings, principal, now).await?;
    let before = json!({ "version": draft.version, "rule": before });
    let after = json!({ "version": version, "rule": after });
    let subject = format!("brand/{brand}");
    audit::record(conn, now, principal, verb, &subject, Some(before), Some(after)).await?;
    Ok(version)
}

pub(super) fn written(rule: &Rule) -> Result<String, Error> {
    Ok(serde_json::to_string(rule).map_err(anyhow::Error::from)?)
}
