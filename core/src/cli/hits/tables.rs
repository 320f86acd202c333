use serde_json::Value;

use crate::cli::output::instant;
use crate::cli::table::Table;
use crate::hits::domain::Share;
use crate::hits::queries::{
    Dimension, LostZip, Quarantined, RecentHit, RuleTraffic, Split, Totals, UnusedRule,
};

/// The groups if there are dimensions, the series otherwise.
pub(super) fn totals(totals: &Totals, by: &[Dimension]) -> Table {
    if by.is_empty() {
        series(totals)
    } else {
        groups(totals, by)
    }
}

fn series(totals: &Totals) -> Table {
    let mut table = Table::new(&[totals.grain.name(), "hits"]);
    for point in &totals.series {
        table.row([instant(point.at), point.hits.to_string()]);
    }
    if !totals.series.is_empty() {
        table.row(["total".to_owned(), totals.hits.to_string()]);
    }
    table
}

fn groups(totals: &Totals, by: &[Dimension]) -> Table {
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
        cells.push(interval(share));
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

fn interval(share: Share) -> String {
    format!("{:.2}–{:.2}", 100.0 * share.low, 100.0 * share.high)
}

pub(super) fn recent(hits: &[RecentHit]) -> Table {
    let mut table = Table::new(&[
        "at", "brand", "product", "zip", "state", "device", "media", "outcome", "rule",
    ]);
    for hit in hits {
        table.row([
            instant(hit.at),
            hit.brand.clone(),
            hit.product.clone(),
            hit.zip.clone().unwrap_or_default(),
            hit.state.clone().unwrap_or_default(),
            hit.device.clone(),
            hit.media.clone().unwrap_or_default(),
            hit.outcome.clone(),
            hit.rule.map(|rule| rule.to_string()).unwrap_or_default(),
        ]);
    }
    table
}

pub(super) fn rules(rules: &[RuleTraffic]) -> Table {
    let mut table = Table::new(&["rule", "hits", "last seen"]);
    for rule in rules {
        table.row([
            rule.rule.to_string(),
            rule.hits.to_string(),
            instant(rule.last_at),
        ]);
    }
    table
}

pub(super) fn unused(rules: &[UnusedRule]) -> Table {
    let mut table = Table::new(&["rule", "kind", "live since", "from", "until", "note"]);
    for rule in rules {
        let [since, from, until] =
            [rule.live_since, rule.from, rule.until].map(|at| at.map(instant).unwrap_or_default());
        table.row([
            rule.rule.to_string(),
            rule.kind.name().to_owned(),
            since,
            from,
            until,
            rule.note.clone(),
        ]);
    }
    table
}

pub(super) fn splits(splits: &[Split]) -> Table {
    let mut table = Table::new(&[
        "rule",
        "variant",
        "hits",
        "share %",
        "95 % interval",
        "intended %",
        "",
    ]);
    for split in splits {
        for variant in &split.variants {
            let intended = variant.intended.map(|share| format!("{:.2}", 100.0 * share));
            let remark = if variant.compatible == Some(false) {
                "off"
            } else {
                ""
            };
            table.row([
                split.rule.to_string(),
                variant.variant.clone(),
                variant.hits.to_string(),
                format!("{:.2}", 100.0 * variant.share.share),
                interval(variant.share),
                intended.unwrap_or_else(|| "–".to_owned()),
                remark.to_owned(),
            ]);
        }
    }
    table
}

pub(super) fn lost(zips: &[LostZip]) -> Table {
    let mut table = Table::new(&["brand", "ZIP", "state", "hits", "last seen"]);
    for lost in zips {
        let state = lost.state.clone().unwrap_or_default();
        table.row([
            lost.brand.clone(),
            lost.zip.clone(),
            state,
            lost.hits.to_string(),
            instant(lost.last_at),
        ]);
    }
    table
}

pub(super) fn quarantine(items: &[Quarantined]) -> Table {
    let mut table = Table::new(&["last seen", "seen", "reason", "bytes", "detail"]);
    for item in items {
        let seen = item.seen.to_string();
        let bytes = item.size_bytes.to_string();
        table.row([
            instant(item.last_seen_at),
            seen,
            item.reason.clone(),
            bytes,
            item.detail.clone(),
        ]);
    }
    table
}
