//! Visitors who find out how a table differs from its rules.

use crate::compile::random::Random;
use crate::decide::{Device, Visitor};
use crate::rules::{Rule, RuleSet};
use crate::zip::{State, Typed, Zip, locate};

/// One visitor in so many is nobody's aim, and one condition in so many is missed.
const MISS: usize = 16;
/// What `rotate` draws from.
const HITS: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

/// Visitors without end, aimed at the enabled rules in turn; always the same ones.
pub(super) struct Sample<'a> {
    random: Random,
    rules: Vec<&'a Rule>,
    /// The rule next in turn.
    turn: usize,
    /// What the brand and its rules name, and something that they do not.
    products: Vec<&'a str>,
    languages: Vec<&'a str>,
    media: Vec<&'a str>,
    /// Around every beginning and end of a rule.
    moments: Vec<i64>,
    /// The ZIPs of each state, by its number.
    zips: Vec<Vec<u32>>,
}

impl<'a> Sample<'a> {
    pub(super) fn new(set: &'a RuleSet) -> Self {
        let rules: Vec<_> = set.rules.iter().filter(|rule| rule.enabled).collect();
        let mut moments: Vec<_> = rules.iter().flat_map(|rule| moments(rule)).chain([0]).collect();
        moments.sort_unstable();
        moments.dedup();
        let products = set.settings.products.iter().map(|product| product.code.as_str());
        let media = rules.iter().flat_map(|rule| &rule.when.media).map(String::as_str);
        let mut media: Vec<_> = media.chain(["", "unheard-of"]).collect();
        media.sort_unstable();
        media.dedup();
        let mut zips = vec![Vec::new(); usize::from(State::COUNT) + 1];
        for zip in (0..100_000).filter_map(|number| Zip::from_number(i64::from(number))) {
            if let Some(state) = locate(zip).state {
                zips[usize::from(state.number())].push(zip.number());
            }
        }
        Self {
            random: Random(0x6d61_7271_7565_6532),
            rules,
            turn: 0,
            products: products.chain(["unheard-of"]).collect(),
            languages: set
                .settings
                .languages
                .iter()
                .map(String::as_str)
                .chain(["xx"])
                .collect(),
            media,
            moments,
            zips,
        }
    }

    /// One of the rule's values, or of all that there are.
    fn value(&mut self, own: Option<&'a Vec<String>>, all: impl Fn(&Self) -> &Vec<&'a str>) -> &'a str {
        match own {
            Some(own) if !own.is_empty() && !self.random.one_in(MISS) => {
                let index = self.random.below(own.len());
                &own[index]
            }
            _ => {
                let index = self.random.below(all(self).len());
                all(self)[index]
            }
        }
    }

    fn device(&mut self, rule: Option<&'a Rule>) -> Device {
        let own = rule.filter(|_| !self.random.one_in(MISS));
        let own = own.and_then(|rule| {
            let values = &rule.when.device;
            (!values.is_empty()).then(|| Device::parse(&values[self.random.below(values.len())]))
        });
        own.flatten().unwrap_or_else(|| self.random.pick(&Device::ALL))
    }

    /// In a state of the rule, or at an end of one of its ZIP clauses, or anywhere.
    fn zip(&mut self, rule: Option<&'a Rule>) -> Zip {
        let own = rule.filter(|_| !self.random.one_in(MISS)).and_then(|rule| {
            let (states, clauses) = (&rule.when.state, &rule.when.zip);
            match self.random.below((states.len() + clauses.len()).max(1)) {
                index if index < states.len() => {
                    let zips = &self.zips[usize::from(State::parse(&states[index])?.number())];
                    (!zips.is_empty()).then(|| self.random.pick(zips))
                }
                index => {
                    let zips = clauses.get(index - states.len())?.interval();
                    let inside = zips.start + self.random.below(zips.len().max(1)) as u32;
                    let before = zips.start.saturating_sub(1);
                    Some(self.random.pick(&[
                        before,
                        zips.start,
                        inside,
                        inside,
                        zips.end.saturating_sub(1),
                        zips.end,
                    ]))
                }
            }
        });
        let own = own.and_then(|number| Zip::from_number(i64::from(number)));
        own.unwrap_or_else(|| self.anywhere())
    }

    /// Mostly where somebody lives.
    fn anywhere(&mut self) -> Zip {
        loop {
            let number = self.random.below(100_000) as i64;
            let zip = Zip::from_number(number);
            let zip = zip.filter(|zip| locate(*zip).state.is_some() || self.random.one_in(MISS));
            if let Some(zip) = zip {
                return zip;
            }
        }
    }

    fn at(&mut self, rule: Option<&'a Rule>) -> i64 {
        let own: Vec<_> = rule.into_iter().flat_map(moments).collect();
        if own.is_empty() || self.random.one_in(MISS) {
            self.random.pick(&self.moments)
        } else {
            self.random.pick(&own)
        }
    }
}

/// The seconds around the beginning and the end of a rule, and in the middle of it.
fn moments(rule: &Rule) -> impl Iterator<Item = i64> {
    let ends = [rule.from, rule.until].map(|time| time.map(time::OffsetDateTime::unix_timestamp));
    let middle = match ends {
        [Some(from), Some(until)] => Some(from.midpoint(until)),
        _ => None,
    };
    let ends = ends.into_iter().flatten();
    ends.flat_map(|end| [end - 1, end, end + 1]).chain(middle)
}

impl<'a> Iterator for Sample<'a> {
    type Item = Visitor<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let aimed = !self.rules.is_empty() && !self.random.one_in(MISS);
        let rule = aimed.then(|| self.rules[self.turn % self.rules.len()]);
        self.turn += usize::from(aimed);
        let when = rule.map(|rule| &rule.when);
        Some(Visitor {
            product: self.value(when.map(|when| &when.product), |sample| &sample.products),
            zip: Typed {
                zip: self.zip(rule),
                plus4: None,
            },
            language: self.value(when.map(|when| &when.language), |sample| &sample.languages),
            device: self.device(rule),
            media: self.value(when.map(|when| &when.media), |sample| &sample.media),
            at: self.at(rule),
            hit: self.random.pick(&HITS),
            seed: self.random.next(),
            query: "",
        })
    }
}
