//! The one decision: which URL a visitor is sent to. The Worker, the simulator and the tests all ask here.

use crate::city::CityTable;
use crate::hit::Outcome;
use crate::manifest;
use crate::table::Table;
use crate::zip::{State, Typed};

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
#[must_use]
pub fn decide<'a>(site: &Site<'a>, visitor: &Visitor<'_>) -> Decision<'a> {
    let place = crate::zip::locate(visitor.zip.zip);
    let _ = site.table.product(visitor.product);
    Decision {
        outcome: Outcome::Lost,
        lost: Some(Lost::NoRule),
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
    }
}
