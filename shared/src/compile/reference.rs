//! The rules as SPEC (e) tells them, for the table to be compared with: every way in which a rule matches, sorted
//! by precedence, and the first that matches wins.
//!
//! Nothing of clauses, ranks, pages or the reader is used, and it must stay so: a mistake that both sides share is
//! one that the comparison cannot find. What is shared are facts and promises: where a ZIP lies, the hash of splits.

mod index;

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::decide::{Decision, Visitor};
use crate::hit::Outcome;
use crate::rules::{Action, Rule, RuleSet, Split, Target, Variant, ZipClause};
use crate::split;
use crate::zip::{State, locate};
use index::Index;

/// A rule set, sorted.
pub(super) struct Reference<'a> {
    set: &'a RuleSet,
    /// Without a variable what decides the destination, then what decides each variable.
    layers: BTreeMap<Option<&'a str>, Layer<'a>>,
    looks: Cell<u64>,
}

struct Layer<'a> {
    ways: Vec<Way<'a>>,
    index: Index<'a>,
}

/// A rule, and by what it matches the place.
#[derive(Clone, Copy)]
struct Way<'a> {
    rule: &'a Rule,
    kind: Kind,
    /// Bit s: the state of number s is named.
    states: u64,
}

/// The weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Any,
    State,
    /// A prefix or a range.
    Area,
    /// A ZIP by itself.
    Exact,
}

/// What a visitor gets to see of a decision, and which rule it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer<'a> {
    pub(super) outcome: Outcome,
    pub(super) rule: Option<u32>,
    pub(super) variant: Option<&'a str>,
    pub(super) url: Option<&'a str>,
    pub(super) system: Option<&'a str>,
    pub(super) attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> From<Decision<'a>> for Answer<'a> {
    fn from(decision: Decision<'a>) -> Self {
        Self {
            outcome: decision.outcome,
            rule: decision.rule,
            variant: decision.variant,
            url: decision.url,
            system: decision.system,
            attributes: decision.attributes,
        }
    }
}

impl<'a> Reference<'a> {
    pub(super) fn new(set: &'a RuleSet) -> Self {
        let mut ways: Vec<Way<'a>> = set
            .rules
            .iter()
            .filter(|rule| rule.enabled)
            .flat_map(Way::all)
            .collect();
        ways.sort_by_key(Way::precedence);
        let mut layers: BTreeMap<Option<&str>, Vec<Way<'a>>> = BTreeMap::new();
        for way in ways {
            match &way.rule.action {
                Action::Route(_) => layers.entry(None).or_default().push(way),
                Action::Attribute(values) => {
                    for name in values.keys() {
                        layers.entry(Some(name)).or_default().push(way);
                    }
                }
            }
        }
        let layers = layers.into_iter().map(|(variable, ways)| {
            let index = Index::new(&ways);
            (variable, Layer { ways, index })
        });
        Self {
            set,
            layers: layers.collect(),
            looks: Cell::new(0),
        }
    }

    /// How many ways all answers have looked at so far: what they cost.
    pub(super) fn looks(&self) -> u64 {
        self.looks.get()
    }

    pub(super) fn answer(&self, visitor: &Visitor<'_>) -> Answer<'a> {
        let mut answer = Answer {
            outcome: Outcome::Lost,
            rule: None,
            variant: None,
            url: None,
            system: None,
            attributes: Vec::new(),
        };
        let mut products = self.set.settings.products.iter();
        let Some(product) = products.find(|product| product.code == visitor.product) else {
            return answer;
        };
        let state = locate(visitor.zip.zip).state;
        let mut target = None;
        for (variable, layer) in &self.layers {
            let Some(way) = self.first(layer, visitor, state) else {
                continue;
            };
            match (&way.rule.action, variable) {
                (Action::Attribute(values), Some(variable)) => {
                    answer.attributes.push((variable, &values[*variable]));
                }
                // Nobody is sent anywhere from where nobody lives.
                (Action::Route(_), _) if state.is_none() => {}
                (Action::Route(found), _) => {
                    answer.rule = Some(way.rule.number);
                    target = Some(found);
                }
                (Action::Attribute(_), None) => {}
            }
        }
        let brand = self.set.settings.fallback_url.as_deref();
        match (target, product.fallback_url.as_deref()) {
            (Some(Target::Split { split, variants }), _) => {
                let variant = self.draw(answer.rule, *split, variants, visitor);
                answer.outcome = Outcome::Redirect;
                answer.variant = Some(&variant.name);
                answer.url = Some(&variant.url);
                answer.system = variant.system.as_deref();
            }
            (None, Some(url)) => (answer.outcome, answer.url) = (Outcome::ProductFallback, Some(url)),
            (Some(Target::Fallback) | None, _) if brand.is_some() => {
                (answer.outcome, answer.url) = (Outcome::BrandFallback, brand);
            }
            (Some(Target::Fallback) | None, _) => {}
        }
        answer
    }

    /// The best of the ways that match.
    fn first(&self, layer: &Layer<'a>, visitor: &Visitor<'_>, state: Option<State>) -> Option<Way<'a>> {
        let first = layer.index.first(visitor, state, |position| {
            self.looks.update(|looks| looks + 1);
            layer.ways[position as usize].matches(visitor, state)
        });
        first.map(|first| layer.ways[first as usize])
    }

