use std::collections::HashSet;

use marquee_shared::rules::{Action, Rule, Target};
use serde::Serialize;
use time::{Date, OffsetDateTime};
use utoipa::ToSchema;

use super::cut::look;
use super::{Bots, Error, Paging};
use crate::app::App;
use crate::platform::paging::List;
use crate::redirects::queries::{Of, Which, live_since, rule_set};

/// Which rules are asked about, and what counts as having decided.
#[derive(Clone, Copy, Debug)]
pub struct Unused {
    pub of: Which,
    /// The first day, UTC.
    pub since: Date,
    pub bots: Bots,
}

/// Enabled rules of a rule set that decided nothing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnusedRules {
    pub of: Of,
    /// The first day that was looked at, UTC
    #[serde(serialize_with = "super::day::serialize")]
    #[schema(value_type = String, format = Date, example = "2026-10-24")]
    pub since: Date,
    /// Enabled rules that lead somewhere, used or not
    #[schema(example = 3_000)]
    pub rules: usize,
    /// Enabled attribute rules: not judged, since a hit names the rule that decided and not those that added variables
    #[schema(example = 12)]
    pub attribute_rules: usize,
    /// By number
    pub items: Vec<UnusedRule>,
    /// For `cursor`, to go on; `null` at the end
    #[schema(example = "120")]
    pub next_cursor: Option<String>,
}

/// A rule that decided nothing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UnusedRule {
    #[schema(example = 41)]
    pub rule: u32,
    pub kind: RuleKind,
    #[schema(example = "Florida homeowners, spring")]
    pub note: String,
    /// When it begins to hold; it may not have yet
    #[serde(with = "time::serde::rfc3339::option")]
    pub from: Option<OffsetDateTime>,
    /// When it ends to hold; it may have ended
    #[serde(with = "time::serde::rfc3339::option")]
    pub until: Option<OffsetDateTime>,
    /// Since when it has been live without a break; `null` if it is not live, or for longer than is looked back
    #[serde(with = "time::serde::rfc3339::option")]
    pub live_since: Option<OffsetDateTime>,
}

/// What a rule that leads somewhere does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UnusedRuleKind)]
pub enum RuleKind {
    /// To one place
    Route,
    /// To several, by weight
    Split,
    /// To the brand's fallback
    Fallback,
}

impl RuleKind {
    /// `None`: it leads nowhere, but adds variables.
    fn of(rule: &Rule) -> Option<Self> {
        match &rule.action {
            Action::Attribute(_) => None,
            Action::Route(Target::Fallback) => Some(Self::Fallback),
            Action::Route(Target::Split { variants, .. }) if variants.len() > 1 => Some(Self::Split),
            Action::Route(Target::Split { .. }) => Some(Self::Route),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Split => "split",
            Self::Fallback => "fallback",
        }
    }
}

/// Enabled rules that decided nothing since a day, by number. Numbers are never given out twice, so a rule of a draft
/// is the one that is live under its number.
pub async fn unused_rules(
    app: &App,
    brand: &str,
    asked: Unused,
    paging: &Paging,
) -> Result<UnusedRules, Error> {
    let after = paging.after_rule()?;
    let (of, set) = rule_set(app, brand, asked.of).await?;
    let used = used(app, brand, asked).await?;
    let enabled = set.rules.iter().filter(|rule| rule.enabled);
    let (leading, attributes): (Vec<_>, Vec<_>) = enabled
        .map(|rule| (rule, RuleKind::of(rule)))
        .partition(|(_, kind)| kind.is_some());
    let unused = leading.iter().filter_map(|(rule, kind)| {
        let number = i32::try_from(rule.number).unwrap_or(i32::MAX);
        let unused = number > after && !used.contains(&number);
        kind.filter(|_| unused).map(|kind| UnusedRule {
            rule: rule.number,
            kind,
            note: rule.note.clone(),
            from: rule.from,
            until: rule.until,
            live_since: None,
        })
    });
    let one_more = paging.limit.saturating_add(1);
    let List {
        mut items,
        next_cursor,
    } = paging.list(unused.take(one_more).collect(), |item: &UnusedRule| {
        item.rule.to_string()
    });
    let numbers: Vec<u32> = items.iter().map(|item| item.rule).collect();
    let since = live_since(app, brand, &numbers).await?;
    for item in &mut items {
        item.live_since = since.get(&item.rule).copied();
    }
    Ok(UnusedRules {
        of,
        since: asked.since,
        rules: leading.len(),
        attribute_rules: attributes.len(),
        items,
        next_cursor,
    })
}

async fn used(app: &App, brand: &str, asked: Unused) -> Result<HashSet<i32>, Error> {
    let mut tx = look(app).await?;
    let used = sqlx::query_scalar!(
        r#"
        select distinct rule as "rule!"
        from hits.summary
        where cut = 'rule'
            and grain = 'day'
            and at >= ($1::date)::timestamp at time zone 'UTC'
            and brand = $2
            and rule is not null
            and ($3::bool is null or bot = $3)
        "#,
        asked.since,
        brand,
        asked.bots.flag(),
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(used.into_iter().collect())
}
