//! Large rule sets in the shape of real ones: mostly specific to a product, two thirds by state, a fifth for
//! any place, the rest by ZIP.
//!
//! Product sets are blocks of a partition, and the destination follows from the block, the kind of place and the
//! conditions that are fixed. Rules of equal rank that meet then always want the same, so the set has no ties.

use std::collections::HashSet;

use marquee_shared::rules::{
    Action, Product, Rule, RuleSet, Settings, Split, Target, Variant, When, ZipClause,
};
use marquee_shared::zip::{State, Zip, locate};
use time::{Duration, OffsetDateTime};

use crate::random::Random;

const DESTINATIONS: usize = 5;

/// A brand `large` of `count` rules, up to 200,000. More rules have more products and channels: 12 × 16, 24 × 30
/// above 5,000, 40 × 40 above 50,000.
#[must_use]
pub fn rules(count: usize, seed: u64) -> RuleSet {
    let (products, media) = match count {
        0..=5_000 => (12, 16),
        5_001..=50_000 => (24, 30),
        _ => (40, 40),
    };
    let mut generator = Generator {
        random: Random::new(seed),
        blocks: blocks(products),
        media,
    };
    let mut seen = HashSet::new();
    let mut rules = Vec::with_capacity(count);
    for number in (1..).take(count) {
        loop {
            let rule = generator.rule(number);
            if seen.insert((rule.priority, rule.when.clone(), rule.from, rule.until)) {
                rules.push(rule);
                break;
            }
        }
    }
    RuleSet {
        brand: "large".to_owned(),
        settings: settings(products),
        rules,
    }
}

fn settings(products: usize) -> Settings {
    let product = |index| Product {
        code: code("product", index),
        name: String::new(),
        fallback_url: None,
    };
    Settings {
        hosts: vec!["large.localhost".to_owned()],
        languages: vec!["en".to_owned(), "es".to_owned()],
        default_language: "en".to_owned(),
        destinations: (0..DESTINATIONS)
            .map(|index| format!("quotes-{index}.example"))
            .collect(),
        fallback_url: Some("https://quotes-0.example/?zip={zip}".to_owned()),
        system_value: "large".to_owned(),
        products: (0..products).map(product).collect(),
        ..Settings::default()
    }
}

fn code(name: &str, index: usize) -> String {
    format!("{name}-{index}")
}

/// The products in blocks of one, two, three, one …
fn blocks(products: usize) -> Vec<Vec<String>> {
    let mut codes = (0..products).map(|index| code("product", index)).peekable();
    let mut blocks = Vec::new();
    for size in [1, 2, 3].into_iter().cycle() {
        if codes.peek().is_none() {
            break;
        }
        blocks.push(codes.by_ref().take(size).collect());
    }
    blocks
}

struct Generator {
    random: Random,
    blocks: Vec<Vec<String>>,
    media: usize,
}

impl Generator {
    fn rule(&mut self, number: u32) -> Rule {
        let mut when = When::default();
        let mut place = 0;
        match self.random.below(100) {
            0..21 => {}
            21..85 => {
                place = 1;
                when.state = self.states();
            }
            _ => {
                place = 2;
                when.zip = self.zips();
            }
        }
        let block = self
            .random
            .percent(92)
            .then(|| self.random.skewed(self.blocks.len()));
        when.product = block.map(|block| self.blocks[block].clone()).unwrap_or_default();
        if self.random.percent(65) {
            when.language = vec![["en", "es"][self.random.skewed(2)].to_owned()];
        }
        if self.random.percent(45) {
            when.device = vec![["mobile", "desktop", "tablet"][self.random.skewed(3)].to_owned()];
        }
        if self.random.percent(60) {
            when.media = self.media();
        }
        let (from, until) = if self.random.percent(2) {
            self.window()
        } else {
            (None, None)
        };
        let fixed = [&when.product, &when.language, &when.device, &when.media];
        let fixed = fixed
            .iter()
            .fold(0, |bits, set| bits * 2 + usize::from(!set.is_empty()));
        // A broad rule of a high priority would hide nearly all others.
        let narrow = place > 0 && fixed.count_ones() >= 3;
        let priority = if self.random.percent(3) && narrow {
            self.random.between(1..=10) as i32 - 5
        } else {
            0
        };
        let action = target(block, place, fixed);
        Rule {
            number,
            enabled: true,
            priority,
            when,
            from,
            until,
            action,
            note: String::new(),
        }
    }

