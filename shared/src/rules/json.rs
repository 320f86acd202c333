//! Rules as they are written, which is less strict than what they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{Action, Rule, Split, Target, Variant, When, object};

/// The JSON of a rule; `Rule` is what remains when it makes sense.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rule)]
pub(super) struct RuleJson {
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
pub(super) struct TargetJson {
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

fn yes() -> bool {
    true
}
