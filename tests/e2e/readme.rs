//! `tests/README.md` says where every row of the fault tables is tested. It must not rot.

use std::fs;

use marquee_tests::process::root;

/// The lines of the tables, as cells.
fn rows() -> Vec<Vec<String>> {
    let readme = fs::read_to_string(root().join("tests/README.md")).unwrap();
    let rows = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.map(|row| row.split(" | ").map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// Rows of the API, of the edge, of publishing, of the log pipeline, of videos, of payments and of gateways' webhooks, and the
/// defects of the original services.
fn ids() -> impl Iterator<Item = String> {
    let numbered = [
        ('A', 12),
        ('E', 24),
        ('K', 23),
        ('L', 15),
        ('M', 11),
        ('P', 17),
        ('W', 12),
    ]
    .into_iter();
    let numbered = numbered.flat_map(|(table, last)| (1..=last).map(move |row| format!("{table}{row:02}")));
    let videos = (20..=28).chain(32..=40).map(|defect| format!("D{defect}"));
    let money = (1..=15).map(|defect| format!("{defect:02}"));
    numbered
        .chain(money)
        .chain(videos)
        .chain(('a'..='m').map(String::from))
}

#[test]
fn every_row_of_the_fault_tables_is_listed_once() {
    let rows = rows();
    for id in ids() {
        let of_id: Vec<_> = rows.iter().filter(|row| row[0] == id).collect();
        assert_eq!(of_id.len(), 1, "{id}: {of_id:?}");
        let place = of_id[0].get(2).map_or("", String::as_str);
        assert!(
            place.contains('`') || place.len() > 20,
            "{id}: neither a test nor a reason: {place:?}"
        );
    }
}

#[test]
fn every_test_that_the_readme_names_exists() {
    let mut named = 0;
    for row in rows() {
        // Every other piece is between backticks.
        let places = row.last().unwrap().split('`').skip(1).step_by(2);
        for (file, test) in places.filter_map(|place| place.split_once("::")) {
            let source = fs::read_to_string(root().join(file)).unwrap_or_default();
            assert!(
                source.contains(&format!("fn {test}(")),
                "{}: there is no test {test} in {file}",
                row[0]
            );
            named += 1;
        }
    }
    assert!(named > 60, "only {named} tests are named");
}
