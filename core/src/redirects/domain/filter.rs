//! Which rules are meant: for whoever looks for some, and for whoever changes many at once.

use marquee_shared::zip::{State, Zip, locate};
use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};
use utoipa::{IntoParams, ToSchema};

/// What rules must have in common. Everything given must hold; nothing given means every rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub struct RuleFilter {
    /// Whether conditions below are those that a rule names (`named`), or those under which it may match
    /// (`possible`), which a rule that names none does
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    #[schema(inline, example = "named")]
    pub matching: Option<Matching>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    #[schema(inline, example = "route")]
    pub kind: Option<RuleKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = true)]
    pub enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 10)]
    pub priority: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "auto")]
    pub product: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "es")]
    pub language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "mobile")]
    pub device: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "tv")]
    pub media: Option<String>,
    /// Two letters
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "NY")]
    pub state: Option<String>,
    /// Five digits; a prefix or range that holds it names it, too
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "02108")]
    pub zip: Option<String>,
    /// A part of a destination, such as its host, in any case
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "quotes.acme.example")]
    pub url: Option<String>,
    /// A destination's system
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "rater")]
    pub system: Option<String>,
    /// A part of the note, in any case
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "spring")]
    pub note: Option<String>,
    /// A variable that the rule yields
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "phone")]
    pub variable: Option<String>,
    /// A part of a variable's value, in any case
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "800-555")]
    pub value: Option<String>,
    /// Whether the rule is valid, was or will be, at the moment `at`
    #[serde(skip_serializing_if = "Option::is_none")]
    #[param(inline)]
    #[schema(inline, example = "current")]
    pub window: Option<Window>,
    /// The moment that `window` is about; now unless given
    #[serde(
        with = "time::serde::rfc3339::option",
        skip_serializing_if = "Option::is_none"
    )]
    #[param(example = "2027-01-31T00:00:00Z")]
    pub at: Option<OffsetDateTime>,
    /// The lowest number
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 1)]
    pub number_from: Option<i32>,
    /// The highest number
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 999)]
    pub number_to: Option<i32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    Route,
    Attribute,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Matching {
    #[default]
    Named,
    Possible,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// Begun, if it begins, and not ended, if it ends
    Current,
    Ended,
    Future,
}

/// A filter that makes sense, in the words of the store.
#[derive(Clone, Debug, Default)]
pub(in crate::redirects) struct Wanted {
    pub(in crate::redirects) numbers: (i32, i32),
    pub(in crate::redirects) fixed: bool,
    pub(in crate::redirects) kind: Option<&'static str>,
    pub(in crate::redirects) enabled: Option<bool>,
    pub(in crate::redirects) priority: Option<i32>,
    pub(in crate::redirects) product: Option<String>,
    pub(in crate::redirects) language: Option<String>,
    pub(in crate::redirects) device: Option<String>,
    pub(in crate::redirects) media: Option<String>,
    pub(in crate::redirects) state: Option<String>,
    /// First and last ZIPs of the stretches that are the state's.
    pub(in crate::redirects) state_zips: (Vec<String>, Vec<String>),
    pub(in crate::redirects) zip: Option<String>,
    pub(in crate::redirects) zip_states: Vec<String>,
    pub(in crate::redirects) url: Option<String>,
    pub(in crate::redirects) system: Option<String>,
    pub(in crate::redirects) note: Option<String>,
    pub(in crate::redirects) variable: Option<String>,
    pub(in crate::redirects) value: Option<String>,
    pub(in crate::redirects) begins_after: Option<String>,
    pub(in crate::redirects) begun_by: Option<String>,
    pub(in crate::redirects) ends_after: Option<String>,
    pub(in crate::redirects) ended_by: Option<String>,
}

/// A field of a request that makes no sense, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Senseless {
    /// A JSON pointer into the request's body; of a filter, below the filter.
    pub pointer: String,
    pub reason: String,
}

impl Senseless {
    pub(super) fn new(pointer: impl Into<String>, reason: impl Into<String>) -> Self {
        let (pointer, reason) = (pointer.into(), reason.into());
        Self { pointer, reason }
    }
}

