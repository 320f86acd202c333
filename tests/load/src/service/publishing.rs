use std::time::Instant;

use anyhow::{Context, Result};
use marquee_bench::engine::gzip;
use marquee_bench::program::Core;
use marquee_bench::report::{aligned, number};
use marquee_shared::compile::{MAX_TABLE_BYTES, compile};

use crate::Plan;
use crate::sizing::Table;

/// What one size of a rule set costs on its way.
struct Size {
    rules: usize,
    bytes: usize,
    packed: usize,
    compiled: f64,
    imported: f64,
    published: f64,
}

/// How long rule sets of several sizes take from a file to a revision that is live in the database.
pub(super) fn table(core: &Core, plan: &Plan) -> Result<Table> {
    let mut sizes = Vec::new();
    for rules in plan.rules {
        eprintln!("  … publishing {rules} rules");
        let mut set = marquee_sample::rules(*rules, 1);
        set.brand = format!("sized-{rules}");
        set.settings.hosts = vec![format!("{}.example.com", set.brand)];
        let begun = Instant::now();
        let table = compile(&set).context("compiling")?.bytes;
        let compiled = begun.elapsed().as_secs_f64();
        core.create_brand(&set)?;
        let begun = Instant::now();
        core.import(&set)?;
        let imported = begun.elapsed().as_secs_f64();
        let begun = Instant::now();
        core.publish(&set.brand)?;
        sizes.push(Size {
            rules: *rules,
            bytes: table.len(),
            packed: gzip(&table)?.len(),
            compiled,
            imported,
            published: begun.elapsed().as_secs_f64(),
        });
    }
    let head = [
        "rules",
        "table",
        "gzip",
        "bytes a rule",
        "compiled",
        "imported",
        "published",
    ]
    .map(str::to_owned);
    let rows = sizes.iter().map(|size| {
        vec![
            number(size.rules as f64, ""),
            number(size.bytes as f64 / 1e3, "KB"),
            number(size.packed as f64 / 1e3, "KB"),
            number(size.bytes as f64 / size.rules as f64, ""),
            number(size.compiled, "s"),
            number(size.imported, "s"),
            number(size.published, "s"),
        ]
    });
    Ok(Table {
        title: "Publishing",
        method: "A brand's rules as a file, imported by `marquee rules import` (checked, into Postgres) and published by the API: \
                 compiled, read back, proven on up to a million visitors against a resolver that only sorts, committed. KV \
                 is not waited for here: a publish of 3,000 rules to a visitor who is answered by it is measured by `cargo xtask \
                 bench --only publish`. Each size once."
            .to_owned(),
        text: aligned(&head, rows),
        limit: limit(&sizes),
    })
}

fn limit(sizes: &[Size]) -> String {
    let (Some(first), Some(last)) = (sizes.first(), sizes.last()) else {
        return String::new();
    };
    let each = last.bytes as f64 / last.rules as f64;
    format!(
        "{} times the rules took {} times as long to publish. The first limit is the size of a table, {}: at {} bytes a rule \
         about {} rules of this kind in one brand, beyond which a publish is refused and names the costliest rules. What \
         moves it: fewer ZIPs and more states or prefixes in the rules' conditions, or another brand. An answer of \
         the edge takes as long with many rules as with few.",
        number(last.rules as f64 / first.rules as f64, ""),
        number(last.published / first.published, ""),
        number(MAX_TABLE_BYTES as f64 / 1e6, "MB"),
        number(each, ""),
        number(MAX_TABLE_BYTES as f64 / each, ""),
    )
}
