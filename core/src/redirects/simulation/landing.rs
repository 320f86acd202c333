use std::collections::HashMap;

use marquee_shared::code::is_code;
use marquee_shared::decide::{Device, Visitor};
use marquee_shared::rules::{Action, Target};
use marquee_shared::zip::{Typed, Zip};

use super::Stage;

/// Visitors who were alike: what is kept of a hit for being replayed.
#[derive(Clone, Debug)]
pub struct Kind<'a> {
    pub product: &'a str,
    pub language: &'a str,
    pub device: &'a str,
    pub media: Option<&'a str>,
    pub zip: &'a str,
}

/// Where visitors of a kind end up.
#[derive(Clone, Debug, PartialEq)]
pub struct Landing<'a> {
    pub outcome: &'static str,
    pub rule: Option<u32>,
    /// Each destination once, as template and system, with its share of them, 1 in sum; none if they are lost.
    pub shares: Vec<(Destination<'a>, f64)>,
    /// Variables, by name.
    pub attributes: Vec<(&'a str, &'a str)>,
}

/// What tells two destinations apart.
pub type Destination<'a> = (&'a str, Option<&'a str>);

/// Answers for kinds of visitors rather than single ones: a split is shared out instead of drawn from.
#[derive(Debug)]
pub struct Replay<'a> {
    stage: &'a Stage,
    /// The destinations of splits, by rule.
    splits: HashMap<u32, Vec<(Destination<'a>, f64)>>,
    at: i64,
}

impl<'a> Replay<'a> {
    /// As if everybody came at `at`, in Unix seconds.
    #[must_use]
    pub fn new(stage: &'a Stage, at: i64) -> Self {
        let mut splits = HashMap::new();
        for rule in &stage.set.rules {
            let Action::Route(Target::Split { variants, .. }) = &rule.action else {
                continue;
            };
            let all: u64 = variants.iter().map(|variant| u64::from(variant.weight)).sum();
            let mut shares: Vec<(Destination<'a>, f64)> = Vec::new();
            for variant in variants.iter().filter(|variant| variant.weight > 0) {
                let destination = (variant.url.as_str(), variant.system.as_deref());
                let share = f64::from(variant.weight) / all.max(1) as f64;
                match shares.iter_mut().find(|(known, _)| *known == destination) {
                    Some((_, sum)) => *sum += share,
                    None => shares.push((destination, share)),
                }
            }
            splits.insert(rule.number, shares);
        }
        Self { stage, splits, at }
    }

    /// `None`: the brand no longer has the product or the language, or what was stored cannot be read.
    #[must_use]
    pub fn land(&self, kind: &Kind<'_>) -> Option<Landing<'a>> {
        let settings = &self.stage.set.settings;
        let product = settings
            .products
            .iter()
            .any(|product| product.code == kind.product);
        // A language that is gone is answered with the default, as at the edge.
        let language = settings
            .languages
            .iter()
            .find(|language| *language == kind.language);
        let visitor = Visitor {
            product: kind.product,
            zip: Typed {
                zip: Zip::parse(kind.zip).ok()?.zip,
                plus4: None,
            },
            language: language.unwrap_or(&settings.default_language),
            device: Device::parse(kind.device)?,
            media: kind.media.filter(|media| is_code(media)).unwrap_or_default(),
            at: self.at,
            hit: "",
            seed: 0,
            query: "",
        };
        if !product {
            return None;
        }
        let decision = self.stage.decide(&visitor);
        let split = decision
            .variant
            .and(decision.rule)
            .and_then(|rule| self.splits.get(&rule).cloned());
        let alone = || decision.url.map(|url| ((url, decision.system), 1.0));
        Some(Landing {
            outcome: decision.outcome.as_str(),
            rule: decision.rule,
            shares: split.unwrap_or_else(|| alone().into_iter().collect()),
            attributes: decision.attributes,
        })
    }
}

impl Landing<'_> {
    /// The least share of the visitors who end up elsewhere if `self` takes the place of `before`: 0 to 1.
    #[must_use]
    pub fn moved_from(&self, before: &Landing<'_>) -> f64 {
        if self.shares.is_empty() && before.shares.is_empty() {
            return 0.0;
        }
        let before = |destination| {
            let mut known = before.shares.iter();
            known
                .find(|(known, _)| known == destination)
                .map_or(0.0, |(_, share)| *share)
        };
        let stay: f64 = self
            .shares
            .iter()
            .map(|(destination, share)| share.min(before(destination)))
            .sum();
        (1.0 - stay).clamp(0.0, 1.0)
    }
}
