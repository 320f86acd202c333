//! Which of the sorted ways are worth a look for a visitor. It only leaves out: whether a way matches is asked of its
//! rule alone, and the first that does is found as if all had been asked.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use super::{Kind, Way};
use crate::decide::Visitor;
use crate::zip::State;

/// Entries of all ways together, some hundred megabytes at most. A way has its share of them: conditions that would need
/// more are left to the look.
const ENTRIES: usize = 6_000_000;
/// And no more than this for a way, however few there are.
const MOST_ENTRIES: usize = 256;
/// What a way or a visitor is found by: the place, the product, the channel, the language, the device.
const WORDS: usize = 5;
/// Found by anything.
const ANY: u32 = 0;
/// A word that no way has.
const UNKNOWN: u32 = u32::MAX;

type Key = [u32; WORDS];
/// Which of the words count, and whether the place is a state.
type Sort = ([bool; WORDS], bool);

/// By the words that they are found by, the ways at these positions.
pub(super) struct Index<'a> {
    /// Numbers of the words of rules; the place has numbers of its own.
    words: HashMap<&'a str, u32, RandomState>,
    /// By key: the positions, ascending.
    groups: BTreeMap<Sort, HashMap<Key, Vec<u32>, RandomState>>,
}

impl<'a> Index<'a> {
    pub(super) fn new(ways: &[Way<'a>]) -> Self {
        let mut index = Self {
            words: HashMap::default(),
            groups: BTreeMap::new(),
        };
        let entries = (ENTRIES / ways.len().max(1)).min(MOST_ENTRIES);
        for (position, way) in (0..).zip(ways) {
            index.add(position, way, entries);
        }
        index
    }

    fn add(&mut self, position: u32, way: &Way<'a>, entries: usize) {
        let when = &way.rule.when;
        let conditions = [&when.product, &when.media, &when.language, &when.device];
        let mut words = vec![places(way)];
        for condition in conditions {
            let numbers = condition.iter().map(|word| self.number(word));
            words.push(numbers.collect());
        }
        for numbers in &mut words {
            numbers.sort_unstable();
            numbers.dedup();
        }
        // What takes fewest entries comes first.
        let mut order: Vec<usize> = (0..WORDS).filter(|word| !words[*word].is_empty()).collect();
        order.sort_by_key(|word| words[*word].len());
        let mut keys = vec![[ANY; WORDS]];
        let mut counts = [false; WORDS];
        for word in order {
            let numbers = &words[word];
            if keys.len() * numbers.len() > entries {
                break;
            }
            counts[word] = true;
            let all = keys.iter().flat_map(|key| {
                numbers.iter().map(|number| {
                    let mut key = *key;
                    key[word] = *number;
                    key
                })
            });
            keys = all.collect();
        }
        let group = self.groups.entry((counts, way.kind == Kind::State)).or_default();
        for key in keys {
            group.entry(key).or_default().push(position);
        }
    }

    fn number(&mut self, word: &'a str) -> u32 {
        let next = self.words.len() as u32 + 1;
        *self.words.entry(word).or_insert(next)
    }

    /// Lists of positions, each ascending, that together have every way that can match.
    pub(super) fn near(&self, visitor: &Visitor<'_>, state: Option<State>) -> impl Iterator<Item = &[u32]> {
        let words = [
            visitor.product,
            visitor.media,
            visitor.language,
            visitor.device.as_str(),
        ];
        let [product, media, language, device] =
            words.map(|word| self.words.get(word).copied().unwrap_or(UNKNOWN));
        let state = state.map_or(UNKNOWN, by_state);
        let prefix = by_prefix(visitor.zip.zip.number());
        self.groups
            .iter()
            .filter_map(move |((counts, by_states), group)| {
                let place = if *by_states { state } else { prefix };
                let mut key = [place, product, media, language, device];
                for (word, counts) in key.iter_mut().zip(counts) {
                    *word = if *counts { *word } else { ANY };
                }
                group.get(&key).map(Vec::as_slice)
            })
    }
}

/// Where the way matches, in states or in ZIPs of the same first three digits.
fn places(way: &Way<'_>) -> Vec<u32> {
    let when = &way.rule.when;
    match way.kind {
        Kind::Any => Vec::new(),
        Kind::State => {
            let states = when.state.iter().filter_map(|code| State::parse(code));
            states.map(by_state).collect()
        }
        Kind::Area | Kind::Exact => {
            let zips = way.zips().map(|clause| clause.interval());
            zips.flat_map(|zips| by_prefix(zips.start)..=by_prefix(zips.end - 1))
                .collect()
        }
    }
}

fn by_state(state: State) -> u32 {
    u32::from(state.number()) + 1
}

fn by_prefix(zip: u32) -> u32 {
    zip / 100 + 1
}
