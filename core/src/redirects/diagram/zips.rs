//! Where ZIPs lie, and which of them somebody has.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use marquee_shared::zip::{State, Zip, locate};

/// All ZIPs have five digits.
pub(super) const ZIPS: u32 = 100_000;

/// By ZIP: the number of its state.
static STATES: LazyLock<Vec<Option<u8>>> = LazyLock::new(|| {
    let state = |zip| locate(Zip::from_number(zip)?).state.map(State::number);
    (0..i64::from(ZIPS)).map(state).collect()
});

/// By ZIP: how many before it somebody has, as far as our data knows; and at the end, how many there are.
static LISTED: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let mut listed = Vec::with_capacity(ZIPS as usize + 1);
    let mut before = 0;
    for zip in 0..ZIPS {
        listed.push(before);
        before += u32::from(is_listed(zip));
    }
    listed.push(before);
    listed
});

pub(crate) fn state(zip: u32) -> Option<u8> {
    STATES.get(zip as usize).copied().flatten()
}

/// Whether somebody has the ZIP.
pub(crate) fn is_listed(zip: u32) -> bool {
    Zip::from_number(i64::from(zip)).is_some_and(|zip| locate(zip).known)
}

/// How many ZIPs of these runs somebody has.
pub(crate) fn listed(runs: &[Range<u32>]) -> u64 {
    let before = |zip: u32| LISTED.get(zip as usize).map_or(0, |before| u64::from(*before));
    runs.iter()
        .map(|run| before(run.end).saturating_sub(before(run.start)))
        .sum()
}

/// By number of a state: how many of its ZIPs somebody has.
pub(crate) fn listed_by_state() -> BTreeMap<u8, u64> {
    let mut counts = BTreeMap::new();
    for zip in (0..ZIPS).filter(|zip| is_listed(*zip)) {
        if let Some(state) = state(zip) {
            *counts.entry(state).or_default() += 1;
        }
    }
    counts
}

/// Runs cut where the state changes; ZIPs of no state are left out: no rule decides there.
pub(super) fn by_state(runs: Vec<Range<u32>>) -> impl Iterator<Item = (u8, Vec<Range<u32>>)> {
    let mut states: BTreeMap<u8, Vec<Range<u32>>> = BTreeMap::new();
    for zip in runs.into_iter().flatten() {
        let Some(state) = state(zip) else {
            continue;
        };
        let runs = states.entry(state).or_default();
        match runs.last_mut() {
            Some(last) if last.end == zip => last.end += 1,
            _ => runs.push(zip..zip + 1),
        }
    }
    states.into_iter()
}
