//! What of a rule set can never happen, exactly: see [`super::diagram`].
//!
//! Pure and slow: run it off the async threads, on rule sets without errors.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use marquee_shared::compile::{self, Layer, Way};
use marquee_shared::decide::Device;
use marquee_shared::rules::RuleSet;
use marquee_shared::zip::Zip;
use serde::Serialize;
use utoipa::ToSchema;

use super::diagram::{self, Candidate, Cell, DIMENSIONS, Diagram, MAX_VALUES, Mask, Overflow, Won};

/// Children of all nodes, four bytes each: some hundred megabytes at most.
const BUDGET: usize = 50_000_000;
/// Rules that never decide are explained up to here; each takes a walk through the diagram.
const EXPLAINED: usize = 200;
/// Rules named as those which decide instead.
const NAMED: usize = 5;

/// A rule that decides for nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Unreachable {
    #[schema(example = 41)]
    pub rule: u32,
    pub why: Why,
    /// The rules that decide where it would, those that take most first, at most five; alone one that covers it whole
    #[schema(example = json!([7]))]
    pub shadowed_by: Vec<u32>,
    /// How many more there are
    pub more: usize,
    /// Somebody it would decide for
    pub example: Option<Example>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Others decide wherever it matches.
    Shadowed,
    /// Its ZIPs lie in no state, where no rule decides.
    Nowhere,
}

/// A visitor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Example {
    #[schema(example = "10001")]
    pub zip: String,
    #[schema(example = "auto")]
    pub product: String,
    #[schema(example = "en")]
    pub language: String,
    #[schema(example = "mobile")]
    pub device: String,
    /// `null`: a channel that no rule names
    #[schema(example = "google")]
    pub media: Option<String>,
}

/// What the rules of a brand can never do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Analysis {
    /// By number, at most [`EXPLAINED`] of them.
    pub(super) unreachable: Vec<Unreachable>,
    /// How many there are.
    pub(super) unreachable_rules: usize,
}

/// Why a rule set has no exact analysis.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    #[error(transparent)]
    Overflow(#[from] Overflow),
    #[error("{what} has {values} values; at most {MAX_VALUES} can be analysed")]
    TooManyValues { what: &'static str, values: usize },
}

/// The rules that never decide, whoever comes and whenever: a route for no visitor, an attribute rule for none of
/// its variables.
///
/// # Errors
/// [`Unfit`] when the rules are too many or too entangled.
pub(super) fn analyse(set: &RuleSet) -> Result<Analysis, Unfit> {
    let space = Space::of(set)?;
    let layers = compile::ways(set);
    let mut unreachable: BTreeMap<u32, Option<Unreachable>> = BTreeMap::new();
    let mut reached: HashSet<u32> = HashSet::new();
    let mut explained = 0;
    for layer in &layers {
        let candidates = space.candidates(layer);
        let diagram = diagram::build(&candidates, space.sizes(), BUDGET)?;
        let wins = diagram::wins(&diagram, candidates.len(), zips);
        let mut losing: BTreeMap<u32, Vec<&Candidate>> = BTreeMap::new();
        for (candidate, won) in candidates.iter().zip(wins) {
            if won == Won::default() {
                losing.entry(candidate.rule).or_default().push(candidate);
            } else {
                reached.insert(candidate.rule);
            }
        }
        losing.retain(|rule, _| !reached.contains(rule));
        for (rule, ours) in losing {
            unreachable.entry(rule).or_insert_with(|| {
                explained += 1;
                (explained <= EXPLAINED).then(|| explain(&space, &diagram, &candidates, rule, &ours))
            });
        }
    }
    // A variable may be reached after another was not.
    unreachable.retain(|rule, _| !reached.contains(rule));
    Ok(Analysis {
        unreachable_rules: unreachable.len(),
        unreachable: unreachable.into_values().flatten().collect(),
    })
}

/// ZIPs of a root, also those that nobody has: they are answered, too.
fn zips(root: &diagram::Root) -> u64 {
    root.zips.iter().map(|run| u64::from(run.end - run.start)).sum()
}

/// `ours` are the candidates of the rule.
fn explain(
    space: &Space<'_>,
    diagram: &Diagram,
    candidates: &[Candidate],
    rule: u32,
    ours: &[&Candidate],
) -> Unreachable {
    let mut winners: BTreeMap<u32, u64> = BTreeMap::new();
    let mut covers = Vec::new();
    for candidate in ours {
        let within = diagram.winners_within(candidate);
        let within = within
            .iter()
            .filter_map(|(rank, cells)| Some((candidates.get(*rank as usize)?, cells)));
        let mut cover = None;
        for (winner, cells) in within {
            *winners.entry(winner.rule).or_default() += cells;
            if cover.is_none() && winner.covers(candidate) {
                cover = Some(winner.rule);
            }
        }
        covers.push(cover);
    }
    covers.dedup();
    let mut shadowed_by: Vec<u32> = if let [Some(alone)] = *covers {
        vec![alone]
    } else {
        let mut winners: Vec<(u32, u64)> = winners.into_iter().collect();
        winners.sort_by_key(|(rule, cells)| (Reverse(*cells), *rule));
        winners.into_iter().map(|(rule, _)| rule).collect()
    };
    let more = shadowed_by.len().saturating_sub(NAMED);
    shadowed_by.truncate(NAMED);
    let example = ours.iter().find_map(|candidate| diagram.example(candidate));
    Unreachable {
        rule,
        why: if example.is_some() {
            Why::Shadowed
        } else {
            Why::Nowhere
        },
        shadowed_by,
        more,
        example: example.map(|cell| space.example(cell)),
    }
}

/// The values of each dimension that a rule set can tell apart, in the diagram's order of dimensions.
struct Space<'a> {
    products: Vec<&'a str>,
    languages: Vec<&'a str>,
    /// The first is any that no rule names.
    media: Vec<Option<&'a str>>,
}

