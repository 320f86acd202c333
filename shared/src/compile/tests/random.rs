use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::compile::random::Random;
use crate::decide::{Device, Visitor};
use crate::rules::{Action, Product, Rule, RuleSet, Settings, Split, Target, Variant, When, ZipClause};
use crate::zip::{Typed, Zip};

const PRODUCTS: [&str; 6] = ["auto", "boat", "home", "life", "pet", "rv"];
const LANGUAGES: [&str; 2] = ["en", "es"];
const DEVICES: [&str; 3] = ["mobile", "tablet", "desktop"];
const MEDIA: [&str; 4] = ["bing", "google", "mail", "tv"];
/// A handful of places that meet: CT and NY with an exception, a ZIP at either end, one of no state.
const ZIPS: [u32; 10] = [
    6_390, 6_389, 6_300, 6_399, 10_001, 10_002, 10_099, 10_100, 99_999, 0,
];
const STATES: [&str; 4] = ["CT", "NY", "AK", "CA"];

impl Random {
    /// Any, or some of the values.
    fn some(&mut self, from: &[&str]) -> Vec<String> {
        if self.one_in(2) {
            return Vec::new();
        }
        let mut values = Vec::new();
        for _ in 0..=self.below(3) {
            values.push(self.pick(from).to_owned());
        }
        values
    }

    fn moment(&mut self) -> Option<OffsetDateTime> {
        let at = self.below(8) as i64;
        (!self.one_in(2)).then(|| OffsetDateTime::from_unix_timestamp(at).unwrap())
    }

    fn zips(&mut self) -> Vec<ZipClause> {
        let mut zips = Vec::new();
        for _ in 0..self.below(4) {
            let zip = self.pick(&ZIPS);
            zips.push(match self.below(3) {
                0 => ZipClause::Exact(zip),
                1 => ZipClause::Prefix(zip / 100),
                _ => ZipClause::Range(zip.min(99_998), (zip + 1 + self.below(300) as u32).min(99_999)),
            });
        }
        zips.retain(|clause| clause.interval().start > 499 && !clause.interval().is_empty());
        zips
    }

    pub(super) fn rule(&mut self, number: u32) -> Rule {
        let placed = self.below(3);
        let when = When {
            product: self.some(&PRODUCTS),
            language: self.some(&LANGUAGES),
            device: self.some(&DEVICES),
            media: self.some(&MEDIA),
            state: if placed == 1 {
                self.some(&STATES)
            } else {
                Vec::new()
            },
            zip: if placed > 0 { self.zips() } else { Vec::new() },
        };
        let windowed = self.one_in(3);
        Rule {
            number,
            enabled: !self.one_in(10),
            priority: if self.one_in(5) {
                self.below(3) as i32 - 1
            } else {
                0
            },
            when,
            from: if windowed { self.moment() } else { None },
            until: if windowed { self.moment() } else { None },
            action: if self.one_in(4) {
                self.attribute()
            } else {
                self.route()
            },
            note: String::new(),
        }
    }

    fn route(&mut self) -> Action {
        let url = format!("https://q.example/{}", self.below(4));
        let variant = Variant {
            name: "a".to_owned(),
            weight: 1,
            url,
            system: None,
        };
        Action::Route(Target::Split {
            split: Split::Sticky,
            variants: vec![variant],
        })
    }

    fn attribute(&mut self) -> Action {
        let value = self.below(3).to_string();
        let variable = self.pick(&["phone", "media_code"]).to_owned();
        let mut values = BTreeMap::from([(variable, value)]);
        if self.one_in(3) {
            values.insert("agent".to_owned(), "7".to_owned());
        }
        Action::Attribute(values)
    }

    /// Up to so many rules, whose numbers are not in order.
    pub(super) fn rule_set(&mut self, rules: usize) -> RuleSet {
        let count = 1 + self.below(rules);
        let mut set = settings();
        set.rules = (0..count)
            .map(|index| self.rule((index * 7919 % 10_007) as u32 + 1))
            .collect();
        set
    }

    pub(super) fn visitor(&mut self) -> Visitor<'static> {
        let zip = if self.one_in(4) {
            self.below(100_000) as u32
        } else {
            self.pick(&ZIPS)
        };
        Visitor {
            product: self.pick(&PRODUCTS),
            zip: Typed {
                zip: Zip::from_number(i64::from(zip)).unwrap(),
                plus4: None,
            },
            language: self.pick(&["en", "es", "fr"]),
            device: self.pick(&Device::ALL),
            media: self.pick(&["bing", "google", "mail", "tv", "radio", ""]),
            at: self.below(8) as i64,
            hit: "",
            seed: self.next(),
            query: "",
        }
    }
}

/// A brand without rules.
pub(super) fn settings() -> RuleSet {
    let product = |code: &str| Product {
        code: code.to_owned(),
        name: String::new(),
        fallback_url: None,
    };
    RuleSet {
        brand: "acme".to_owned(),
        settings: Settings {
            hosts: vec!["go.acme.example".to_owned()],
            languages: LANGUAGES.map(String::from).to_vec(),
            default_language: "en".to_owned(),
            destinations: vec!["q.example".to_owned()],
            products: PRODUCTS.map(product).to_vec(),
            ..Settings::default()
        },
        rules: Vec::new(),
    }
}
