use marquee_shared::rules::Rule;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Page, open_draft};
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
    let (mut tx, draft) = open_draft(app, brand).await?;
    let rules = store::find_rules(&mut tx, brand, &wanted, cursor.unwrap_or(0), limit + 1).await?;
    tx.commit().await?;
    let Page { items, next_cursor } = Page::new(rules, limit, |rule: &Rule| rule.number.to_string());
    Ok(RulesPage {
        version: draft.version,
        items,
        next_cursor,
    })
}

/// The same of a revision. Of one with 100,000 rules each page takes about as long as reading the revision whole.
pub async fn find_revision_rules(
    app: &App,
    brand: &str,
    number: i32,
    filter: &RuleFilter,
    cursor: Option<i32>,
    limit: i64,
) -> Result<Page<Rule>, Error> {
    let wanted = filter.wanted(app.now()).map_err(Error::Senseless)?;
    let mut conn = app.db.acquire().await?;
    let revision = store::revision(&mut conn, brand, number).await?;
    revision.ok_or_else(|| Error::NoRevision {
        brand: brand.to_owned(),
        number,
    })?;
    let after = cursor.unwrap_or(0);
    let rules = store::find_revision_rules(&mut conn, brand, number, &wanted, after, limit + 1).await?;
    Ok(Page::new(rules, limit, |rule: &Rule| rule.number.to_string()))
}

/// One rule of the draft.
pub async fn draft_rule(app: &App, brand: &str, number: u32) -> Result<RuleView, Error> {
    let (mut tx, draft) = open_draft(app, brand).await?;
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
