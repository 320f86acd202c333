//! The one decision: which URL a visitor is sent to. The Worker, the simulator and the tests all ask here.

use crate::city::CityTable;
use crate::destination;
use crate::hit::Outcome;
use crate::manifest::{self, Mode};
use crate::split;
use crate::table::{Route, Table, Variant, layout};
use crate::zip::{State, Typed, locate};

/// What the visitor holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Device {
    Mobile,
    Tablet,
    Desktop,
}

impl Device {
    /// By number, as the table has them.
    pub const ALL: [Self; 3] = [Self::Mobile, Self::Tablet, Self::Desktop];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
            Self::Desktop => "desktop",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|device| device.as_str() == text)
    }
}

/// A brand as it is live.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    pub brand: &'a manifest::Brand,
    /// The revision of `table`: the brand's, or its canary's.
    pub revision: u32,
    pub canary: bool,
    pub table: &'a Table,
    pub city: Option<&'a CityTable>,
}

/// Who asks, and when.
#[derive(Clone, Copy, Debug)]
pub struct Visitor<'a> {
    /// A code of the brand; see [`Table::product`].
    pub product: &'a str,
    pub zip: Typed,
    /// One of the brand's languages.
    pub language: &'a str,
    pub device: Device,
    /// The marketing channel, or empty.
    pub media: &'a str,
    /// Unix seconds.
    pub at: i64,
    /// The hit's id: what `rotate` draws from, and `{hit}`.
    pub hit: &'a str,
    /// What `sticky` draws from: [`crate::split::seed`] of `vid`, else the cookie, else cut IP and user agent.
    pub seed: u64,
    /// The raw query string, for what the brand passes on.
    pub query: &'a str,
}

/// Why a visitor is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Nobody has been assigned the ZIP's prefix.
    ZipUnknown,
    /// No rule matched.
    NoRule,
}

impl Lost {
    /// The error code of SPEC (h).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ZipUnknown => "zip_unknown",
            Self::NoRule => "no_rule",
        }
    }
}

/// What became of a visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision<'a> {
    pub outcome: Outcome,
    /// Why no rule decided, also when a fallback then did.
    pub lost: Option<Lost>,
    /// Where to, parameters and passed query included; its host is on the brand's allow-list.
    pub location: Option<String>,
    /// The template as the rule has it.
    pub url: Option<&'a str>,
    /// The destination's system, such as `rater`.
    pub system: Option<&'a str>,
    /// The number of the rule that decided.
    pub rule: Option<u32>,
    pub variant: Option<&'a str>,
    pub state: Option<State>,
    /// Our data has the ZIP.
    pub known: bool,
    /// Other states that the ZIP reaches into.
    pub alternatives: &'static [State],
    pub city: Option<&'a str>,
    /// Variable → value, by the attribute rules, sorted by variable.
    pub attributes: Vec<(&'a str, &'a str)>,
}

/// Decides. It never panics, and never yields a URL on a host that the manifest does not list.
///
/// A product that the brand does not have is lost without a fallback; [`Table::product`] tells it apart before.
#[must_use]
pub fn decide<'a>(site: &Site<'a>, visitor: &Visitor<'_>) -> Decision<'a> {
    let table = site.table;
    let place = locate(visitor.zip.zip);
    let mut decision = Decision {
        outcome: Outcome::Lost,
        lost: Some(if place.state.is_none() {
            Lost::ZipUnknown
        } else {
            Lost::NoRule
        }),
        location: None,
        url: None,
        system: None,
        rule: None,
        variant: None,
        state: place.state,
        known: place.known,
        alternatives: place.alternatives,
        city: site.city.and_then(|city| city.get(visitor.zip.zip)),
        attributes: Vec::new(),
    };
    let Some(question) = table.question(visitor, place.state) else {
        return decision;
    };
    decision.attributes = table.attributes(&question);

    if site.brand.mode == Mode::Fallback {
        (decision.outcome, decision.lost) = (Outcome::Killed, None);
        decision.url = site.brand.fallback_url.as_deref();
        decision.location = decision
            .url
            .and_then(|url| location(site, visitor, &decision, url, None));
        return decision;
    }
    let decided = table.destination(&question);
    if let Some(route) = decided {
        (decision.rule, decision.lost) = (Some(route.rule), None);
    }
    let route = match decided {
        None => table.fallback(&question),
        Some(route) if route.mode == layout::Mode::ToFallback => table.brand_fallback(),
        decided => decided,
    };
    if let Some(route) = route {
        take(&mut decision, site, visitor, route);
    }
    decision
}