    /// The first variant whose share, with those before it, is more than the visitor's bucket.
    fn draw(
        &self,
        rule: Option<u32>,
        split: Split,
        variants: &'a [Variant],
        visitor: &Visitor<'_>,
    ) -> &'a Variant {
        let seed = match split {
            Split::Sticky => visitor.seed,
            Split::Rotate => split::seed(visitor.hit.as_bytes()),
        };
        let bucket = u64::from(split::bucket(&self.set.brand, rule.unwrap_or_default(), seed));
        let weight = |variants: &[Variant]| {
            let weights = variants.iter().map(|variant| u64::from(variant.weight));
            weights.sum::<u64>()
        };
        let taken = |up_to: usize| {
            let share = weight(&variants[..=up_to]) * u64::from(split::BUCKETS);
            share >= (bucket + 1) * weight(variants)
        };
        let index = (0..variants.len()).find(|index| taken(*index));
        &variants[index.unwrap_or_default()]
    }
}

impl<'a> Way<'a> {
    /// States and ZIPs of a rule are a union; without either it is for any place.
    fn all(rule: &'a Rule) -> impl Iterator<Item = Self> {
        let when = &rule.when;
        let exact = |clause: &ZipClause| matches!(clause, ZipClause::Exact(_));
        let kinds = [
            (when.state.is_empty() && when.zip.is_empty()).then_some(Kind::Any),
            (!when.state.is_empty()).then_some(Kind::State),
            (!when.zip.iter().all(exact)).then_some(Kind::Area),
            when.zip.iter().any(exact).then_some(Kind::Exact),
        ];
        let states = when.state.iter().filter_map(|code| State::parse(code));
        let states = states.fold(0, |bits, state| bits | 1 << state.number());
        kinds
            .into_iter()
            .flatten()
            .map(move |kind| Self { rule, kind, states })
    }

    /// The ZIPs by which it matches.
    fn zips(&self) -> impl Iterator<Item = &'a ZipClause> + use<'a> {
        let exact = self.kind == Kind::Exact;
        let zips = self.rule.when.zip.iter();
        zips.filter(move |clause| matches!(clause, ZipClause::Exact(_)) == exact)
    }

    /// First wins.
    fn precedence(&self) -> impl Ord + use<> {
        let when = &self.rule.when;
        let fixed = [&when.product, &when.media, &when.language, &when.device].map(|set| !set.is_empty());
        let count = fixed.iter().filter(|fixed| **fixed).count();
        let windowed = self.rule.from.is_some() || self.rule.until.is_some();
        (
            Reverse((self.rule.priority, self.kind, count, fixed, windowed)),
            self.rule.number,
        )
    }

    fn matches(&self, visitor: &Visitor<'_>, state: Option<State>) -> bool {
        let when = &self.rule.when;
        self.is_there(visitor.zip.zip.number(), state)
            && has(&when.product, visitor.product)
            && has(&when.media, visitor.media)
            && has(&when.language, visitor.language)
            && has(&when.device, visitor.device.as_str())
            && self.is_open(visitor.at)
    }

    fn is_there(&self, zip: u32, state: Option<State>) -> bool {
        match (self.kind, state) {
            (Kind::Any, _) => true,
            // Where nobody lives there is no place to name.
            (_, None) => false,
            (Kind::State, Some(state)) => self.states >> state.number() & 1 == 1,
            (Kind::Area | Kind::Exact, Some(_)) => self.zips().any(|clause| clause.interval().contains(&zip)),
        }
    }

    fn is_open(&self, at: i64) -> bool {
        let moment = |time: time::OffsetDateTime| (time.unix_timestamp(), time.nanosecond());
        self.rule.from.is_none_or(|from| moment(from) <= (at, 0))
            && self.rule.until.is_none_or(|until| (at, 0) < moment(until))
    }
}

/// An empty condition is *any*.
fn has(set: &[String], value: &str) -> bool {
    set.is_empty() || set.iter().any(|member| member == value)
}
