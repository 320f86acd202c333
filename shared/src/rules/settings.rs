use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{TestCase, object};

/// The brand's settings: part of the draft, hence of the revision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Hosts on which `/{product}` answers for this brand; unique over all brands.
    #[schema(example = json!(["go.acme.example"]))]
    pub hosts: Vec<String>,
    /// Origins (`https://www.example.com`) whose scripts may call the JSON endpoints.
    #[schema(example = json!(["https://www.acme.example"]))]
    pub origins: Vec<String>,
    /// Languages in order of preference, lower case (`en`, `es`).
    #[schema(example = json!(["en", "es"]))]
    pub languages: Vec<String>,
    #[schema(example = "en")]
    pub default_language: String,
    /// The only hosts a visitor may be sent to.
    #[schema(example = json!(["quotes.acme.example"]))]
    pub destinations: Vec<String>,
    /// Query parameters handed on to the destination: exact names, or a prefix with `*` (`utm_*`).
    #[schema(example = json!(["utm_*"]))]
    pub pass_query: Vec<String>,
    /// Where a visitor without a ZIP is asked for one.
    #[schema(example = "https://quotes.acme.example/zip")]
    pub ask_url: Option<String>,
    /// Where a visitor goes whom no rule and no product fallback wants.
    #[schema(example = "https://quotes.acme.example/")]
    pub fallback_url: Option<String>,
    pub mode: Mode,
    /// The value of the `system` parameter that `rater`, `webform` and `nsd` append.
    #[schema(example = "acme")]
    pub system_value: String,
    pub products: Vec<Product>,
    /// Custom systems: name → parameter → placeholder template, in the order to append.
    #[schema(example = json!({ "crm": [{ "name": "z", "value": "{zip}" }] }))]
    pub systems: BTreeMap<String, Vec<Parameter>>,
    /// Short codes of the original service, understood by `POST /generator/process` only.
    #[serde(deserialize_with = "object")]
    pub aliases: Aliases,
    /// Visitors whose fate is known beforehand. The edge never sees them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<TestCase>,
}

/// Whether rules decide, or every visitor goes to the fallback (the kill switch).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Rules,
    Fallback,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SettingsProduct)]
pub struct Product {
    /// `[a-z0-9][a-z0-9-]{0,39}`, not `go`, `healthz` or `generator`.
    #[schema(example = "auto")]
    pub code: String,
    #[serde(default)]
    #[schema(example = "Car insurance")]
    pub name: String,
    #[serde(default)]
    #[schema(example = "https://quotes.acme.example/auto")]
    pub fallback_url: Option<String>,
}

/// One query parameter of a custom system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SystemParameter)]
pub struct Parameter {
    #[schema(example = "z")]
    pub name: String,
    /// A template: literal text and placeholders, such as `{zip}`.
    #[schema(example = "{zip}")]
    pub value: String,
}

/// Alias → code, per dimension.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = SettingsAliases)]
pub struct Aliases {
    pub product: BTreeMap<String, String>,
    pub language: BTreeMap<String, String>,
    pub device: BTreeMap<String, String>,
    pub media: BTreeMap<String, String>,
}
