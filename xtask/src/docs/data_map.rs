//! The page that says of every table why it is there and how long a row stays. A table that a migration makes, or a column
//! with personal data (`PERSONAL_DATA` of the core, which a test holds to the database), that the page does not name is a
//! fault; so is one that it names and that is not there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::markdown::read;

const PAGE: &str = "docs/operating/data.md";
const PERSONAL_DATA: &str = "core/src/privacy/mod.rs";

pub(super) fn faults(root: &Path) -> Result<Vec<String>> {
    let migrations = root.join("migrations");
    let mut sql = String::new();
    for entry in fs::read_dir(&migrations).context("reading migrations")?.flatten() {
        sql += &read(&entry.path())?;
    }
    let (tables, columns) = (tables(&sql), personal(&read(&root.join(PERSONAL_DATA))?));
    ensure!(!tables.is_empty(), "no migration makes a table");
    ensure!(!columns.is_empty(), "{PERSONAL_DATA} names no column");
    Ok(missing(&read(&root.join(PAGE))?, &tables, &columns))
}

fn missing(page: &str, tables: &BTreeSet<String>, columns: &BTreeSet<String>) -> Vec<String> {
    let named = named(page);
    let mut faults: Vec<String> = [("table", tables), ("personal column", columns)]
        .into_iter()
        .flat_map(|(kind, known)| known.difference(&named).map(move |name| (kind, name)))
        .map(|(kind, name)| format!("{PAGE} does not say what becomes of the {kind} `{name}`"))
        .collect();
    let schemas: BTreeSet<&str> = tables
        .iter()
        .filter_map(|table| Some(table.split_once('.')?.0))
        .collect();
    let gone = named.iter().filter(|name| {
        let schema = name.split('.').next().unwrap_or_default();
        schemas.contains(schema) && !tables.contains(*name) && !columns.contains(*name)
    });
    faults.extend(
        gone.map(|name| format!("{PAGE} names `{name}`, which is neither a table nor a personal column")),
    );
    faults
}

/// `schema.table` of each `create table`. Partitions are their table's.
fn tables(sql: &str) -> BTreeSet<String> {
    let made = sql.split("create table ").skip(1);
    let made = made.map(|rest| rest.trim_start_matches("if not exists "));
    let whole = made.filter(|rest| {
        !rest
            .split([';', '('])
            .next()
            .unwrap_or_default()
            .contains("partition of")
    });
    // Functions make some by a pattern, `%I`.
    let names = whole.map(name);
    names
        .filter(|name| name.split_once('.').is_some_and(|(_, table)| !table.is_empty()))
        .collect()
}

/// `schema.table.column` of each entry, `("schema.table.column", Fate::…)`.
fn personal(source: &str) -> BTreeSet<String> {
    let entries = source.split("(\"").skip(1);
    let entries = entries.filter_map(|entry| entry.split_once("\", Fate::"));
    entries.map(|(column, _)| column.to_owned()).collect()
}

fn name(text: &str) -> String {
    text.chars()
        .take_while(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.'))
        .collect()
}

/// What the rows of the page's tables name: in the first cell `schema.table`, or several; beside a single one, in the second
/// cell, its personal columns.
fn named(page: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = row.trim_start_matches("| ").split(" | ");
        let tables: Vec<&str> = code(cells.next().unwrap_or_default()).collect();
        named.extend(tables.iter().map(|table| (*table).to_owned()));
        let columns = cells.next().unwrap_or_default();
        if let [table] = tables.as_slice() {
            named.extend(code(columns).map(|column| format!("{table}.{column}")));
        }
    }
    named
}

/// What stands between backticks.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQL: &str = "create table a.person (\n name text);\ncreate table if not exists a.link (x int);\n\
                       create table a.day partition of a.link for values in (1);\nformat('create table a.%I')";
    const SOURCE: &str = "&[\n    (\"a.person.name\", Fate::Emptied),\n];";

    fn faults_of(page: &str) -> Vec<String> {
        missing(page, &tables(SQL), &personal(SOURCE))
    }

    #[test]
    fn a_table_and_a_personal_column_that_the_page_does_not_name_are_found() {
        let whole = "| table | personal | kept |\n|---|---|---|\n| `a.person` | `name` | for ever |\n| `a.link` | – | a day |\n";
        assert_eq!(faults_of(whole), [""; 0]);
        let lacking = faults_of("| `a.person` | – | for ever |\n");
        assert_eq!(lacking.len(), 2, "{lacking:?}");
        assert!(lacking[0].contains("table `a.link`") && lacking[1].contains("column `a.person.name`"));
    }

    #[test]
    fn a_table_that_is_gone_is_found() {
        let faults =
            faults_of("| `a.person`, `a.link`, `a.gone` | – | for ever |\n| `a.person` | `name` | |\n");
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].contains("`a.gone`"));
    }
}
