//! The rule model, as JSON (SPEC f): what admins write, what a revision freezes, what the compiler reads.
//!
//! Parsing refuses unknown fields and empty lists, so a typing error is never read as *any*.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::hit::Outcome;

/// Everything of one brand that is frozen together as a revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// The brand's code, `[a-z0-9][a-z0-9-]{0,39}`.
    #[schema(example = "acme")]
    pub brand: String,
    pub settings: Settings,
    /// Sorted by number; numbers are unique per brand and never reused.
    pub rules: Vec<Rule>,
}

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

/// ZIPs named by a rule: `02108`, `021*` or `10001-10099`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ZipClause {
    Exact(u32),
    /// The first three digits.
    Prefix(u32),
    /// First and last ZIP, both included, first < last.
    Range(u32, u32),
}

impl ZipClause {
    /// The ZIPs meant, as a half-open interval of numbers below 100,000.
    #[must_use]
    pub fn interval(self) -> std::ops::Range<u32> {
        match self {
            Self::Exact(zip) => zip..zip.saturating_add(1),
            Self::Prefix(prefix) => {
                prefix.saturating_mul(100)..prefix.saturating_mul(100).saturating_add(100)
            }
            Self::Range(first, last) => first..last.saturating_add(1),
        }
    }
}

impl fmt::Display for ZipClause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(zip) => write!(f, "{zip:05}"),
            Self::Prefix(prefix) => write!(f, "{prefix:03}*"),
            Self::Range(first, last) => write!(f, "{first:05}-{last:05}"),
        }
    }
}

/// Why a text is not a ZIP clause.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a ZIP: write five digits (`02108`), a prefix (`021*`) or a range (`10001-10099`)")]
pub struct NotAZip(pub String);

impl FromStr for ZipClause {
    type Err = NotAZip;

    fn from_str(text: &str) -> Result<Self, NotAZip> {
        let refuse = || NotAZip(text.to_owned());
        let digits = |part: &str, length: usize| {
            let plain = part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
            plain
                .then(|| part.parse::<u32>().ok())
                .flatten()
                .ok_or_else(refuse)
        };
        if let Some(prefix) = text.strip_suffix('*') {
            return digits(prefix, 3).map(Self::Prefix);
        }
        match text.split_once('-') {
            None => digits(text, 5).map(Self::Exact),
            Some((first, last)) => {
                let (first, last) = (digits(first, 5)?, digits(last, 5)?);
                if first < last {
                    Ok(Self::Range(first, last))
                } else {
                    Err(refuse())
                }
            }
        }
    }
}

impl Serialize for ZipClause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ZipClause {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// The JSON of a rule; `Rule` is what remains when it makes sense.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rule)]
struct RuleJson {
    kind: Kind,
    /// The next one that is free unless given, where one rule is added
    #[schema(example = 1, required = false)]
    rule: u32,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    priority: i32,
    #[serde(default, deserialize_with = "object")]
    when: When,
    #[serde(default, with = "time::serde::rfc3339::option")]
    from: Option<OffsetDateTime>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    until: Option<OffsetDateTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<Target>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vars: Option<BTreeMap<String, String>>,
    #[serde(default)]
    note: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RuleKind)]
enum Kind {
    Route,
    Attribute,
}

impl TryFrom<RuleJson> for Rule {
    type Error = &'static str;

    fn try_from(json: RuleJson) -> Result<Self, Self::Error> {
        let action = match (json.kind, json.target, json.vars) {
            (Kind::Route, Some(target), None) => Action::Route(target),
            (Kind::Attribute, None, Some(vars)) if !vars.is_empty() => Action::Attribute(vars),
            (Kind::Route, ..) => return Err("a route has a `target` and no `vars`"),
            (Kind::Attribute, ..) => {
                return Err("an attribute rule has `vars`, at least one, and no `target`");
            }
        };
        let RuleJson {
            rule,
            enabled,
            priority,
            when,
            from,
            until,
            note,
            ..
        } = json;
        Ok(Self {
            number: rule,
            enabled,
            priority,
            when,
            from,
            until,
            action,
            note,
        })
    }
}

impl From<Rule> for RuleJson {
    fn from(rule: Rule) -> Self {
        let Rule {
            number,
            enabled,
            priority,
            when,
            from,
            until,
            action,
            note,
        } = rule;
        let (kind, target, vars) = match action {
            Action::Route(target) => (Kind::Route, Some(target), None),
            Action::Attribute(vars) => (Kind::Attribute, None, Some(vars)),
        };
        Self {
            kind,
            rule: number,
            enabled,
            priority,
            when,
            from,
            until,
            target,
            vars,
            note,
        }
    }
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RuleTarget)]
struct TargetJson {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    fallback: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    split: Option<Split>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    variants: Vec<Variant>,
}

impl TryFrom<TargetJson> for Target {
    type Error = &'static str;

    fn try_from(json: TargetJson) -> Result<Self, Self::Error> {
        match (json.fallback, json.variants.is_empty()) {
            (true, true) if json.split.is_none() => Ok(Self::Fallback),
            (false, false) => Ok(Self::Split {
                split: json.split.unwrap_or_default(),
                variants: json.variants,
            }),
            _ => Err("a target is either `{\"fallback\":true}` or has at least one of `variants`"),
        }
    }
}

impl From<Target> for TargetJson {
    fn from(target: Target) -> Self {
        match target {
            Target::Fallback => Self {
                fallback: true,
                split: None,
                variants: Vec::new(),
            },
            Target::Split { split, variants } => Self {
                fallback: false,
                split: Some(split),
                variants,
            },
        }
    }
}

/// Documented as what is written.
macro_rules! written_as {
    ($owned:ty, $json:ty) => {
        impl PartialSchema for $owned {
            fn schema() -> RefOr<Schema> {
                <$json>::schema()
            }
        }

        impl ToSchema for $owned {
            fn name() -> std::borrow::Cow<'static, str> {
                <$json>::name()
            }

            fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
                <$json>::schemas(schemas);
            }
        }
    };
}

written_as!(Rule, RuleJson);
written_as!(Target, TargetJson);

/// What has a default for every field can be read from a list as well, as from `[]`: that is a mistake here.
///
/// # Errors
/// When it is no object.
pub fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Object<T>(std::marker::PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_map(Object(std::marker::PhantomData))
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

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}
