//! A name of the API's document means one thing. utoipa keeps the last type of a name and says nothing, and clients
//! are then told of another feature's fields.

use std::collections::BTreeMap;

use crate::source::Source;
use crate::{core, holds, planted};

fn shared_names(sources: &[Source]) -> Vec<String> {
    let mut places = BTreeMap::<String, Vec<&str>>::new();
    for source in sources {
        for name in schemas(&source.code) {
            places.entry(name).or_default().push(&source.path);
        }
    }
    let shared = places.into_iter().filter(|(_, places)| places.len() > 1);
    shared
        .map(|(name, places)| format!("{name}: {} (say `#[schema(as = …)]`)", places.join(", ")))
        .collect()
}

/// What the types that derive `ToSchema` are called in the document.
fn schemas(code: &str) -> impl Iterator<Item = String> {
    code.split("#[derive(").skip(1).filter_map(|item| {
        let (derived, rest) = item.split_once(")]")?;
        let starts = ["struct ", "enum "].map(|kind| rest.find(kind).map(|at| (at, at + kind.len())));
        let (attributes, name) = starts.into_iter().flatten().min()?;
        let renamed = rest[..attributes]
            .split_once("schema(as = ")
            .map(|(_, renamed)| renamed);
        derived
            .contains("ToSchema")
            .then(|| word(renamed.unwrap_or(&rest[name..])))
    })
}

fn word(text: &str) -> String {
    text.chars()
        .take_while(|char| char.is_alphanumeric() || *char == '_')
        .collect()
}

#[test]
fn every_schema_has_a_name_of_its_own() {
    let sources = core();
    let found: usize = sources.iter().map(|source| schemas(&source.code).count()).sum();
    assert!(found > 200, "found only {found} schemas");
    holds("a schema's name is one type's", shared_names(&sources));
}

#[test]
fn two_types_of_one_name_are_found() {
    let status = "#[derive(Debug, ToSchema)]\n#[sqlx(x)]\npub enum Status { A }";
    let mut sources = planted("videos/domain.rs", status);
    sources.extend(planted("orders/domain.rs", status));
    assert_eq!(shared_names(&sources).len(), 1);

    let renamed = "#[derive(Debug, ToSchema)]\n#[schema(as = OrderStatus)]\npub enum Status { A }";
    sources[1] = Source::new("orders/domain.rs", renamed);
    sources.extend(planted("orders/view.rs", "#[derive(Debug)]\nstruct Status;"));
    assert_eq!(shared_names(&sources), [""; 0]);
}
