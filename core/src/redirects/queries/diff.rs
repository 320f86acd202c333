use std::str::FromStr;

use anyhow::Context as _;
use marquee_shared::compile;
use marquee_shared::rules::{Rule, RuleSet, Settings};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Page;
use super::validation::ANALYSES;
use super::which::{Of, Which, find};
use crate::app::App;
use crate::redirects::analysis::{Changes, VariableChanges, difference};
use crate::redirects::{Error, Refusal, domain};

/// Rules told with the diff itself; a page of them has all.
const TOLD: usize = 100;

/// Two of a brand's rule sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Between {
    pub from: Base,
    pub to: Which,
}

/// What a rule set is compared with: another one, or `nothing`, as before anything was live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    Nothing,
    Which(Which),
}

impl Default for Base {
    fn default() -> Self {
        Self::Which(Which::Live)
    }
}

impl FromStr for Base {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "nothing" => Ok(Self::Nothing),
            which => which.parse().map(Self::Which),
        }
    }
}

/// What changes from one version to the other.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DiffView {
    pub from: SideView,
    pub to: SideView,
    /// The moment of the comparison
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// Every visitor gets the same of both, at that moment and at all times after
    pub decides_alike: bool,
    pub rules: RulesChanged,
    pub settings: Vec<SettingChange>,
    /// Where visitors are sent
    pub destinations: Changes,
    /// Variables of which visitors get other values
    pub variables: Vec<VariableChanges>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SideView {
    #[serde(flatten)]
    pub of: Of,
    #[schema(example = 3000)]
    pub rules: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RulesChanged {
    #[schema(example = 3)]
    pub added: usize,
    #[schema(example = 1)]
    pub changed: usize,
    #[schema(example = 0)]
    pub removed: usize,
    /// The first 100, by number
    pub first: Vec<RuleChange>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RuleChange {
    #[schema(example = 41)]
    pub rule: u32,
    /// `added`, `changed` or `removed`
    #[schema(example = "changed")]
    pub change: &'static str,
    /// The rule as it was; `null` if it was added
    #[schema(value_type = Option<Rule>)]
    pub before: Option<Value>,
    /// The rule as it is; `null` if it was removed
    #[schema(value_type = Option<Rule>)]
    pub after: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettingChange {
    #[schema(example = "pass_query")]
    pub key: String,
    #[schema(value_type = serde_json::Value, example = json!(["utm_*"]))]
    pub before: Value,
    #[schema(value_type = serde_json::Value, example = json!(["utm_*", "gclid"]))]
    pub after: Value,
}

/// Compares two versions, exactly; `at` is now unless given.
///
/// # Errors
/// There is no such brand or version, or one of them has errors, and hence decides nothing.
pub async fn diff(
    app: &App,
    brand: &str,
    between: Between,
    at: Option<OffsetDateTime>,
) -> Result<DiffView, Error> {
    let (old, new) = sides(app, brand, between).await?;
    let at = at.unwrap_or_else(|| app.now());
    let _permit = ANALYSES.acquire().await.context("waiting for other analyses")?;
    let compared = tokio::task::spawn_blocking(move || compared(old, new, at)).await;
    compared.context("comparing the rules")?
}

/// A page of the rules that change, by number, after `cursor`.
pub async fn rule_changes(
    app: &App,
    brand: &str,
    between: Between,
    cursor: Option<u32>,
    limit: i64,
) -> Result<Page<RuleChange>, Error> {
    let ((_, old), (_, new)) = sides(app, brand, between).await?;
    let changes = numbered(&domain::difference(&old.rules, &new.rules));
    let after = changes
        .into_iter()
        .filter(|(rule, _)| cursor.is_none_or(|cursor| *rule > cursor));
    let some = after.take(usize::try_from(limit).unwrap_or(0) + 1);
    let items = some.map(|(rule, change)| told(rule, change, &old, &new));
    Ok(Page::new(items.collect(), limit, |change: &RuleChange| {
        change.rule.to_string()
    }))
}

/// How two rule sets differ from a moment on. Pure and slow.
///
/// # Errors
/// One of them has errors, or is too entangled to be compared.
pub fn compared_rules(old: RuleSet, new: RuleSet, at: OffsetDateTime) -> Result<DiffView, Error> {
    let loaded = |set| (Of::default(), set);
    compared(loaded(old), loaded(new), at)
}

/// A rule set, and what it is.
type Loaded = (Of, RuleSet);

async fn sides(app: &App, brand: &str, between: Between) -> Result<(Loaded, Loaded), Error> {
    let loaded = async |which| {
        let found = find(app, brand, which).await?;
        Ok::<_, Error>((found.of(which), found.set))
    };
    let new = loaded(between.to).await?;
    let old = match between.from {
        Base::Which(which) => loaded(which).await?,
        Base::Nothing => (
            Of {
                of: "nothing".to_owned(),
                ..Of::default()
            },
            RuleSet {
                brand: brand.to_owned(),
                settings: Settings::default(),
                rules: Vec::new(),
            },
        ),
    };
    Ok((old, new))
}

fn compared((from, old): Loaded, (to, new): Loaded, at: OffsetDateTime) -> Result<DiffView, Error> {
    for (side, set) in [("from", &old), ("to", &new)] {
        let is_nothing = set.rules.is_empty() && set.settings.products.is_empty();
        let findings = if is_nothing {
            Vec::new()
        } else {
            compile::check(set)
        };
        if !findings.is_empty() {
            let refusals = findings.into_iter().map(Refusal::from).collect();
            return Err(Error::CannotDecide { side, refusals });
        }
    }
    let found = difference(&old, &new, at.unix_timestamp());
    let found = found.map_err(|unfit| Error::CannotCompare(unfit.to_string()))?;
    Ok(DiffView {
        from: shown(from, &old),
        to: shown(to, &new),
        at,
        decides_alike: found.alike,
        rules: rules(&old, &new),
        settings: settings(&old.settings, &new.settings),
        destinations: found.destinations,
        variables: found.variables,
    })
}

fn shown(of: Of, set: &RuleSet) -> SideView {
    SideView {
        of,
        rules: set.rules.len(),
    }
}

fn rules(old: &RuleSet, new: &RuleSet) -> RulesChanged {
    let difference = domain::difference(&old.rules, &new.rules);
    let first = numbered(&difference).into_iter().take(TOLD);
    RulesChanged {
        added: difference.added.len(),
        changed: difference.changed.len(),
        removed: difference.removed.len(),
        first: first.map(|(rule, change)| told(rule, change, old, new)).collect(),
    }
}

/// All in one list, by number.
fn numbered(difference: &domain::Difference) -> Vec<(u32, &'static str)> {
    let all = [
        (&difference.added, "added"),
        (&difference.changed, "changed"),
        (&difference.removed, "removed"),
    ];
    let each = all
        .into_iter()
        .flat_map(|(rules, change)| rules.iter().map(move |rule| (*rule, change)));
    let mut changes: Vec<_> = each.collect();
    changes.sort_unstable();
    changes
}

fn told(rule: u32, change: &'static str, old: &RuleSet, new: &RuleSet) -> RuleChange {
    // Rules are sorted by number.
    let json = |rules: &[Rule]| {
        let found = rules.binary_search_by_key(&rule, |rule| rule.number).ok();
        found.and_then(|found| serde_json::to_value(rules.get(found)?).ok())
    };
    RuleChange {
        rule,
        change,
        before: json(&old.rules),
        after: json(&new.rules),
    }
}

fn settings(old: &Settings, new: &Settings) -> Vec<SettingChange> {
    let [old, new] = [old, new].map(|settings| serde_json::to_value(settings).unwrap_or_default());
    let keys = new.as_object().into_iter().flat_map(|object| object.keys());
    let change = |key: &String| {
        let [before, after] = [&old, &new].map(|settings| settings.get(key).cloned().unwrap_or_default());
        (before != after).then(|| SettingChange {
            key: key.clone(),
            before,
            after,
        })
    };
    keys.filter_map(change).collect()
}
