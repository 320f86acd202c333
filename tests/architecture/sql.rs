//! One schema per feature: a store touches its own, a query may also read those to the left.

use std::collections::BTreeSet;
use std::path::Path;

use crate::order::{FEATURES, place};
use crate::source::Source;
use crate::{core, holds, planted};

/// The schemas named in a piece of SQL, as in `redirects.brand`. Features' schemas have the features' names.
///
/// One word alone is no SQL: alerts, events and jobs are named so, too.
fn schemas(sql: &str) -> BTreeSet<&'static str> {
    if !sql.contains(char::is_whitespace) {
        return BTreeSet::new();
    }
    let is_name = |char: char| char.is_alphanumeric() || char == '_' || char == '.';
    let words = sql.split(|char| !is_name(char));
    let named = words
        .filter_map(|word| word.split_once('.'))
        .map(|(schema, _)| schema);
    named
        .filter_map(|schema| FEATURES.into_iter().find(|feature| *feature == schema))
        .collect()
}

fn foreign_tables(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources {
        let Some(own) = place(source.module()) else {
            continue;
        };
        let (store, query) = (source.is_layer("store") || own == 0, source.is_layer("queries"));
        if !store && !query {
            continue;
        }
        for schema in source.strings.iter().flat_map(|string| schemas(string)) {
            let fine = place(schema).is_some_and(|named| named == own || (query && named < own));
            if !fine {
                violations.push(format!("{} touches {schema}", source.path));
            }
        }
    }
    violations
}

/// A migration is called `0003_redirects.sql`, or `0007_redirects_more.sql`.
fn foreign_migrations(sources: &[Source]) -> Vec<String> {
    let mut violations = Vec::new();
    for source in sources {
        let name = source.path.trim_end_matches(".sql");
        let owner = name.split('_').nth(1).and_then(place);
        let Some(owner) = owner else {
            violations.push(format!("{} names no feature", source.path));
            continue;
        };
        for schema in schemas(&source.code) {
            if place(schema).is_none_or(|named| named > owner) {
                violations.push(format!("{} touches {schema}", source.path));
            }
        }
    }
    violations
}

#[test]
fn stores_touch_only_their_own_schema() {
    holds("one schema per feature", foreign_tables(&core()));
}

#[test]
fn migrations_touch_only_their_own_schema_and_those_to_the_left() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let mut migrations = Source::read_all(&root, "sql");
    assert!(migrations.len() >= 2);
    for migration in &mut migrations {
        let text = std::fs::read_to_string(root.join(&migration.path)).unwrap();
        // SQL's comments are not Rust's.
        migration.code = text
            .lines()
            .map(|line| line.split("--").next().unwrap_or_default())
            .collect::<Vec<_>>()
            .join("\n");
    }
    holds("migrations are in order", foreign_migrations(&migrations));
}

#[test]
fn strays_into_other_schemas_are_caught() {
    for (path, stray) in [
        ("hits/store.rs", "query!(\"select code from redirects.brand\")"),
        (
            "hits/store/rows.rs",
            "query!(r#\"insert into hits.hit select * from\n  accounts.api_key\"#)",
        ),
        ("hits/queries.rs", "query!(\"select 1 from orders.placed\")"),
        ("platform/tidy.rs", "query!(\"delete from hits.hit\")"),
    ] {
        assert_eq!(foreign_tables(&planted(path, stray)).len(), 1, "{path}: {stray}");
    }
    for (path, fine) in [
        (
            "hits/store.rs",
            "query!(\"select day from hits.hit where x = 1.5\")",
        ),
        (
            "hits/queries.rs",
            "query!(\"select 1 from hits.hit join redirects.brand on true\")",
        ),
        ("hits/jobs.rs", "bus::enqueue(\"redirects.sync\")"),
    ] {
        assert_eq!(foreign_tables(&planted(path, fine)), [""; 0], "{path}: {fine}");
    }
    for (path, stray) in [
        (
            "0003_redirects.sql",
            "create table redirects.x (y int references hits.hit)",
        ),
        ("0003_things.sql", "create table x (y int)"),
    ] {
        assert_eq!(
            foreign_migrations(&planted(path, stray)).len(),
            1,
            "{path}: {stray}"
        );
    }
    let fine = "create table hits.x (y int references redirects.brand)";
    assert_eq!(foreign_migrations(&planted("0009_hits_more.sql", fine)), [""; 0]);
}
