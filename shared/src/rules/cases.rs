use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::object;
use crate::hit::Outcome;

/// A visitor, and what must become of them: tried at every validation, and before anything is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestCase {
    /// Of the test, for people; one brand has it once.
    #[schema(example = "new-york")]
    pub name: String,
    pub visitor: Profile,
    /// When the visitor comes; whenever the test is run unless given.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "time::serde::rfc3339::option"
    )]
    pub at: Option<OffsetDateTime>,
    #[serde(deserialize_with = "object")]
    pub expect: Expectation,
}

/// What is known of a visitor who is only thought of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SavedVisitor)]
pub struct Profile {
    #[schema(example = "10001")]
    pub zip: String,
    #[schema(example = "auto")]
    pub product: String,
    /// The brand's default unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// A desktop unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// No channel unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
    /// Who it is to a sticky split.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vid: Option<String>,
    /// The query string they bring, `utm_source=x`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

/// What must become of a visitor: all that is given, at least one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The rule that decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The final URL; with `*` at the end only how it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://quotes.acme.example/*")]
    pub location: Option<String>,
}
