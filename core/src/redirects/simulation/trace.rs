//! Why a visitor gets what they get: each rule that was considered, and where it lost.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use marquee_shared::compile::{self, Place, Way};
use marquee_shared::decide::Visitor;
use marquee_shared::rules::{Action, Rule, RuleSet};
use marquee_shared::zip::{State, locate};
use serde::Serialize;
use utoipa::ToSchema;

/// Rules that match, told one by one up to here.
const MATCHING: usize = 100;
/// Rules that nearly match.
const MISSES: usize = 20;

/// What to trace.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::redirects) struct Traced<'a> {
    /// What decides this variable; the destination unless given.
    pub variable: Option<&'a str>,
    /// Rules to speak of in any case.
    pub rules: &'a [u32],
}

/// Every rule that was considered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Trace {
    /// Rules that match, the best first, at most 100; the first decides
    pub matching: Vec<Matching>,
    /// How many match
    #[schema(example = 3)]
    pub matching_rules: usize,
    /// How many do not, by each condition that fails; a rule may fail by several
    #[schema(example = json!({ "place": 2_711, "product": 1_903 }))]
    pub failing: BTreeMap<Reason, usize>,
    /// Rules that fail by the fewest conditions, the best first, at most 20, and those that were asked for
    pub near_misses: Vec<Miss>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MatchingRule)]
pub struct Matching {
    #[schema(example = 41)]
    pub rule: u32,
    #[schema(example = 0)]
    pub priority: i32,
    /// What of its places the ZIP is in: `zip`, `area`, `state` or `any`
    #[schema(example = "state")]
    pub place: &'static str,
    /// Which other conditions are fixed
    #[schema(example = json!(["product"]))]
    pub fixed: Vec<&'static str>,
    /// It has a beginning or an end
    pub windowed: bool,
    /// Why it does not decide; `null`: it does
    pub loses_by: Option<Criterion>,
}

/// In what order rules are compared, and where no rule decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// Its priority is lower.
    Priority,
    /// Its place is less exact: a ZIP beats a prefix or range, which beats a state, which beats any.
    Place,
    /// It fixes fewer of product, media, language, device.
    Conditions,
    /// It fixes others: product beats media beats language beats device.
    WhichConditions,
    /// It is always valid, the other for a time.
    Window,
    /// Its number is higher.
    Number,
    /// The ZIP lies in no state, and there no route decides.
    Nowhere,
}

/// A rule that does not match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Miss {
    #[schema(example = 42)]
    pub rule: u32,
    /// Every condition that fails
    pub fails: BTreeSet<Reason>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = MissReason)]
pub enum Reason {
    Product,
    Language,
    Device,
    Media,
    Place,
    /// It begins later.
    NotYet,
    /// It is over.
    Ended,
    Disabled,
    /// It sets other variables, or none.
    OtherKind,
    /// There is no such rule.
    NoSuchRule,
}

/// Compares the visitor with every rule.
pub(in crate::redirects) fn trace(set: &RuleSet, visitor: &Visitor<'_>, traced: Traced<'_>) -> Trace {
    let state = locate(visitor.zip.zip).state;
    let layer = compile::ways(set)
        .into_iter()
        .find(|layer| layer.variable.as_deref() == traced.variable);
    let ways = layer.map(|layer| layer.ways).unwrap_or_default();
    let mut trace = Trace::default();
    let mut best: Option<&Way<'_>> = None;
    let mut matched = BTreeSet::new();
    let mut misses: HashMap<u32, BTreeSet<Reason>> = HashMap::new();
    for way in &ways {
        let rule = way.rule.number;
        if matched.contains(&rule) {
            continue;
        }
        let fails = fails(way, visitor, state);
        if !fails.is_empty() {
            // A rule with states and ZIPs has two ways to match; what fails in both fails.
            let before = misses.get(&rule).map(|before| before & &fails);
            misses.insert(rule, before.unwrap_or(fails));
            continue;
        }
        misses.remove(&rule);
        matched.insert(rule);
        let loses_by = match best {
            _ if state.is_none() && traced.variable.is_none() => Some(Criterion::Nowhere),
            None => None,
            Some(best) => Some(criterion(best, way)),
        };
        best = best.or(Some(way));
        if trace.matching.len() < MATCHING || traced.rules.contains(&rule) {
            trace.matching.push(matching(way, loses_by));
        }
    }
    trace.matching_rules = matched.len();
    for rule in set
        .rules
        .iter()
        .filter(|rule| !rule.enabled && decides(rule, traced.variable))
    {
        misses.insert(rule.number, BTreeSet::from([Reason::Disabled]));
    }
    for reason in misses.values().flatten() {
        *trace.failing.entry(*reason).or_default() += 1;
    }
    trace.near_misses = near_misses(set, misses, &matched, traced.rules);
    trace
}

