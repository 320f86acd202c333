//! A rule of a draft, with what is wrong with it.

use marquee_shared::compile::check_rules;
use marquee_shared::rules::{Rule, Settings};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::{Error, Refusal, store};

/// A rule of a draft.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuleView {
    /// The draft's, as its ETag has it
    #[schema(example = 7)]
    pub version: i64,
    #[schema(example = json!({
        "kind": "route", "rule": 7, "enabled": true, "priority": 0, "when": { "state": ["NY"] }, "note": "",
        "target": { "variants": [{ "name": "a", "url": "https://quotes.acme.example/ny?zip={zip}" }] }
    }))]
    pub rule: Rule,
    /// What keeps it from being published, as far as it can be told from this rule alone
    pub findings: Vec<Refusal>,
}

/// What keeps these rules of a draft from being published, each looked at by itself.
pub(super) async fn findings(
    conn: &mut PgConnection,
    brand: &str,
    settings: &Settings,
    rules: &[Rule],
) -> Result<Vec<Refusal>, Error> {
    let mut found = check_rules(brand, settings, rules, &[]);
    // Only a template asks for variables, and only the draft's other rules know them.
    if found.iter().any(|finding| finding.code == "placeholder_unknown") {
        let variables = store::draft_variables(conn, brand).await?;
        found = check_rules(brand, settings, rules, &variables);
    }
    let in_rule = |refusal: Refusal| {
        let below = refusal.pointer.strip_prefix("/rules/");
        let below = below.map(|rest| rest.trim_start_matches(|digit: char| digit.is_ascii_digit()));
        let pointer = below.unwrap_or(&refusal.pointer).to_owned();
        Refusal { pointer, ..refusal }
    };
    Ok(found.into_iter().map(|finding| in_rule(finding.into())).collect())
}
