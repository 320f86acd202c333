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
/// Ways of one sort that are further apart than such a part of all ways are two groups: most visitors have found theirs
/// before the second.
const PARTS: usize = 8;
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
    /// Whoever's first way comes first.
    groups: Vec<Group>,
}

/// Ways that are found by the same words, near each other in the order of precedence.
struct Group {
    sort: Sort,
    first: u32,
    last: u32,
    /// By key: the positions, ascending.
    positions: HashMap<Key, Vec<u32>, RandomState>,
}

impl<'a> Index<'a> {
    pub(super) fn new(ways: &[Way<'a>]) -> Self {
        let mut index = Self {
            words: HashMap::default(),
            groups: Vec::new(),
        };
        let entries = (ENTRIES / ways.len().max(1)).min(MOST_ENTRIES);
        let mut open = BTreeMap::new();
        for (position, way) in (0..).zip(ways) {
            let (sort, keys) = index.keys(way, entries);
            let group = open.get(&sort).copied().filter(|group: &usize| {
                let last = index.groups[*group].last;
                (position - last) as usize * PARTS <= ways.len()
            });
            let group = group.unwrap_or(index.groups.len());
            open.insert(sort, group);
            index.add(group, sort, position, keys);
        }
        index
    }

    /// Adds a way to a group, which may be the next one.
    fn add(&mut self, group: usize, sort: Sort, position: u32, keys: Vec<Key>) {
        if group == self.groups.len() {
            self.groups.push(Group {
                sort,
                first: position,
                last: position,
                positions: HashMap::default(),
            });
        }
        let group = &mut self.groups[group];
        group.last = position;
        for key in keys {
            group.positions.entry(key).or_default().push(position);
        }
    }

    /// What a way is found by.
    fn keys(&mut self, way: &Way<'a>, entries: usize) -> (Sort, Vec<Key>) {
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
        ((counts, way.kind == Kind::State), keys)
    }

    fn number(&mut self, word: &'a str) -> u32 {
        let next = self.words.len() as u32 + 1;
        *self.words.entry(word).or_insert(next)
    }

    /// The lowest position of a way that matches, of all that can.
    pub(super) fn first(
        &self,
        visitor: &Visitor<'_>,
        state: Option<State>,
        mut matches: impl FnMut(u32) -> bool,
    ) -> Option<u32> {
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
        let mut first = None;
        for group in &self.groups {
            // Neither this group nor those after it have a better one.
            if first.is_some_and(|first| first < group.first) {
                break;
            }
            let (counts, by_states) = &group.sort;
            let place = if *by_states { state } else { prefix };
            let mut key = [place, product, media, language, device];
            for (word, counts) in key.iter_mut().zip(counts) {
                *word = if *counts { *word } else { ANY };
            }
            let positions = group.positions.get(&key).map_or(&[][..], Vec::as_slice);
            let better = positions.iter().copied();
            let mut better = better.take_while(|position| first.is_none_or(|first| *position < first));
            first = better.find(|position| matches(*position)).or(first);
        }
        first
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