fn near_misses(
    set: &RuleSet,
    misses: HashMap<u32, BTreeSet<Reason>>,
    matched: &BTreeSet<u32>,
    asked: &[u32],
) -> Vec<Miss> {
    let mut told: Vec<Miss> = Vec::new();
    for rule in asked.iter().filter(|rule| !matched.contains(rule)) {
        let there = set.rules.iter().any(|one| one.number == *rule);
        let fails = misses.get(rule).cloned().unwrap_or_else(|| {
            BTreeSet::from([if there {
                Reason::OtherKind
            } else {
                Reason::NoSuchRule
            }])
        });
        told.push(Miss { rule: *rule, fails });
    }
    let mut rest: Vec<(u32, BTreeSet<Reason>)> = misses
        .into_iter()
        .filter(|(rule, _)| !asked.contains(rule))
        .collect();
    rest.sort_by_key(|(rule, fails)| (fails.len(), *rule));
    told.extend(
        rest.into_iter()
            .take(MISSES)
            .map(|(rule, fails)| Miss { rule, fails }),
    );
    told
}

fn decides(rule: &Rule, variable: Option<&str>) -> bool {
    match (&rule.action, variable) {
        (Action::Route(_), None) => true,
        (Action::Attribute(values), Some(variable)) => values.contains_key(variable),
        (Action::Route(_) | Action::Attribute(_), _) => false,
    }
}

fn fails(way: &Way<'_>, visitor: &Visitor<'_>, state: Option<State>) -> BTreeSet<Reason> {
    let when = &way.rule.when;
    let lacks = |set: &[String], value: &str| !set.is_empty() && !set.iter().any(|member| member == value);
    let window = way.window.as_ref();
    let checks = [
        (Reason::Product, lacks(&when.product, visitor.product)),
        (Reason::Language, lacks(&when.language, visitor.language)),
        (Reason::Device, lacks(&when.device, visitor.device.as_str())),
        (Reason::Media, lacks(&when.media, visitor.media)),
        (
            Reason::Place,
            !is_there(&way.place, visitor.zip.zip.number(), state),
        ),
        (
            Reason::NotYet,
            window.is_some_and(|window| visitor.at < window.start),
        ),
        (
            Reason::Ended,
            window.is_some_and(|window| visitor.at >= window.end),
        ),
    ];
    let failing = checks.into_iter().filter(|(_, fails)| *fails);
    failing.map(|(reason, _)| reason).collect()
}

fn is_there(place: &Place, zip: u32, state: Option<State>) -> bool {
    match (place, state) {
        (Place::Any, _) => true,
        (_, None) => false,
        (Place::States(states), Some(state)) => states >> state.number() & 1 == 1,
        (Place::Areas(runs) | Place::Exact(runs), Some(_)) => runs.iter().any(|run| run.contains(&zip)),
    }
}

fn matching(way: &Way<'_>, loses_by: Option<Criterion>) -> Matching {
    let names = ["product", "media", "language", "device"];
    let fixed = names.into_iter().zip(fixed(way.rule)).filter(|(_, fixed)| *fixed);
    Matching {
        rule: way.rule.number,
        priority: way.rule.priority,
        place: match way.place {
            Place::Any => "any",
            Place::States(_) => "state",
            Place::Areas(_) => "area",
            Place::Exact(_) => "zip",
        },
        fixed: fixed.map(|(name, _)| name).collect(),
        windowed: way.window.is_some(),
        loses_by,
    }
}

/// Where the better of two first differs from the worse, as SPEC (e) compares them.
fn criterion(better: &Way<'_>, worse: &Way<'_>) -> Criterion {
    let count = |way: &Way<'_>| fixed(way.rule).into_iter().filter(|fixed| *fixed).count();
    let place = |way: &Way<'_>| matching(way, None).place;
    if better.rule.priority != worse.rule.priority {
        Criterion::Priority
    } else if place(better) != place(worse) {
        Criterion::Place
    } else if count(better) != count(worse) {
        Criterion::Conditions
    } else if fixed(better.rule) != fixed(worse.rule) {
        Criterion::WhichConditions
    } else if better.window.is_some() != worse.window.is_some() {
        Criterion::Window
    } else {
        Criterion::Number
    }
}

fn fixed(rule: &Rule) -> [bool; 4] {
    let when = &rule.when;
    [&when.product, &when.media, &when.language, &when.device].map(|set| !set.is_empty())
}
