//! Reading words, strings and records. What lies outside is zero, or empty.

use super::layout::{INFO_BYTES, LISTS_AT, List, Mode, NONE};
use super::{Layer, Table};

/// What a rank of the routes leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    /// The rule's number; of a product's fallback the product.
    pub(crate) rule: u32,
    pub(crate) mode: Mode,
    first: u32,
    variants: u32,
}

/// One destination of a route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variant<'a> {
    pub(crate) name: &'a str,
    /// It has the buckets from the one before up to this, excluded.
    pub(crate) end: u16,
    pub(crate) url: &'a str,
    /// For [`Table::system`].
    pub(crate) system: Option<u32>,
}

impl Table {
    pub(super) fn word(&self, at: usize) -> u32 {
        let chunk = self.bytes.get(at..).and_then(<[u8]>::first_chunk);
        chunk.map_or(0, |chunk| u32::from_le_bytes(*chunk))
    }

    pub(super) fn long(&self, at: usize) -> u64 {
        let chunk = self.bytes.get(at..).and_then(<[u8]>::first_chunk);
        chunk.map_or(0, |chunk| u64::from_le_bytes(*chunk))
    }

    /// Offset of a list's first item, and how many there are.
    pub(super) fn list(&self, list: List) -> (usize, u32) {
        let at = LISTS_AT.wrapping_add((list as usize).wrapping_mul(8));
        (self.word(at) as usize, self.word(at.wrapping_add(4)))
    }

    /// A word of an item.
    pub(super) fn item_word(&self, list: List, index: u32, word: usize) -> u32 {
        let (start, count) = self.list(list);
        if index >= count {
            return 0;
        }
        let words = (index as usize).wrapping_mul(list.words()).wrapping_add(word);
        self.word(start.wrapping_add(words.wrapping_mul(4)))
    }

    fn text(&self, string: u32) -> &[u8] {
        let offset = self.item_word(List::Strings, string, 0) as usize;
        let length = self.item_word(List::Strings, string, 1) as usize;
        self.bytes
            .get(offset..)
            .and_then(|rest| rest.get(..length))
            .unwrap_or_default()
    }

    pub(super) fn string(&self, string: u32) -> &str {
        std::str::from_utf8(self.text(string)).unwrap_or_default()
    }

    /// The index of the item whose first word is this text.
    pub(super) fn find(&self, list: List, text: &str) -> Option<u32> {
        let (mut low, mut high) = (0, self.list(list).1);
        while low < high {
            let middle = low.midpoint(high);
            match self.text(self.item_word(list, middle, 0)).cmp(text.as_bytes()) {
                std::cmp::Ordering::Less => low = middle.saturating_add(1),
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    pub(super) fn info(&self, layer: &Layer, rank: u32) -> (u32, u32) {
        let at = layer
            .info_at
            .wrapping_add((rank as usize).wrapping_mul(INFO_BYTES));
        (self.word(at), self.word(at.wrapping_add(4)))
    }

    pub(super) fn route(&self, rule: u32, target: u32) -> Option<Route> {
        Some(Route {
            rule,
            mode: Mode::read(self.item_word(List::Targets, target, 0))?,
            first: self.item_word(List::Targets, target, 1),
            variants: self.item_word(List::Targets, target, 2),
        })
    }

    /// The variants of a route, by rising [`Variant::end`].
    pub(crate) fn variants(&self, route: Route) -> impl Iterator<Item = Variant<'_>> {
        (route.first..route.first.saturating_add(route.variants)).map(|index| Variant {
            name: self.string(self.item_word(List::Variants, index, 0)),
            end: u16::try_from(self.item_word(List::Variants, index, 1)).unwrap_or(u16::MAX),
            url: self.string(self.item_word(List::Variants, index, 2)),
            system: Some(self.item_word(List::Variants, index, 3)).filter(|system| *system != NONE),
        })
    }

    /// A system's name.
    pub(crate) fn system(&self, system: u32) -> &str {
        self.string(self.item_word(List::Systems, system, 0))
    }

    /// A system's parameters, name and template, in the order to append.
    pub(crate) fn parameters(&self, system: u32) -> impl Iterator<Item = (&str, &str)> {
        let first = self.item_word(List::Systems, system, 1);
        let count = self.item_word(List::Systems, system, 2);
        (first..first.saturating_add(count)).map(|index| {
            let [name, value] = [0, 1].map(|word| self.string(self.item_word(List::Parameters, index, word)));
            (name, value)
        })
    }
}
