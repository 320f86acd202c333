//! One change made to many rules.

use marquee_shared::code::is_code;
use marquee_shared::rules::{Action, Rule, Target, Variant, ZipClause};
use marquee_shared::template;
use marquee_shared::zip::State;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::canonical;
use super::filter::Senseless;

/// What is done to each rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum BulkAction {
    /// Another host in the destinations that have exactly this one, its port included
    ReplaceHost {
        #[schema(example = "quotes.acme.example")]
        from: String,
        #[schema(example = "forms.acme.example")]
        to: String,
    },
    SetEnabled {
        enabled: bool,
    },
    SetPriority {
        priority: i32,
    },
    /// Up, or down if it is negative; it stops at either end
    AddPriority {
        by: i32,
    },
    /// Other ends of validity; `null` is none
    SetWindow {
        #[serde(default, with = "time::serde::rfc3339::option")]
        from: Option<OffsetDateTime>,
        #[serde(default, with = "time::serde::rfc3339::option")]
        until: Option<OffsetDateTime>,
    },
    /// Another value where a condition names this one
    ReplaceValue {
        dimension: Dimension,
        #[schema(example = "tv")]
        from: String,
        #[schema(example = "radio")]
        to: String,
    },
    /// Another system in every destination; `null` is none
    SetSystem {
        #[schema(example = "rater")]
        system: Option<String>,
    },
    /// Out of the draft; their numbers are not given out again
    Delete {},
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[schema(as = RuleDimension)]
pub enum Dimension {
    Product,
    Language,
    Device,
    Media,
    State,
    Zip,
}

impl BulkAction {
    /// # Errors
    /// A value that no rule can have.
    pub(in crate::redirects) fn check(&self) -> Result<(), Senseless> {
        match self {
            Self::ReplaceHost { from, to } => {
                for (name, host) in [("from", from), ("to", to)] {
                    if template::host(&format!("https://{host}/")) != Some(host.as_str()) {
                        let reason = "write a host in lower case, with its port if it has one";
                        return Err(Senseless::new(format!("/action/{name}"), reason));
                    }
                }
            }
            Self::ReplaceValue { dimension, to, .. } => {
                let reason = match dimension {
                    Dimension::State => {
                        let known = State::parse(to).is_some_and(|state| state.code() == to);
                        (!known).then(|| "not a state's two letters, upper case".to_owned())
                    }
                    Dimension::Zip => to.parse::<ZipClause>().err().map(|error| error.to_string()),
                    Dimension::Product | Dimension::Language | Dimension::Device | Dimension::Media => {
                        let reason = "a code has small letters, digits and `-`, at most 40";
                        (!is_code(to)).then(|| reason.to_owned())
                    }
                };
                if let Some(reason) = reason {
                    return Err(Senseless::new("/action/to", reason));
                }
            }
            Self::SetSystem { system: Some(system) } => {
                if system.is_empty() || system.trim() != system || system.contains('\0') {
                    let reason = "a system's name has no blanks around it; `null` is none";
                    return Err(Senseless::new("/action/system", reason));
                }
            }
            Self::SetSystem { system: None }
            | Self::SetEnabled { .. }
            | Self::SetPriority { .. }
            | Self::AddPriority { .. }
            | Self::SetWindow { .. }
            | Self::Delete {} => {}
        }
        Ok(())
    }

    /// The rule as it is then; `None`: no longer in the draft.
    #[must_use]
    pub(in crate::redirects) fn applied(&self, rule: &Rule) -> Option<Rule> {
        let mut rule = rule.clone();
        match self {
            Self::Delete {} => return None,
            Self::SetEnabled { enabled } => rule.enabled = *enabled,
            Self::SetPriority { priority } => rule.priority = *priority,
            Self::AddPriority { by } => rule.priority = rule.priority.saturating_add(*by),
            Self::SetWindow { from, until } => (rule.from, rule.until) = (*from, *until),
            Self::ReplaceHost { from, to } => {
                for variant in variants(&mut rule) {
                    if template::host(&variant.url) == Some(from.as_str())
                        && let Some(rest) = variant.url.get("https://".len() + from.len()..)
                    {
                        variant.url = format!("https://{to}{rest}");
                    }
                }
            }
            Self::SetSystem { system } => {
                for variant in variants(&mut rule) {
                    variant.system.clone_from(system);
                }
            }
            Self::ReplaceValue { dimension, from, to } => replace(&mut rule, *dimension, from, to),
        }
        Some(canonical(rule))
    }
}

fn variants(rule: &mut Rule) -> &mut [Variant] {
    match &mut rule.action {
        Action::Route(Target::Split { variants, .. }) => variants,
        Action::Route(Target::Fallback) | Action::Attribute(_) => &mut [],
    }
}

fn replace(rule: &mut Rule, dimension: Dimension, from: &str, to: &str) {
    let when = &mut rule.when;
    let codes = match dimension {
        Dimension::Product => &mut when.product,
        Dimension::Language => &mut when.language,
        Dimension::Device => &mut when.device,
        Dimension::Media => &mut when.media,
        Dimension::State => &mut when.state,
        Dimension::Zip => {
            if let (Ok(from), Ok(to)) = (from.parse::<ZipClause>(), to.parse::<ZipClause>()) {
                for clause in when.zip.iter_mut().filter(|clause| **clause == from) {
                    *clause = to;
                }
            }
            return;
        }
    };
    for code in codes.iter_mut().filter(|code| *code == from) {
        to.clone_into(code);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(url: &str) -> Rule {
        let rule = json!({ "kind": "route", "rule": 1, "when": { "media": ["radio", "tv"] },
            "target": { "variants": [{ "name": "a", "url": url }] } });
        serde_json::from_value(rule).unwrap()
    }

    fn applied(action: serde_json::Value, rule: &Rule) -> serde_json::Value {
        let action: BulkAction = serde_json::from_value(action).unwrap();
        assert_eq!(action.check(), Ok(()));
        serde_json::to_value(action.applied(rule)).unwrap()
    }

    #[test]
    fn only_the_host_itself_is_replaced() {
        let action = json!({ "do": "replace_host", "from": "a.example", "to": "b.example:8443" });
        for (url, expected) in [
            (
                "https://a.example/a.example?x=a.example",
                "https://b.example:8443/a.example?x=a.example",
            ),
            ("https://www.a.example/", "https://www.a.example/"),
            ("https://a.example:444/", "https://a.example:444/"),
            ("https://a.example.evil/", "https://a.example.evil/"),
        ] {
            let rule = applied(action.clone(), &rule(url));
            assert_eq!(rule["target"]["variants"][0]["url"], expected);
        }
    }

    #[test]
    fn a_value_that_stands_there_already_does_not_stand_there_twice() {
        let action = json!({ "do": "replace_value", "dimension": "media", "from": "tv", "to": "radio" });
        assert_eq!(
            applied(action, &rule("https://a.example/"))["when"]["media"],
            json!(["radio"])
        );
    }

    #[test]
    fn what_no_rule_can_have_is_refused() {
        for action in [
            json!({ "do": "replace_host", "from": "a.example", "to": "https://b.example" }),
            json!({ "do": "replace_value", "dimension": "state", "from": "NY", "to": "New York" }),
            json!({ "do": "replace_value", "dimension": "zip", "from": "10001", "to": "501" }),
            json!({ "do": "replace_value", "dimension": "media", "from": "tv", "to": "T V" }),
            json!({ "do": "set_system", "system": " rater" }),
        ] {
            let action: BulkAction = serde_json::from_value(action).unwrap();
            assert!(action.check().is_err(), "{action:?}");
        }
    }
}
