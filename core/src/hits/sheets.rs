//! The hits' lists as sheets: every figure in a column of its own, shares from 0 to 1, times in RFC 3339.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::domain::Share;
use super::queries::{Dimension, LostZip, Quarantined, RecentHit, RuleTraffic, Split, Totals, UnusedRule};
use crate::platform::sheet::Sheet;

/// Lines of one file at most.
pub const MOST_ROWS: usize = 10_000;

/// The groups if there are dimensions, the series otherwise. Groups past the limit are one line, `(others)`.
pub fn totals(totals: &Totals, by: &[Dimension]) -> Sheet {
    if by.is_empty() {
        return series(totals);
    }
    let names = by.iter().map(|dimension| dimension.name());
    let mut sheet = Sheet::new(names.chain(["hits", "share", "low", "high", "last_at"]));
    for group in &totals.groups {
        let values = by.iter().map(|dimension| match group.by.get(dimension) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        });
        let figures = figures(group.hits, group.share).into_iter();
        sheet.row(values.chain(figures).chain([time(group.last_at)]));
    }
    if totals.other > 0 {
        let others = by.iter().enumerate();
        let others = others.map(|(place, _)| if place == 0 { "(others)" } else { "" }.to_owned());
        let figures = figures(totals.other, Share::of(totals.other, totals.hits)).into_iter();
        sheet.row(others.chain(figures).chain([String::new()]));
    }
    sheet
}

fn series(totals: &Totals) -> Sheet {
    let mut sheet = Sheet::new(["at", "hits"]);
    for point in &totals.series {
        sheet.row([time(point.at), point.hits.to_string()]);
    }
    sheet
}

pub fn recent(hits: &[RecentHit]) -> Sheet {
    let mut sheet = Sheet::new([
        "id",
        "at",
        "brand",
        "product",
        "language",
        "device",
        "media",
        "zip",
        "zip_known",
        "state",
        "outcome",
        "rule",
        "variant",
        "revision",
        "canary",
        "url_sha256",
        "colo",
        "country",
        "bot",
        "region_mismatch",
    ]);
    for hit in hits {
        sheet.row([
            hit.id.to_string(),
            time(hit.at),
            hit.brand.clone(),
            hit.product.clone(),
            hit.language.clone(),
            hit.device.clone(),
            maybe(hit.media.as_ref()),
            maybe(hit.zip.as_ref()),
            hit.zip_known.to_string(),
            maybe(hit.state.as_ref()),
            hit.outcome.clone(),
            maybe(hit.rule),
            maybe(hit.variant.as_ref()),
            hit.revision.to_string(),
            hit.canary.to_string(),
            maybe(hit.url_sha256.as_ref()),
            maybe(hit.colo.as_ref()),
            maybe(hit.country.as_ref()),
            hit.bot.to_string(),
            hit.region_mismatch.to_string(),
        ]);
    }
    sheet
}

pub fn rules(rules: &[RuleTraffic]) -> Sheet {
    let mut sheet = Sheet::new(["rule", "hits", "last_at"]);
    for rule in rules {
        sheet.row([rule.rule.to_string(), rule.hits.to_string(), time(rule.last_at)]);
    }
    sheet
}

pub fn unused(rules: &[UnusedRule]) -> Sheet {
    let mut sheet = Sheet::new(["rule", "kind", "note", "from", "until", "live_since"]);
    for rule in rules {
        sheet.row([
            rule.rule.to_string(),
            rule.kind.name().to_owned(),
            rule.note.clone(),
            maybe(rule.from.map(time)),
            maybe(rule.until.map(time)),
            maybe(rule.live_since.map(time)),
        ]);
    }
    sheet
}

/// A line for each variant.
pub fn splits(splits: &[Split]) -> Sheet {
    let mut sheet = Sheet::new([
        "rule",
        "variant",
        "hits",
        "share",
        "low",
        "high",
        "intended",
        "compatible",
    ]);
    for split in splits {
        for variant in &split.variants {
            let names = [split.rule.to_string(), variant.variant.clone()].into_iter();
            let meant = [maybe(variant.intended), maybe(variant.compatible)];
            sheet.row(names.chain(figures(variant.hits, variant.share)).chain(meant));
        }
    }
    sheet
}

pub fn lost_zips(zips: &[LostZip]) -> Sheet {
    let mut sheet = Sheet::new(["brand", "zip", "state", "hits", "last_at"]);
    for lost in zips {
        sheet.row([
            lost.brand.clone(),
            lost.zip.clone(),
            maybe(lost.state.as_ref()),
            lost.hits.to_string(),
            time(lost.last_at),
        ]);
    }
    sheet
}

pub fn quarantine(items: &[Quarantined]) -> Sheet {
    let mut sheet = Sheet::new([
        "sha256",
        "reason",
        "detail",
        "excerpt",
        "size_bytes",
        "seen",
        "first_seen_at",
        "last_seen_at",
    ]);
    for item in items {
        sheet.row([
            item.sha256.clone(),
            item.reason.clone(),
            item.detail.clone(),
            item.excerpt.clone(),
            item.size_bytes.to_string(),
            item.seen.to_string(),
            time(item.first_seen_at),
            time(item.last_seen_at),
        ]);
    }
    sheet
}

fn figures(hits: i64, Share { share, low, high }: Share) -> [String; 4] {
    let [share, low, high] = [share, low, high].map(|share| format!("{share:.6}"));
    [hits.to_string(), share, low, high]
}

fn time(at: OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

fn maybe(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
