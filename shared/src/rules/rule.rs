use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::ZipClause;
use super::json::{RuleJson, TargetJson};

/// One rule. A route yields a destination, an attribute rule yields variables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RuleJson", into = "RuleJson")]
pub struct Rule {
    pub number: u32,
    pub enabled: bool,
    /// Higher wins, before anything else is compared.
    pub priority: i32,
    pub when: When,
    /// Valid for `from ≤ t < until`, UTC.
    pub from: Option<OffsetDateTime>,
    pub until: Option<OffsetDateTime>,
    pub action: Action,
    pub note: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Route(Target),
    /// Variable → value.
    Attribute(BTreeMap<String, String>),
}

/// Conditions; an empty list is *any*.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = RuleWhen)]
pub struct When {
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "non_empty")]
    #[schema(min_items = 1, example = json!(["auto"]))]
    pub product: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "non_empty")]
    #[schema(min_items = 1, example = json!(["en"]))]
    pub language: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "non_empty")]
    #[schema(min_items = 1, example = json!(["mobile"]))]
    pub device: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "non_empty")]
    #[schema(min_items = 1, example = json!(["google"]))]
    pub media: Vec<String>,
    /// Two-letter codes. States and ZIPs are a union.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "non_empty")]
    #[schema(min_items = 1, example = json!(["NY"]))]
    pub state: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "non_empty")]
    #[schema(value_type = Vec<String>, min_items = 1, example = json!(["02108", "021*", "10001-10099"]))]
    pub zip: Vec<ZipClause>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "TargetJson", into = "TargetJson")]
pub enum Target {
    /// The brand's fallback, as if no rule had matched.
    Fallback,
    Split {
        split: Split,
        variants: Vec<Variant>,
    },
}

/// Who gets the same variant again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RuleSplit)]
pub enum Split {
    /// The same visitor, every time.
    #[default]
    Sticky,
    /// Nobody: each hit draws anew.
    Rotate,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RuleVariant)]
pub struct Variant {
    #[schema(example = "a")]
    pub name: String,
    /// Share of the sum of the rule's weights; zero pauses the variant.
    #[serde(default = "one")]
    pub weight: u32,
    /// An https template on a host of the allow-list.
    #[schema(example = "https://quotes.acme.example/ny?zip={zip}")]
    pub url: String,
    /// `rater`, `webform`, `nsd` or a custom system; none appends nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
}

fn non_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let list = Vec::deserialize(deserializer)?;
    if list.is_empty() {
        return Err(serde::de::Error::custom(
            "an empty list; leave the key out to mean any",
        ));
    }
    Ok(list)
}

fn one() -> u32 {
    1
}
