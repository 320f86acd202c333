//! Systems: which parameters a destination is given.

use super::numbered::Numbered;
use crate::rules::{Action, RuleSet, Target, Variant};
use crate::template::{Part, encode, parts};

/// The original's systems, with the name under which each wants the ZIP.
const BUILT_IN: [(&str, &str); 3] = [("nsd", "zip_code"), ("rater", "zip_code"), ("webform", "zipcode")];

/// The variables that built-in systems send, whether or not an attribute rule yields them.
pub(super) const VARIABLES: [&str; 2] = ["media_code", "phone"];

pub(super) fn is_built_in(name: &str) -> bool {
    BUILT_IN.iter().any(|(system, _)| *system == name)
}

/// A system as the table has it: name, then names and templates of its parameters.
pub(super) type System<'a> = (&'a str, Vec<(&'a str, String)>);

/// Every system of the brand, by name.
pub(super) fn systems(set: &RuleSet) -> Vec<System<'_>> {
    let built_in = BUILT_IN.map(|(name, zip)| {
        let parameters = [
            ("media_code", "{media_code}"),
            ("phone", "{phone}"),
            (zip, "{zip}"),
            ("city", "{city}"),
            ("state", "{state}"),
            ("system", &set.settings.system_value),
        ];
        (
            name,
            parameters.map(|(name, value)| (name, encoded(value))).to_vec(),
        )
    });
    let custom = set.settings.systems.iter().map(|(name, parameters)| {
        let parameters = parameters
            .iter()
            .map(|parameter| (parameter.name.as_str(), encoded(&parameter.value)));
        (name.as_str(), parameters.collect())
    });
    let mut systems: Vec<System<'_>> = built_in.into_iter().chain(custom).collect();
    systems.sort_by_key(|(name, _)| *name);
    systems
}

/// The template of a parameter with its text percent-encoded, so that the edge appends it as it is.
fn encoded(template: &str) -> String {
    parts(template).fold(String::new(), |mut out, part| {
        match part {
            Part::Text(text) => encode(&mut out, text.bytes()),
            Part::Placeholder(name) => out.extend(["{", name, "}"]),
        }
        out
    })
}

/// Whether some URL of the brand has the visitor's city in it.
pub(super) fn uses_city(numbered: &Numbered<'_>) -> bool {
    let set = numbered.set;
    let systems = systems(set);
    let with_city = |template: &str| parts(template).any(|part| part == Part::Placeholder("city"));
    let system = |name: &str| {
        let parameters = systems
            .iter()
            .filter(|(system, _)| *system == name)
            .flat_map(|(_, parameters)| parameters);
        parameters.into_iter().any(|(_, template)| with_city(template))
    };
    let products = set
        .settings
        .products
        .iter()
        .filter_map(|product| product.fallback_url.as_deref());
    let mut urls = products.chain(set.settings.fallback_url.as_deref());
    let uses = |variant: &Variant| with_city(&variant.url) || variant.system.as_deref().is_some_and(system);
    let variants = |action: &&Action| match action {
        Action::Route(Target::Split { variants, .. }) => variants.iter().any(uses),
        _ => false,
    };
    urls.any(with_city) || numbered.actions.iter().any(variants)
}
