use marquee_shared::rules::Rule;
use serde::Serialize;
use utoipa::ToSchema;

use super::Page;
use crate::app::App;
use crate::redirects::domain::{RuleFilter, row};
use crate::redirects::rule_view::{RuleView, findings};
use crate::redirects::{Error, store};

/// Rules of a draft that answer a filter.
#[derive(Debug, Serialize, ToSchema)]
pub struct RulesPage {
    /// The draft's, as its ETag has it
    #[schema(example = 7)]
    pub version: i64,
    /// By number
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Rule>,
    /// For `cursor`, to go on; `null` at the end
    #[schema(example = "120")]
    pub next_cursor: Option<String>,
}

/// Rules of the draft that answer `filter`, by number, above `cursor`.
pub async fn find_rules(
    app: &App,
    brand: &str,
    filter: &RuleFilter,
    cursor: Option<i32>,
    limit: i64,
) -> Result<RulesPage, Error> {
    let wanted = filter.wanted(app.now()).map_err(Error::Senseless)?;
    // Version and rules of one moment.
    let mut tx = app
        .db
        .begin_with("begin isolation level repeatable read read only")
        .await?;
    let draft = store::draft(&mut tx, brand)
        .await?
        .ok_or_else(|| Error::NoBrand(brand.to_owned()))?;
    let rules = store::find_rules(&mut tx, brand, &wanted, cursor.unwrap_or(0), limit + 1).await?;
    tx.commit().await?;
    let Page { items, next_cursor } = Page::new(rules, limit, |rule: &Rule| rule.number.to_string());
    Ok(RulesPage {
        version: draft.version,
        items,
        next_cursor,
    })
}

/// One rule of the draft.
pub async fn draft_rule(app: &App, brand: &str, number: u32) -> Result<RuleView, Error> {
    let mut tx = app
        .db
        .begin_with("begin isolation level repeatable read read only")
        .await?;
    let draft = store::draft(&mut tx, brand)
        .await?
        .ok_or_else(|| Error::NoBrand(brand.to_owned()))?;
    let rule = store::draft_rule(&mut tx, brand, row(number)).await?;
    let rule = rule.ok_or(Error::NoRule(number))?;
    let findings = findings(&mut tx, brand, &draft.settings, std::slice::from_ref(&rule)).await?;
    tx.commit().await?;
    Ok(RuleView {
        version: draft.version,
        rule,
        findings,
    })
}