impl<'a> Space<'a> {
    fn of(set: &'a RuleSet) -> Result<Self, Unfit> {
        let named = set
            .rules
            .iter()
            .filter(|rule| rule.enabled)
            .flat_map(|rule| &rule.when.media);
        let mut named: Vec<&str> = named.map(String::as_str).collect();
        named.sort_unstable();
        named.dedup();
        let space = Self {
            products: set
                .settings
                .products
                .iter()
                .map(|product| product.code.as_str())
                .collect(),
            languages: set.settings.languages.iter().map(String::as_str).collect(),
            media: std::iter::once(None).chain(named.into_iter().map(Some)).collect(),
        };
        for (what, values) in ["product", "language", "device", "media"]
            .into_iter()
            .zip(space.sizes())
        {
            if values > MAX_VALUES {
                return Err(Unfit::TooManyValues { what, values });
            }
        }
        Ok(space)
    }

    fn sizes(&self) -> [usize; DIMENSIONS] {
        [
            self.products.len(),
            self.languages.len(),
            Device::ALL.len(),
            self.media.len(),
        ]
    }

    fn candidates(&self, layer: &Layer<'_>) -> Vec<Candidate> {
        let place = |place: &compile::Place| match place {
            compile::Place::Any => diagram::Place::Any,
            compile::Place::States(states) => diagram::Place::States(*states),
            compile::Place::Areas(runs) | compile::Place::Exact(runs) => diagram::Place::Zips(apart(runs)),
        };
        let candidate = |way: &Way<'_>| {
            let when = &way.rule.when;
            let mask = |words: &[String], values: &[Option<&str>]| {
                if words.is_empty() {
                    return Mask::ANY;
                }
                let named =
                    |value: &Option<&str>| value.is_some_and(|value| words.iter().any(|word| word == value));
                let values = values.iter().enumerate().filter(|(_, value)| named(value));
                values.map(|(index, _)| index).collect()
            };
            let devices = Device::ALL.map(|device| Some(device.as_str()));
            Candidate {
                rule: way.rule.number,
                masks: [
                    mask(&when.product, &some(&self.products)),
                    mask(&when.language, &some(&self.languages)),
                    mask(&when.device, &devices),
                    mask(&when.media, &self.media),
                ],
                place: place(&way.place),
                window: way.window.clone(),
            }
        };
        layer.ways.iter().map(candidate).collect()
    }

    fn example(&self, Cell { zip, values }: Cell) -> Example {
        let [product, language, device, media] = values;
        let word = |words: &[&str], value: usize| words.get(value).copied().unwrap_or_default().to_owned();
        let device = Device::ALL
            .get(device)
            .map(|device| device.as_str())
            .unwrap_or_default();
        Example {
            zip: Zip::from_number(i64::from(zip))
                .map(|zip| zip.to_string())
                .unwrap_or_default(),
            product: word(&self.products, product),
            language: word(&self.languages, language),
            device: device.to_owned(),
            media: self.media.get(media).copied().flatten().map(str::to_owned),
        }
    }
}