/// Where a visitor without a ZIP is asked for one, with what the brand passes on of the raw query.
#[must_use]
pub fn ask(brand: &manifest::Brand, query: &str) -> Option<String> {
    undecided(brand, brand.ask_url.as_deref()?, query)
}

/// Where the kill switch sends a visitor without a ZIP, with what the brand passes on of the raw query.
#[must_use]
pub fn fallback(brand: &manifest::Brand, query: &str) -> Option<String> {
    undecided(brand, brand.fallback_url.as_deref()?, query)
}

fn undecided(brand: &manifest::Brand, url: &str, query: &str) -> Option<String> {
    destination::location(
        url,
        std::iter::empty(),
        &|_| "",
        query,
        &brand.pass_query,
        &brand.destinations,
    )
}

/// Follows a route to one of its variants.
fn take<'a>(decision: &mut Decision<'a>, site: &Site<'a>, visitor: &Visitor<'_>, route: Route) {
    let Some(variant) = draw(site, visitor, route) else {
        return;
    };
    decision.url = Some(variant.url);
    decision.system = variant.system.map(|system| site.table.system(system));
    decision.location = location(site, visitor, decision, variant.url, variant.system);
    if decision.location.is_none() {
        // The table and the manifest disagree about hosts: nobody is sent anywhere.
        decision.lost = Some(Lost::NoRule);
        return;
    }
    decision.outcome = match route.mode {
        layout::Mode::ProductFallback => Outcome::ProductFallback,
        layout::Mode::BrandFallback => Outcome::BrandFallback,
        _ => Outcome::Redirect,
    };
    decision.variant = Some(variant.name).filter(|_| decision.outcome == Outcome::Redirect);
}

/// The variant whose buckets the visitor, or the hit, falls into.
fn draw<'a>(site: &Site<'a>, visitor: &Visitor<'_>, route: Route) -> Option<Variant<'a>> {
    let mut variants = site.table.variants(route);
    let bucket = match route.mode {
        layout::Mode::Sticky => split::bucket(&site.brand.code, route.rule, visitor.seed),
        layout::Mode::Rotate => {
            split::bucket(&site.brand.code, route.rule, split::seed(visitor.hit.as_bytes()))
        }
        _ => return variants.next(),
    };
    variants.find(|variant| bucket < variant.end)
}

fn location(
    site: &Site<'_>,
    visitor: &Visitor<'_>,
    decision: &Decision<'_>,
    template: &str,
    system: Option<u32>,
) -> Option<String> {
    let zip = visitor.zip.zip.to_string();
    let zip4 = visitor
        .zip
        .plus4
        .map(|digits| format!("{digits:04}"))
        .unwrap_or_default();
    let rule = decision.rule.map(|rule| rule.to_string()).unwrap_or_default();
    let revision = site.revision.to_string();
    let value = |name: &str| match name {
        "zip" => zip.as_str(),
        "zip4" => zip4.as_str(),
        "state" => decision.state.map_or("", State::code),
        "city" => decision.city.unwrap_or_default(),
        "language" => visitor.language,
        "device" => visitor.device.as_str(),
        "media" => visitor.media,
        "product" => visitor.product,
        "brand" => site.brand.code.as_str(),
        "rule" => rule.as_str(),
        "revision" => revision.as_str(),
        "hit" => visitor.hit,
        name => decision
            .attributes
            .iter()
            .find(|(variable, _)| *variable == name)
            .map_or("", |(_, value)| *value),
    };
    let parameters = system
        .into_iter()
        .flat_map(|system| site.table.parameters(system));
    let brand = site.brand;
    destination::location(
        template,
        parameters,
        &value,
        visitor.query,
        &brand.pass_query,
        &brand.destinations,
    )
}