    /// One to twenty.
    fn states(&mut self) -> Vec<String> {
        let all: Vec<State> = State::all().collect();
        let count = self.random.between(1..=20);
        let mut states: Vec<&str> = (0..count)
            .map(|_| all[self.random.below(all.len())].code())
            .collect();
        states.sort_unstable();
        states.dedup();
        states.into_iter().map(str::to_owned).collect()
    }

    /// One to five neighbours.
    fn media(&mut self) -> Vec<String> {
        let first = self.random.skewed(self.media);
        let count = self.random.between(1..=5);
        (first..self.media.min(first + count))
            .map(|index| code("media", index))
            .collect()
    }

    fn window(&mut self) -> (Option<OffsetDateTime>, Option<OffsetDateTime>) {
        let day = |days: usize| {
            time::macros::datetime!(2026-01-01 00:00 UTC)
                + Duration::days(i64::try_from(days).unwrap_or_default())
        };
        let from = self.random.below(700);
        (Some(day(from)), Some(day(from + self.random.between(1..=90))))
    }

    fn zips(&mut self) -> Vec<ZipClause> {
        let mut zips = match self.random.below(10) {
            0..5 => {
                // Mostly around one place.
                let centre = self.zip();
                let count = self.random.between(1..=60);
                let near =
                    |zip: u32, random: &mut Random| (zip / 100 * 100 + random.below(300) as u32).min(99_999);
                let list = (0..count).map(|_| {
                    let zip = if self.random.percent(80) {
                        near(centre, &mut self.random)
                    } else {
                        self.zip()
                    };
                    ZipClause::Exact(zip)
                });
                list.filter(|clause| assigned(clause.interval().start)).collect()
            }
            5..8 => (0..self.random.between(1..=8))
                .map(|_| ZipClause::Prefix(self.zip() / 100))
                .collect(),
            _ => (0..self.random.between(1..=2))
                .map(|_| {
                    let first = self.zip().min(99_000);
                    ZipClause::Range(first, first + self.random.between(20..=999) as u32)
                })
                .collect::<Vec<_>>(),
        };
        if zips.is_empty() {
            zips.push(ZipClause::Exact(self.zip()));
        }
        zips.sort_unstable();
        zips.dedup();
        zips
    }

    /// One that lies in a state.
    fn zip(&mut self) -> u32 {
        loop {
            let zip = self.random.between(500..=99_899) as u32;
            if assigned(zip) {
                return zip;
            }
        }
    }
}

fn assigned(zip: u32) -> bool {
    Zip::from_number(i64::from(zip)).is_some_and(|zip| locate(zip).state.is_some())
}

/// The destination of a block of products, a kind of place and a set of fixed conditions; one in ten is a split.
fn target(block: Option<usize>, place: usize, fixed: usize) -> Action {
    let page = block.map_or(0, |block| block + 1) * 48 + place * 16 + fixed;
    let variant = |name: &str, weight| Variant {
        name: name.to_owned(),
        weight,
        url: format!(
            "https://quotes-{}.example/form/{page}/{name}?zip={{zip}}",
            page % DESTINATIONS
        ),
        system: page.is_multiple_of(3).then(|| "rater".to_owned()),
    };
    let (split, variants) = match page % 20 {
        7 => (Split::Sticky, vec![variant("a", 1), variant("b", 1)]),
        13 => (
            Split::Rotate,
            vec![variant("a", 5), variant("b", 3), variant("c", 2)],
        ),
        _ => (Split::Sticky, vec![variant("a", 1)]),
    };
    Action::Route(Target::Split { split, variants })
}
