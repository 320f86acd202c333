//! The rule model, as JSON (SPEC f): what admins write, what a revision freezes, what the compiler reads.
//!
//! Parsing refuses unknown fields and empty lists, so a typing error is never read as *any*.

mod cases;
mod json;
mod rule;
mod settings;
mod zip_clause;

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

pub use cases::{Expectation, Profile, TestCase};
pub use rule::{Action, Rule, Split, Target, Variant, When};
pub use settings::{Aliases, Mode, Parameter, Product, Settings};
pub use zip_clause::{NotAZip, ZipClause};

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
