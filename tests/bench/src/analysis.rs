//! What an admin waits for before publishing: validating and comparing a large rule set.

use std::fs;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use marquee_core::redirects::Severity;
use marquee_core::redirects::queries::{compared_rules, validated};
use marquee_shared::compile;
use marquee_shared::table::Table;
use time::OffsetDateTime;

use crate::Run;
use crate::report::{Row, Section, Target, number};

/// When visitors come: 2026-06-01, within some of the sample's windows and outside others.
const AT: i64 = 1_780_272_000;
/// The most seconds that an exact analysis may take.
const LIMIT: f64 = 4.0;

pub(crate) fn run(run: &Run) -> Result<Section> {
    let sizes: &[usize] = if run.quick {
        &[3_000]
    } else {
        &[3_000, 20_000, 100_000]
    };
    let mut rows = Vec::new();
    for rules in sizes {
        eprintln!("  … analysis, {} rules", number(*rules as f64, ""));
        measure(*rules, &mut rows)?;
    }
    rows.push(Row::new("peak memory of the whole part", peak()?));
    Ok(Section {
        title: "Analysis",
        method: "One core, once each. Validating compiles, proves the table on sampled visitors, and finds out from the decision diagram which \
                 rules never decide and whom nobody answers; its first two steps, which publishing does as well, are measured alone and \
                 taken off. The comparison is with the same rules, one in a hundred of them disabled, and builds both diagrams. The target \
                 is for one diagram; a comparison has two."
            .to_owned(),
        rows,
    })
}

fn measure(rules: usize, rows: &mut Vec<Row>) -> Result<()> {
    let set = marquee_sample::rules(rules, 1);
    let name = format!("{} rules", number(rules as f64, ""));

    let begun = Instant::now();
    let table = compile::compile(&set).context("compiling the sample")?.bytes;
    let Ok(table) = Table::load(table) else {
        bail!("the table of the sample cannot be read");
    };
    ensure!(
        compile::prove(&set, &table).is_ok(),
        "the table decides otherwise"
    );
    let compiled = begun.elapsed().as_secs_f64();

    let begun = Instant::now();
    let at = OffsetDateTime::from_unix_timestamp(AT).context("the time")?;
    let view = validated(set.clone(), &[], at);
    let all = begun.elapsed().as_secs_f64();
    ensure!(view.count(Severity::Error) == 0, "the sample has errors");
    ensure!(
        view.not_analysed.is_none(),
        "the sample cannot be analysed: {:?}",
        view.not_analysed
    );
    let analysed = (all - compiled).max(0.0);
    let found = view.gaps.map_or(0, |gaps| gaps.groups_found);
    rows.push(Row::new(
        format!("{name}: compile and prove"),
        number(compiled, "s"),
    ));
    rows.push(
        Row::new(
            format!(
                "{name}: analyse ({} never decide, {found} gaps)",
                view.unreachable_rules
            ),
            number(analysed, "s"),
        )
        .target(Target::AtMost(LIMIT), analysed, "≤ 4 s"),
    );

    let mut other = set.clone();
    for rule in other.rules.iter_mut().step_by(100) {
        rule.enabled = false;
    }
    let begun = Instant::now();
    let view = compared_rules(set, other, at).context("comparing")?;
    let compared = begun.elapsed().as_secs_f64();
    rows.push(
        Row::new(
            format!(
                "{name}: compare ({} ZIPs differ, {} pairs of rules)",
                number(view.destinations.zips as f64, ""),
                number(view.destinations.pairs_found as f64, "")
            ),
            number(compared, "s"),
        )
        .target(Target::AtMost(2.0 * LIMIT), compared, "≤ 2 × 4 s"),
    );
    Ok(())
}

/// The most memory that this process ever had.
fn peak() -> Result<String> {
    let status = fs::read_to_string("/proc/self/status").context("reading /proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kilobytes: f64 = kilobytes.context("no VmHWM in /proc/self/status")?.parse()?;
    Ok(number(kilobytes / 1024.0, "MB"))
}