fn some<'a>(words: &[&'a str]) -> Vec<Option<&'a str>> {
    words.iter().copied().map(Some).collect()
}

/// The same ZIPs, ascending, each once.
fn apart(runs: &[Range<u32>]) -> Vec<Range<u32>> {
    let mut runs = runs.to_vec();
    runs.sort_unstable_by_key(|run| run.start);
    let mut merged: Vec<Range<u32>> = Vec::with_capacity(runs.len());
    for run in runs {
        match merged.last_mut() {
            Some(last) if run.start <= last.end => last.end = last.end.max(run.end),
            _ => merged.push(run),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn set(rules: Value) -> RuleSet {
        let set = json!({
            "brand": "acme",
            "settings": {
                "languages": ["en", "es"],
                "default_language": "en",
                "destinations": ["q.example"],
                "products": [{ "code": "auto" }, { "code": "home" }],
            },
            "rules": rules,
        });
        serde_json::from_value(set).unwrap()
    }

    fn route(rule: u32, when: Value, priority: i32) -> Value {
        let url = format!("https://q.example/{rule}");
        let target = json!({ "variants": [{ "name": "a", "url": url }] });
        json!({ "kind": "route", "rule": rule, "when": when, "priority": priority, "target": target })
    }

    fn unreachable(rules: Value) -> Vec<Unreachable> {
        analyse(&set(rules)).unwrap().unreachable
    }

    #[test]
    fn a_rule_that_another_covers_whole_names_that_one_and_a_visitor() {
        let found = unreachable(json!([
            route(1, json!({ "product": ["auto"], "zip": ["10001"] }), 0),
            route(2, json!({ "product": ["auto"] }), 5),
        ]));
        assert_eq!(
            found,
            [Unreachable {
                rule: 1,
                why: Why::Shadowed,
                shadowed_by: vec![2],
                more: 0,
                example: Some(Example {
                    zip: "10001".to_owned(),
                    product: "auto".to_owned(),
                    language: "en".to_owned(),
                    device: "mobile".to_owned(),
                    media: None,
                }),
            }]
        );
    }

    #[test]
    fn a_rule_that_several_cover_together_names_them() {
        let found = unreachable(json!([
            route(1, json!({ "product": ["auto"] }), 0),
            route(2, json!({ "product": ["auto"], "language": ["en"] }), 5),
            route(3, json!({ "product": ["auto"], "language": ["es"] }), 5),
        ]));
        let named: Vec<_> = found
            .iter()
            .map(|found| (found.rule, found.shadowed_by.as_slice()))
            .collect();
        assert_eq!(named, [(1, [2, 3].as_slice())]);
    }

    #[test]
    fn a_rule_of_zips_in_no_state_is_nowhere() {
        let found = unreachable(json!([route(1, json!({ "zip": ["00000"] }), 0)]));
        let named: Vec<_> = found.iter().map(|found| (found.rule, found.why)).collect();
        assert_eq!(named, [(1, Why::Nowhere)]);
    }

    #[test]
    fn a_window_that_ends_leaves_its_place_to_the_rule_below() {
        let mut first = route(1, json!({ "product": ["auto"] }), 5);
        first["until"] = json!("2030-01-01T00:00:00Z");
        assert_eq!(
            unreachable(json!([first, route(2, json!({ "product": ["auto"] }), 0)])),
            []
        );
    }

    #[test]
    fn more_values_than_can_be_analysed_are_told() {
        let media: Vec<String> = (0..256).map(|number| format!("m{number}")).collect();
        let refused = analyse(&set(json!([route(1, json!({ "media": media }), 0)]))).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "media has 257 values; at most 256 can be analysed"
        );
    }

    #[test]
    fn an_attribute_rule_is_reached_while_one_of_its_variables_is() {
        let attribute = |rule: u32, priority: i32, vars: Value| json!({ "kind": "attribute", "rule": rule, "priority": priority, "vars": vars });
        let below = attribute(1, 0, json!({ "phone": "1", "desk": "1" }));
        let one = attribute(2, 5, json!({ "phone": "2" }));
        let other = attribute(3, 5, json!({ "desk": "3" }));
        assert_eq!(unreachable(json!([below, one])), []);
        let found = unreachable(json!([below, one, other]));
        assert_eq!(found.iter().map(|found| found.rule).collect::<Vec<_>>(), [1]);
    }
}