impl RuleFilter {
    /// Whether every rule answers it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self {
            matching: _, at: _, ..
        } = self;
        let silent = Self {
            matching: None,
            at: None,
            ..self.clone()
        };
        silent == Self::default()
    }

    /// # Errors
    /// A state or ZIP that there is not, or a text that no rule can hold.
    pub(in crate::redirects) fn wanted(&self, now: OffsetDateTime) -> Result<Wanted, Senseless> {
        self.plain()?;
        let state = self.state.as_deref().map(|text| {
            let reason = "write a state's two letters, such as `NY`";
            State::parse(text).ok_or_else(|| Senseless::new("/state", reason))
        });
        let state = state.transpose()?;
        let zip = self.zip.as_deref().map(|text| match Zip::parse(text) {
            Ok(typed) => Ok(typed.zip),
            Err(error) => Err(Senseless::new("/zip", error.to_string())),
        });
        let zip = zip.transpose()?;
        let at = written(self.at.unwrap_or(now));
        let mut wanted = Wanted {
            numbers: (self.number_from.unwrap_or(1), self.number_to.unwrap_or(i32::MAX)),
            fixed: self.matching.unwrap_or_default() == Matching::Named,
            kind: self.kind.map(|kind| match kind {
                RuleKind::Route => "route",
                RuleKind::Attribute => "attribute",
            }),
            enabled: self.enabled,
            priority: self.priority,
            product: self.product.clone(),
            language: self.language.clone(),
            device: self.device.clone(),
            media: self.media.clone(),
            state: state.map(|state| state.code().to_owned()),
            state_zips: state.map(stretches).unwrap_or_default(),
            zip: zip.map(|zip| zip.to_string()),
            zip_states: zip
                .and_then(|zip| locate(zip).state)
                .map(|state| state.code().to_owned())
                .into_iter()
                .collect(),
            url: self.url.clone(),
            system: self.system.clone(),
            note: self.note.clone(),
            variable: self.variable.clone(),
            value: self.value.clone(),
            ..Wanted::default()
        };
        match self.window {
            None => {}
            Some(Window::Current) => {
                wanted.begun_by = Some(at.clone());
                wanted.ends_after = Some(at);
            }
            Some(Window::Ended) => wanted.ended_by = Some(at),
            Some(Window::Future) => wanted.begins_after = Some(at),
        }
        Ok(wanted)
    }

    /// That no text holds what neither a rule nor the database can.
    fn plain(&self) -> Result<(), Senseless> {
        for (name, text) in [
            ("product", &self.product),
            ("language", &self.language),
            ("device", &self.device),
            ("media", &self.media),
            ("url", &self.url),
            ("system", &self.system),
            ("note", &self.note),
            ("variable", &self.variable),
            ("value", &self.value),
        ] {
            if text.as_ref().is_some_and(|text| text.contains('\0')) {
                return Err(Senseless::new(format!("/{name}"), "no rule holds a NUL"));
            }
        }
        Ok(())
    }
}

/// As a rule has it, without the `Z`.
fn written(at: OffsetDateTime) -> String {
    let utc = at.checked_to_offset(UtcOffset::UTC).unwrap_or(at);
    let text = utc.format(&Rfc3339).unwrap_or_default();
    text.trim_end_matches('Z').to_owned()
}

fn stretches(state: State) -> (Vec<String>, Vec<String>) {
    let (mut first, mut last): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut inside = false;
    let zips = (0..100_000).filter_map(Zip::from_number);
    for zip in zips {
        let is = locate(zip).state == Some(state);
        match (inside, is) {
            (false, true) => {
                first.push(zip.to_string());
                last.push(zip.to_string());
            }
            (true, true) => {
                if let Some(end) = last.last_mut() {
                    *end = zip.to_string();
                }
            }
            (_, false) => {}
        }
        inside = is;
    }
    (first, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_its_stretches_of_zips() {
        let (first, last) = stretches(State::parse("DE").unwrap());
        assert_eq!(
            (first.first().unwrap().as_str(), last.last().unwrap().as_str()),
            ("19700", "19999")
        );
    }

    #[test]
    fn only_a_filter_that_says_something_leaves_rules_out() {
        let at = Some(OffsetDateTime::UNIX_EPOCH);
        assert!(
            RuleFilter {
                at,
                matching: Some(Matching::Possible),
                ..RuleFilter::default()
            }
            .is_empty()
        );
        assert!(
            !RuleFilter {
                enabled: Some(true),
                ..RuleFilter::default()
            }
            .is_empty()
        );
    }
}
