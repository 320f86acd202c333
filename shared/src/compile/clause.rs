//! Clauses and their order (SPEC e).

use std::cmp::Reverse;
use std::ops::Range;

use super::numbered::{DEVICE, LANGUAGE, MEDIA, Numbered, PRODUCT};
use crate::rules::{Rule, ZipClause};

/// One way in which a rule matches places. States and ZIPs of a rule are a union, so it has one per kind.
#[derive(Clone, Debug)]
pub(crate) struct Clause<'a> {
    pub(crate) rule: &'a Rule,
    /// The rule's, in the set.
    pub(super) index: usize,
    /// The numbers of its products, languages, devices and media.
    pub(super) values: [&'a [u32]; 4],
    /// Equal for equal actions.
    pub(super) action: u32,
    pub(crate) place: Place,
    /// Unix seconds: from ≤ t < until.
    pub(crate) window: Option<Range<i64>>,
}

/// Where a rule matches, by rising rank of the kind. ZIPs are half-open intervals of numbers.
#[derive(Clone, Debug)]
pub enum Place {
    Any,
    /// Bit s: the state of number s.
    States(u64),
    /// ZIPs of prefixes and ranges.
    Areas(Vec<Range<u32>>),
    /// ZIPs named one by one, as intervals of one.
    Exact(Vec<Range<u32>>),
}

impl Place {
    fn kind(&self) -> u8 {
        match self {
            Self::Any => 0,
            Self::States(_) => 1,
            Self::Areas(_) => 2,
            Self::Exact(_) => 3,
        }
    }
}

/// What is compared before the rule's number, the greatest first; equal ties are errors where they meet. In one
/// number, from its highest bits on: priority, kind of place, how many conditions are fixed, which, windowed.
pub(crate) type Tie = Reverse<u64>;

impl Clause<'_> {
    pub(crate) fn tie(&self) -> Tie {
        let fixed = [PRODUCT, MEDIA, LANGUAGE, DEVICE].map(|condition| !self.values[condition].is_empty());
        // In this order of bits product counts before media before language before device.
        let fixed = fixed
            .iter()
            .fold(0_u64, |bits, fixed| bits << 1 | u64::from(*fixed));
        let priority = self.rule.priority.abs_diff(i32::MIN);
        let tie = u64::from(priority) << 2 | u64::from(self.place.kind());
        let tie = tie << 3 | u64::from(fixed.count_ones());
        Reverse((tie << 4 | fixed) << 1 | u64::from(self.window.is_some()))
    }

    /// Lower wins.
    pub(crate) fn rank(&self) -> (Tie, u32) {
        (self.tie(), self.rule.number)
    }
}

/// The clauses of an enabled rule; none if its window is empty.
pub(crate) fn clauses<'a>(numbered: &'a Numbered<'a>, index: usize) -> impl Iterator<Item = Clause<'a>> {
    let rule = &numbered.set.rules[index];
    let window = window(rule);
    let places = if window.as_ref().is_some_and(Range::is_empty) {
        [None, None, None]
    } else {
        places(numbered, index)
    };
    let values = [PRODUCT, LANGUAGE, DEVICE, MEDIA].map(|condition| numbered.values(index, condition));
    places.into_iter().flatten().map(move |place| Clause {
        rule,
        index,
        values,
        action: numbered.action(index),
        place,
        window: window.clone(),
    })
}

/// Whole seconds t satisfy from ≤ t < until exactly when they do so after rounding both up.
fn window(rule: &Rule) -> Option<Range<i64>> {
    let seconds = |at: time::OffsetDateTime| at.unix_timestamp() + i64::from(at.nanosecond() > 0);
    (rule.from.is_some() || rule.until.is_some())
        .then(|| rule.from.map_or(i64::MIN, seconds)..rule.until.map_or(i64::MAX, seconds))
}

fn places(numbered: &Numbered<'_>, index: usize) -> [Option<Place>; 3] {
    let when = &numbered.set.rules[index].when;
    if when.state.is_empty() && when.zip.is_empty() {
        return [Some(Place::Any), None, None];
    }
    let states = numbered.states(index);
    let zips = |exact: bool| -> Option<Vec<Range<u32>>> {
        let named = when.zip.iter();
        let named = named.filter(|clause| matches!(clause, ZipClause::Exact(_)) == exact);
        let zips: Vec<_> = named.map(|clause| clause.interval()).collect();
        (!zips.is_empty()).then_some(zips)
    };
    [
        (states != 0).then_some(Place::States(states)),
        zips(false).map(Place::Areas),
        zips(true).map(Place::Exact),
    ]
}

/// The prefixes that intervals touch, ascending, with a bit per ZIP touched in each.
pub(crate) fn prefixes(intervals: &[Range<u32>]) -> Vec<(u32, u128)> {
    let mut touched: Vec<(u32, u128)> = Vec::with_capacity(intervals.len());
    for interval in intervals {
        let mut from = interval.start;
        while from < interval.end {
            let prefix = from / 100;
            let until = interval.end.min(prefix * 100 + 100);
            let bits = ((1_u128 << (until - from)) - 1) << (from % 100);
            // Lists are mostly sorted: neighbours share a prefix.
            match touched.last_mut() {
                Some((last, kept)) if *last == prefix => *kept |= bits,
                _ => touched.push((prefix, bits)),
            }
            from = until;
        }
    }
    touched.sort_unstable_by_key(|(prefix, _)| *prefix);
    touched.dedup_by(|(prefix, bits), (kept, kept_bits)| {
        let same = prefix == kept;
        if same {
            *kept_bits |= *bits;
        }
        same
    });
    touched
}
