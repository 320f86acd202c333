//! The languages that we write to people in.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A language with its conventions, as written in the API, the CLI and the database: `pt-BR` or `en`.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    clap::ValueEnum,
    sqlx::Type,
)]
#[sqlx(type_name = "text")]
pub enum Locale {
    #[default]
    #[serde(rename = "pt-BR")]
    #[clap(name = "pt-BR")]
    #[sqlx(rename = "pt-BR")]
    PtBr,
    #[serde(rename = "en")]
    #[clap(name = "en")]
    #[sqlx(rename = "en")]
    En,
}

impl Locale {
    pub const ALL: [Self; 2] = [Self::PtBr, Self::En];

    pub fn name(self) -> &'static str {
        match self {
            Self::PtBr => "pt-BR",
            Self::En => "en",
        }
    }

    /// The inverse of [`Locale::name`], whatever its case.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|locale| locale.name().eq_ignore_ascii_case(name))
    }

    /// What somebody likes best of what we have, by their `Accept-Language`. Any Portuguese is better than none, and
    /// any English. Whoever likes neither, or says nothing that can be read, gets the default.
    pub fn negotiate(accept_language: &str) -> Self {
        let liked = accept_language.split(',').filter_map(|range| {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let weight: f32 = match parameters.trim().strip_prefix("q=") {
                Some(weight) => weight.trim().parse().ok()?,
                None => 1.0,
            };
            Some((Self::of_range(tag.trim())?, weight)).filter(|(_, weight)| *weight > 0.0)
        });
        // Of equals the first, which `max_by` alone would not give.
        let best = liked.reduce(|best, next| match best.1.total_cmp(&next.1) {
            Ordering::Less => next,
            Ordering::Equal | Ordering::Greater => best,
        });
        best.map_or_else(Self::default, |(locale, _)| locale)
    }

    fn of_range(range: &str) -> Option<Self> {
        let language = range.split('-').next()?;
        match language.to_ascii_lowercase().as_str() {
            "pt" | "*" => Some(Self::PtBr),
            "en" => Some(Self::En),
            _ => None,
        }
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_reads_back_from_its_name() {
        for locale in Locale::ALL {
            assert_eq!(Locale::parse(locale.name()), Some(locale));
            assert_eq!(serde_json::to_value(locale).unwrap(), locale.name());
        }
        assert_eq!(Locale::parse("PT-br"), Some(Locale::PtBr));
        assert_eq!(Locale::parse("fr"), None);
    }

    #[test]
    fn the_best_liked_of_what_we_have_is_chosen() {
        for (accept_language, locale) in [
            ("", Locale::PtBr),
            ("en", Locale::En),
            ("en-GB,en;q=0.9", Locale::En),
            ("pt-PT", Locale::PtBr),
            ("fr, en;q=0.4, pt;q=0.8", Locale::PtBr),
            ("fr, en;q=0.8, pt;q=0.4", Locale::En),
            ("en, pt-BR", Locale::En),
            ("pt;q=0, en;q=0.1", Locale::En),
            ("fr, *;q=0.5", Locale::PtBr),
            ("fr-CA, de", Locale::PtBr),
            ("en;q=lots", Locale::PtBr),
            ("en;q=NaN, pt", Locale::PtBr),
            (";;;,,,=", Locale::PtBr),
        ] {
            assert_eq!(Locale::negotiate(accept_language), locale, "{accept_language}");
        }
    }
}
