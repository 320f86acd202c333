use std::sync::Arc;

use anyhow::Context as _;
use marquee_shared::city::CityTable;
use marquee_shared::decide::{Decision, Site, Visitor, decide};
use marquee_shared::manifest;
use marquee_shared::rules::{Action, Mode, RuleSet, Split, Target};
use marquee_shared::table::Table;
use marquee_shared::zip::locate;
use serde::Serialize;
use utoipa::ToSchema;

use crate::redirects::manifest::sketch;

/// A rule set ready to answer, as an isolate at the edge holds it.
#[derive(Debug)]
pub struct Stage {
    pub(in crate::redirects) set: Arc<RuleSet>,
    brand: manifest::Brand,
    table: Table,
    city: Option<CityTable>,
    revision: u32,
}

impl Stage {
    /// From the bytes of a table and, where the rules use it, of a city table. In `mode` `Fallback` everybody is
    /// sent to the brand's fallback.
    ///
    /// # Errors
    /// Where bytes cannot be read.
    pub(in crate::redirects) fn new(
        set: Arc<RuleSet>,
        table: Vec<u8>,
        city: Option<Vec<u8>>,
        revision: u32,
        mode: Mode,
    ) -> anyhow::Result<Self> {
        let table = Table::load(table).with_context(|| format!("reading the table of `{}`", set.brand))?;
        let city = city
            .map(CityTable::load)
            .transpose()
            .context("reading the city table")?;
        let mode = match mode {
            Mode::Rules => manifest::Mode::Rules,
            Mode::Fallback => manifest::Mode::Fallback,
        };
        let brand = manifest::Brand { mode, ..sketch(&set) };
        Ok(Self {
            set,
            brand,
            table,
            city,
            revision,
        })
    }

    /// Whether its rules fill in cities.
    pub(in crate::redirects) fn uses_city(&self) -> bool {
        self.city.is_some()
    }

    /// What the edge decides.
    #[must_use]
    pub fn decide(&self, visitor: &Visitor<'_>) -> Decision<'_> {
        let site = Site {
            brand: &self.brand,
            revision: self.revision,
            canary: false,
            table: &self.table,
            city: self.city.as_ref(),
        };
        decide(&site, visitor)
    }

    /// What the edge answers, for people to read.
    pub(in crate::redirects) fn answer(&self, visitor: &Visitor<'_>) -> Answer {
        let decision = self.decide(visitor);
        let attributes = decision.attributes.iter().map(|(name, value)| Attribute {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        });
        Answer {
            outcome: decision.outcome.as_str(),
            lost: decision.lost.map(|lost| lost.as_str()),
            location: decision.location,
            url: decision.url.map(str::to_owned),
            system: decision.system.map(str::to_owned),
            rule: decision.rule,
            variant: decision.variant.map(str::to_owned),
            split: decision.rule.map(|rule| self.shares(rule)).unwrap_or_default(),
            city: decision.city.map(str::to_owned),
            attributes: attributes.collect(),
        }
    }

    /// Who the edge takes the visitor for.
    pub(in crate::redirects) fn seen(visitor: &Visitor<'_>) -> Seen {
        let place = locate(visitor.zip.zip);
        Seen {
            zip: visitor.zip.zip.to_string(),
            zip_known: place.known,
            state: place.state.map(|state| state.code().to_owned()),
            alternatives: place
                .alternatives
                .iter()
                .map(|state| state.code().to_owned())
                .collect(),
            product: visitor.product.to_owned(),
            language: visitor.language.to_owned(),
            device: visitor.device.as_str().to_owned(),
            media: Some(visitor.media.to_owned()).filter(|media| !media.is_empty()),
        }
    }

    fn shares(&self, rule: u32) -> Vec<VariantShare> {
        let rules = &self.set.rules;
        let rule = rules.binary_search_by_key(&rule, |rule| rule.number).ok();
        let Some(Action::Route(Target::Split { variants, split })) =
            rule.and_then(|index| rules.get(index)).map(|rule| &rule.action)
        else {
            return Vec::new();
        };
        let all: u64 = variants.iter().map(|variant| u64::from(variant.weight)).sum();
        let share = |variant: &marquee_shared::rules::Variant| VariantShare {
            variant: variant.name.clone(),
            percent: f64::from(variant.weight) * 100.0 / all.max(1) as f64,
            sticky: *split == Split::Sticky,
            url: variant.url.clone(),
        };
        variants.iter().map(share).collect()
    }
}

/// What the edge answers.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = SimulatedAnswer)]
pub struct Answer {
    /// `redirect`, `product_fallback`, `brand_fallback`, `lost` or `killed`
    #[schema(example = "redirect")]
    pub outcome: &'static str,
    /// Why no rule decided: `zip_unknown` or `no_rule`
    pub lost: Option<&'static str>,
    /// Where the visitor is sent
    #[schema(example = "https://quotes.acme.example/auto?zip=10001")]
    pub location: Option<String>,
    /// The template behind it
    #[schema(example = "https://quotes.acme.example/auto?zip={zip}")]
    pub url: Option<String>,
    #[schema(example = "rater")]
    pub system: Option<String>,
    #[schema(example = 41)]
    pub rule: Option<u32>,
    #[schema(example = "a")]
    pub variant: Option<String>,
    /// All variants of that rule
    pub split: Vec<VariantShare>,
    /// `null` as well where no rule uses cities
    #[schema(example = "New York")]
    pub city: Option<String>,
    /// Variables, by name
    pub attributes: Vec<Attribute>,
}

#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = SimulatedVariant)]
pub struct VariantShare {
    #[schema(example = "a")]
    pub variant: String,
    /// Of the visitors this rule decides for
    #[schema(example = 50.0)]
    pub percent: f64,
    /// The same visitor gets it again
    pub sticky: bool,
    pub url: String,
}

/// A variable that an attribute rule has set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Attribute {
    #[schema(example = "phone")]
    pub name: String,
    #[schema(example = "+18885550342")]
    pub value: String,
}

/// A visitor, as the edge takes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Seen {
    #[schema(example = "10001")]
    pub zip: String,
    /// Our data has it; else the prefix alone tells the state
    pub zip_known: bool,
    #[schema(example = "NY")]
    pub state: Option<String>,
    /// Other states that the ZIP reaches into
    pub alternatives: Vec<String>,
    #[schema(example = "auto")]
    pub product: String,
    #[schema(example = "en")]
    pub language: String,
    #[schema(example = "mobile")]
    pub device: String,
    #[schema(example = "google")]
    pub media: Option<String>,
}
