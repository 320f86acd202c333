use serde_json::Value;

use crate::cli::output::instant;
use crate::cli::table::Table;
use crate::hits::queries::{Dimension, Totals};

pub(super) fn series(totals: &Totals) -> Table {
    let mut table = Table::new(&[totals.grain.name(), "hits"]);
    for point in &totals.series {
        table.row([instant(point.at), point.hits.to_string()]);
    }
    if !totals.series.is_empty() {
        table.row(["total".to_owned(), totals.hits.to_string()]);
    }
    table
}

pub(super) fn groups(totals: &Totals, by: &[Dimension]) -> Table {
    let names = by.iter().map(|dimension| dimension.name());
    let mut table = Table::new(
        &names
            .chain(["hits", "share %", "95 % interval", "last"])
            .collect::<Vec<_>>(),
    );
    for group in &totals.groups {
        let mut cells: Vec<String> = by
            .iter()
            .map(|dimension| match group.by.get(dimension) {
                None | Some(Value::Null) => "–".to_owned(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            })
            .collect();
        let share = group.share;
        cells.push(group.hits.to_string());
        cells.push(format!("{:.2}", 100.0 * share.share));
        cells.push(format!("{:.2}–{:.2}", 100.0 * share.low, 100.0 * share.high));
        cells.push(instant(group.last_at));
        table.row(cells);
    }
    if totals.other > 0 {
        let mut cells = vec!["(others)".to_owned()];
        cells.resize(by.len(), String::new());
        cells.push(totals.other.to_string());
        table.row(cells);
    }
    table
}
