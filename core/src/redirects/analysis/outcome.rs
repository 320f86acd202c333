//! What a visitor gets of a decision: two that come to the same are one, whichever rule was it.

use std::collections::HashMap;

use marquee_shared::rules::{Action, Mode, Rule, RuleSet, Split, Target, Variant};
use marquee_shared::template::{Part, parts};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::diagram::{Candidate, NOBODY};
use super::Space;

/// Who decides, and what for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
pub struct Decider {
    /// `rule`, `product_fallback`, `brand_fallback` or `none`
    #[schema(example = "rule")]
    pub answer: &'static str,
    /// The rule, also one that sends to the brand's fallback
    #[schema(example = 41)]
    pub rule: Option<u32>,
    /// The destination, those of a split with their shares; or the variable's value
    #[schema(example = "https://quotes.acme.example/new-york")]
    pub gives: Option<String>,
}

/// Outcomes of two rule sets, each once.
#[derive(Default)]
pub(super) struct Outcomes<'a>(HashMap<Outcome<'a>, u32>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Outcome<'a> {
    Sent {
        shares: Vec<(u32, Destination<'a>)>,
        rotates: bool,
        /// Where it matters: in the draw of a split, and in URLs that name it.
        rule: Option<u32>,
    },
    Value(&'a str),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Destination<'a> {
    url: &'a str,
    system: Option<&'a str>,
    /// What the system sends, as far as the brand can say.
    parameters: Vec<(&'a str, &'a str)>,
}

/// What a layer of one rule set comes to.
pub(super) struct Answers<'a> {
    set: &'a RuleSet,
    variable: Option<&'a str>,
    /// By product.
    pub(super) kinds: Vec<usize>,
    /// By kind: a product of it, if the brand has it.
    products: Vec<Option<usize>>,
    /// By kind, of those for whom no rule decides.
    nobody: Vec<u32>,
    /// By rank.
    ranks: Vec<u32>,
    rules: Vec<&'a Rule>,
}

impl<'a> Answers<'a> {
    pub(super) fn of(
        outcomes: &mut Outcomes<'a>,
        space: &Space<'_>,
        set: &'a RuleSet,
        variable: Option<&'a str>,
        candidates: &[Candidate],
    ) -> Self {
        let by_number: HashMap<u32, &Rule> = set.rules.iter().map(|rule| (rule.number, rule)).collect();
        let rules: Vec<&Rule> = candidates
            .iter()
            .filter_map(|candidate| by_number.get(&candidate.rule).copied())
            .collect();
        let ranks = rules
            .iter()
            .map(|rule| outcomes.of_rule(set, rule, variable))
            .collect();
        let mut answers = Self {
            set,
            variable,
            kinds: Vec::new(),
            products: Vec::new(),
            nobody: Vec::new(),
            ranks,
            rules,
        };
        for product in &space.products {
            let index = set.settings.products.iter().position(|own| own.code == *product);
            let nobody = index.map_or(NOBODY, |index| match (variable, answers.fallback(index).1) {
                (None, Some(url)) => outcomes.plain(url, None),
                _ => NOBODY,
            });
            let alike = (0..answers.products.len()).find(|kind| {
                answers.nobody[*kind] == nobody && answers.products[*kind].is_some() == index.is_some()
            });
            let kind = alike.unwrap_or_else(|| {
                answers.products.push(index);
                answers.nobody.push(nobody);
                answers.nobody.len() - 1
            });
            answers.kinds.push(kind);
        }
        answers
    }

    /// The number of what a rank comes to, for a kind of products.
    pub(super) fn says(&self, kind: usize, rank: u32) -> u32 {
        if self.products.get(kind).copied().flatten().is_none() {
            return NOBODY;
        }
        let nobody = self.nobody.get(kind).copied().unwrap_or(NOBODY);
        self.ranks.get(rank as usize).copied().unwrap_or(nobody)
    }

    /// The same for people.
    pub(super) fn decider(&self, kind: usize, rank: u32) -> Decider {
        let none = Decider {
            answer: "none",
            rule: None,
            gives: None,
        };
        let Some(product) = self.products.get(kind).copied().flatten() else {
            return none;
        };
        let rule = self.rules.get(rank as usize);
        let number = rule.map(|rule| rule.number);
        match (rule.map(|rule| &rule.action), self.variable) {
            (Some(Action::Attribute(values)), Some(variable)) => Decider {
                answer: "rule",
                rule: number,
                gives: values.get(variable).cloned(),
            },
            (_, Some(_)) => none,
            (Some(Action::Route(Target::Split { variants, .. })), None)
                if self.set.settings.mode == Mode::Rules =>
            {
                Decider {
                    answer: "rule",
                    rule: number,
                    gives: Some(destinations(variants)),
                }
            }
            (Some(_), None) => Decider {
                answer: "brand_fallback",
                rule: number,
                gives: self.set.settings.fallback_url.clone(),
            },
            (None, None) => match self.fallback(product) {
                (_, None) => none,
                (answer, url) => Decider {
                    answer,
                    rule: None,
                    gives: url.map(str::to_owned),
                },
            },
        }
    }

    /// Of a product: what takes whom no rule wants.
    fn fallback(&self, product: usize) -> (&'static str, Option<&'a str>) {
        let settings = &self.set.settings;
        let own = settings
            .products
            .get(product)
            .and_then(|product| product.fallback_url.as_deref());
        match own.filter(|_| settings.mode == Mode::Rules) {
            Some(url) => ("product_fallback", Some(url)),
            None => ("brand_fallback", settings.fallback_url.as_deref()),
        }
    }
}

impl<'a> Outcomes<'a> {
    fn number(&mut self, outcome: Outcome<'a>) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(NOBODY);
        *self.0.entry(outcome).or_insert(next)
    }

    fn of_rule(&mut self, set: &'a RuleSet, rule: &'a Rule, variable: Option<&'a str>) -> u32 {
        match (&rule.action, variable) {
            (Action::Attribute(values), Some(variable)) => match values.get(variable) {
                Some(value) => self.number(Outcome::Value(value)),
                None => NOBODY,
            },
            (Action::Route(Target::Split { split, variants }), None) if set.settings.mode == Mode::Rules => {
                self.split(set, rule.number, *split, variants)
            }
            _ => match set.settings.fallback_url.as_deref() {
                Some(url) => self.plain(url, Some(rule.number)),
                None => NOBODY,
            },
        }
    }

    fn plain(&mut self, url: &'a str, rule: Option<u32>) -> u32 {
        let destination = Destination {
            url,
            system: None,
            parameters: Vec::new(),
        };
        let rule = rule.filter(|_| names_rule(&destination));
        self.number(Outcome::Sent {
            shares: vec![(1, destination)],
            rotates: false,
            rule,
        })
    }

    fn split(&mut self, set: &'a RuleSet, rule: u32, split: Split, variants: &'a [Variant]) -> u32 {
        let drawn = variants.iter().filter(|variant| variant.weight > 0);
        let mut shares: Vec<(u32, Destination<'a>)> = drawn
            .map(|variant| (variant.weight, destination(set, variant)))
            .collect();
        let rotates = split == Split::Rotate;
        if rotates {
            // Each hit draws anew: only the shares are to be seen.
            shares.sort_by(|a, b| a.1.cmp(&b.1));
        }
        shares.dedup_by(|(weight, next), (sum, destination)| {
            let same = next == destination;
            *sum = if same { sum.saturating_add(*weight) } else { *sum };
            same
        });
        let divisor = shares.iter().map(|(weight, _)| *weight).fold(0, gcd).max(1);
        for (weight, _) in &mut shares {
            *weight /= divisor;
        }
        // A visitor's draw is salted with the rule's number: another rule would move him.
        let salted = shares.len() > 1 && !rotates;
        let named = salted || shares.iter().any(|(_, destination)| names_rule(destination));
        self.number(Outcome::Sent {
            rotates: rotates && shares.len() > 1,
            shares,
            rule: named.then_some(rule),
        })
    }
}

fn destination<'a>(set: &'a RuleSet, variant: &'a Variant) -> Destination<'a> {
    let settings = &set.settings;
    let system = variant.system.as_deref();
    let custom = system.and_then(|system| settings.systems.get(system));
    let parameters = match (system, custom) {
        (None, _) => Vec::new(),
        // Those that are built in differ by one value only.
        (Some(_), None) => vec![("system", settings.system_value.as_str())],
        (Some(_), Some(parameters)) => {
            let parameters = parameters.iter();
            parameters
                .map(|parameter| (parameter.name.as_str(), parameter.value.as_str()))
                .collect()
        }
    };
    Destination {
        url: &variant.url,
        system,
        parameters,
    }
}

fn names_rule(destination: &Destination<'_>) -> bool {
    let values = destination.parameters.iter().map(|(_, value)| *value);
    let mut templates = values.chain([destination.url]);
    templates.any(|template| parts(template).any(|part| part == Part::Placeholder("rule")))
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// `75.0 % https://…, 25.0 % https://…`, or one alone.
fn destinations(variants: &[Variant]) -> String {
    let drawn: Vec<&Variant> = variants.iter().filter(|variant| variant.weight > 0).collect();
    if let [alone] = *drawn {
        return alone.url.clone();
    }
    let all: f64 = drawn.iter().map(|variant| f64::from(variant.weight)).sum();
    let share =
        |variant: &&Variant| format!("{:.1} % {}", f64::from(variant.weight) * 100.0 / all, variant.url);
    drawn.iter().map(share).collect::<Vec<_>>().join(", ")
}
