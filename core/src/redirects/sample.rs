//! How differently two revisions decide, by asking both about the same sampled visitors.

use marquee_shared::decide::{Decision, Device, Visitor};
use marquee_shared::rules::RuleSet;
use marquee_shared::zip::{Typed, Zip, locate};

use super::simulation::Stage;

/// Enough for a share that is right to a percent or so.
const VISITORS: u32 = 10_000;

/// The values of each dimension that a rule set knows.
#[derive(Clone, Debug, Default)]
struct Words {
    products: Vec<String>,
    languages: Vec<String>,
    media: Vec<String>,
}

impl Words {
    #[must_use]
    fn of(set: &RuleSet) -> Self {
        let mut media: Vec<_> = set
            .rules
            .iter()
            .flat_map(|rule| &rule.when.media)
            .cloned()
            .collect();
        // Also the visitor who brings none.
        media.push(String::new());
        media.sort();
        media.dedup();
        Self {
            products: set
                .settings
                .products
                .iter()
                .map(|product| product.code.clone())
                .collect(),
            languages: set.settings.languages.clone(),
            media,
        }
    }

    fn with(&self, other: &Self) -> Self {
        let union = |a: &[String], b: &[String]| {
            let mut words: Vec<_> = a.iter().chain(b).cloned().collect();
            words.sort();
            words.dedup();
            words
        };
        Self {
            products: union(&self.products, &other.products),
            languages: union(&self.languages, &other.languages),
            media: union(&self.media, &other.media),
        }
    }
}

/// The share of visitors, in percent, whom the two send elsewhere or with other variables at `at` (Unix
/// seconds). Visitors are drawn evenly from the words of both and the ZIPs that exist; always the same ones.
#[must_use]
pub(super) fn changed_percent(old: &Stage, new: &Stage, at: i64) -> f64 {
    let words = Words::of(&old.set).with(&Words::of(&new.set));
    let mut draw = Draw(0x6d61_7271_7565_6531);
    let changed = (0..VISITORS).filter(|_| {
        let seed = draw.next();
        let visitor = Visitor {
            product: draw.word(&words.products),
            zip: Typed {
                zip: draw.zip(),
                plus4: None,
            },
            language: draw.word(&words.languages),
            device: draw.one(&Device::ALL).copied().unwrap_or(Device::Desktop),
            media: draw.word(&words.media),
            at,
            hit: "sample",
            seed,
            query: "",
        };
        let (was, is) = (old.decide(&visitor), new.decide(&visitor));
        !alike(&was, &is)
    });
    changed.count() as f64 * 100.0 / f64::from(VISITORS)
}

/// Everything that a visitor or the form behind the link would notice; not which rule it was.
fn alike(was: &Decision<'_>, is: &Decision<'_>) -> bool {
    (was.outcome, was.url, was.system) == (is.outcome, is.url, is.system) && was.attributes == is.attributes
}

/// SplitMix64: small, even and the same everywhere.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        let end = end.max(1) as u64;
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    fn one<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let index = self.below(items.len());
        items.get(index)
    }

    fn word<'a>(&mut self, words: &'a [String]) -> &'a str {
        self.one(words).map_or("", String::as_str)
    }

    /// A ZIP that exists: about two of five numbers do.
    fn zip(&mut self) -> Zip {
        loop {
            let number = i64::try_from(self.next() % 100_000).unwrap_or(0);
            if let Some(zip) = Zip::from_number(number).filter(|zip| locate(*zip).known) {
                return zip;
            }
        }
    }
}
