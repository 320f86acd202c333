//! Words and numbers: the values that rule sets tell apart.

use std::ops::Range;

use marquee_shared::compile::{self, Layer, Way};
use marquee_shared::decide::Device;
use marquee_shared::rules::RuleSet;
use marquee_shared::zip::Zip;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::super::diagram::{self, Candidate, Cell, DIMENSIONS, MAX_VALUES, Mask};
use super::Unfit;

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
    /// When; `null`: at the moment of the question
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(example = json!(null))]
    pub at: Option<OffsetDateTime>,
}

/// The values of each dimension that rule sets can tell apart, in the diagram's order of dimensions.
pub(in crate::redirects) struct Space<'a> {
    pub(super) products: Vec<&'a str>,
    pub(super) languages: Vec<&'a str>,
    /// The first is any that no rule names.
    pub(super) media: Vec<Option<&'a str>>,
    /// Unix seconds. Nothing that was over before exists, and whatever had begun was always there.
    since: i64,
}

impl<'a> Space<'a> {
    /// Of all the sets' values together.
    pub(in crate::redirects) fn of(sets: &[&'a RuleSet], since: i64) -> Result<Self, Unfit> {
        let rules = sets.iter().flat_map(|set| &set.rules).filter(|rule| rule.enabled);
        let mut named: Vec<&str> = rules
            .flat_map(|rule| &rule.when.media)
            .map(String::as_str)
            .collect();
        named.sort_unstable();
        named.dedup();
        let settings = || sets.iter().map(|set| &set.settings);
        let products = settings().flat_map(|settings| &settings.products);
        let space = Self {
            products: each_once(products.map(|product| product.code.as_str())),
            languages: each_once(
                settings()
                    .flat_map(|settings| &settings.languages)
                    .map(String::as_str),
            ),
            media: std::iter::once(None).chain(named.into_iter().map(Some)).collect(),
            since,
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

    pub(in crate::redirects) fn sizes(&self) -> [usize; DIMENSIONS] {
        [
            self.products.len(),
            self.languages.len(),
            Device::ALL.len(),
            self.media.len(),
        ]
    }

    /// The layer's ways, but for those that are over. The layer is one of `set`.
    pub(in crate::redirects) fn candidates(&self, set: &RuleSet, layer: &Layer<'_>) -> Vec<Candidate> {
        let ways = layer.ways.iter();
        ways.filter_map(|way| self.candidate(set, way)).collect()
    }

    /// None if it is over.
    pub(super) fn candidate(&self, set: &RuleSet, way: &Way<'_>) -> Option<Candidate> {
        let when = &way.rule.when;
        let window = match &way.window {
            Some(window) if window.end <= self.since => return None,
            Some(window) if window.start <= self.since && window.end == i64::MAX => None,
            Some(window) if window.start <= self.since => Some(i64::MIN..window.end),
            window => window.clone(),
        };
        let mask = |words: &[String], values: &mut dyn Iterator<Item = Option<&str>>| {
            if words.is_empty() {
                return Mask::ANY;
            }
            let named =
                |value: &Option<&str>| value.is_some_and(|value| words.iter().any(|word| word == value));
            let values = values.enumerate().filter(|(_, value)| named(value));
            values.map(|(index, _)| index).collect()
        };
        // Whoever asks for a language that the brand does not have is given its own.
        let settings = &set.settings;
        let spoken = |language: &&'a str| {
            if settings.languages.iter().any(|own| own == language) {
                *language
            } else {
                settings.default_language.as_str()
            }
        };
        let masks = [
            mask(
                &when.product,
                &mut self.products.iter().map(|product| Some(*product)),
            ),
            mask(
                &when.language,
                &mut self.languages.iter().map(|language| Some(spoken(language))),
            ),
            mask(
                &when.device,
                &mut Device::ALL.iter().map(|device| Some(device.as_str())),
            ),
            mask(&when.media, &mut self.media.iter().copied()),
        ];
        let place = match &way.place {
            compile::Place::Any => diagram::Place::Any,
            compile::Place::States(states) => diagram::Place::States(*states),
            compile::Place::Areas(runs) | compile::Place::Exact(runs) => diagram::Place::Zips(apart(runs)),
        };
        Some(Candidate {
            rule: way.rule.number,
            masks,
            place,
            window,
        })
    }

    /// `from` is when the example holds from on.
    pub(in crate::redirects) fn example(&self, Cell { zip, values }: Cell, from: i64) -> Example {
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
            at: instant(from),
        }
    }
}

/// None for the beginning and the end of time, and for what the calendar does not have.
pub(super) fn instant(seconds: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(seconds).ok()
}

fn each_once<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for word in words {
        if !seen.contains(&word) {
            seen.push(word);
        }
    }
    seen
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
