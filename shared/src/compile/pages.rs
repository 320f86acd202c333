//! Pages of bit rows. A clause is a column of bits first, one per row; 64 columns at a time are turned into rows.

use foldhash::{HashMap, HashMapExt};

use super::clause::{Clause, Place, prefixes};
use super::numbered::PRODUCT;
use crate::table::layout::{self, Rows, STATES, WINDOWED, stride};

/// A clause goes to the pages of its states, or of its products, if they are at most so many; else to the page
/// of the rest, which every look-up reads.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) states: u32,
    pub(super) products: usize,
}

impl Default for Limits {
    /// With 16 states a table of 3,000 rules is a third larger, for a look-up that is hardly quicker.
    fn default() -> Self {
        Self {
            states: 10,
            products: 4,
        }
    }
}

impl Limits {
    /// The smallest table: only ZIPs are copied to several pages.
    pub(super) const NO_COPIES: Self = Self {
        states: 0,
        products: 0,
    };

    pub(super) fn by_state(self, states: u64) -> bool {
        states.count_ones() <= self.states
    }

    pub(super) fn by_product(self, clause: &Clause<'_>) -> bool {
        let products = clause.values[PRODUCT].len();
        (1..=self.products).contains(&products)
    }
}

/// The columns of a layer's clauses.
pub(super) struct Columns {
    bits: Vec<u64>,
    words: usize,
}

impl Columns {
    pub(super) fn new(rows: usize, clauses: usize) -> Self {
        let words = rows.div_ceil(64);
        Self {
            bits: vec![0; words * clauses],
            words,
        }
    }

    pub(super) fn set(&mut self, clause: usize, row: u32) {
        self.bits[clause * self.words + row as usize / 64] |= 1 << (row % 64);
    }

    fn word(&self, clause: u32, word: usize) -> u64 {
        self.bits[clause as usize * self.words + word]
    }
}

/// A layer's directory and pages, whose first byte will lie at `at`. `products` has the row of a product's number.
pub(super) fn pages(
    clauses: &[Clause<'_>],
    columns: &Columns,
    rows: Rows,
    products: &[u32],
    limits: Limits,
    at: usize,
) -> (Vec<u32>, Vec<u8>) {
    let entries = layout::directory_entries(rows.products) as usize;
    let first_prefix = layout::prefix_entry(rows.products, 0) as usize;
    let mut plain: Vec<Vec<u32>> = vec![Vec::new(); first_prefix];
    let mut by_prefix: Vec<Vec<(u32, u128)>> = vec![Vec::new(); entries - first_prefix];
    for (rank, clause) in clauses.iter().enumerate() {
        let rank = rank as u32;
        match &clause.place {
            Place::Any if limits.by_product(clause) => {
                for product in clause.values[PRODUCT] {
                    let entry = layout::product_entry(products[*product as usize]) as usize;
                    // A product named twice is one.
                    if plain[entry].last() != Some(&rank) {
                        plain[entry].push(rank);
                    }
                }
            }
            Place::States(states) if limits.by_state(*states) => {
                (1..=STATES)
                    .filter(|state| states >> state & 1 == 1)
                    .for_each(|state| plain[state as usize].push(rank));
            }
            Place::Any | Place::States(_) => plain[layout::REST as usize].push(rank),
            Place::Areas(zips) | Place::Exact(zips) => {
                for (prefix, bits) in prefixes(zips) {
                    by_prefix[prefix as usize].push((rank, bits));
                }
            }
        }
    }

    let mut directory = vec![0; entries];
    let mut writer = Writer {
        clauses,
        columns,
        bytes: Vec::new(),
    };
    for (entry, ranks) in plain.iter().enumerate().filter(|(_, ranks)| !ranks.is_empty()) {
        directory[entry] = (at + writer.bytes.len()) as u32;
        let more = if entry == layout::REST as usize {
            STATES + 1
        } else {
            0
        };
        writer.plain(ranks, rows.end() + more);
    }
    for (prefix, zips) in by_prefix.iter().enumerate().filter(|(_, zips)| !zips.is_empty()) {
        let entry = first_prefix + prefix;
        // Neighbours that a range covers whole have the same page.
        if prefix > 0 && by_prefix[prefix - 1] == *zips {
            directory[entry] = directory[entry - 1];
            continue;
        }
        directory[entry] = (at + writer.bytes.len()) as u32;
        writer.prefix(zips, rows.end());
    }
    (directory, writer.bytes)
}

struct Writer<'a> {
    clauses: &'a [Clause<'a>],
    columns: &'a Columns,
    bytes: Vec<u8>,
}

impl Writer<'_> {
    fn plain(&mut self, ranks: &[u32], rows: u32) {
        self.ranks(ranks);
        self.rows(ranks, rows as usize);
        self.pad();
    }

    fn prefix(&mut self, zips: &[(u32, u128)], rows: u32) {
        let ranks: Vec<u32> = zips.iter().map(|(rank, _)| *rank).collect();
        self.ranks(&ranks);
        // A new run of ZIPs begins wherever some clause begins or ends.
        let edges = zips.iter().fold(1, |edges, (_, bits)| edges | bits ^ bits << 1) & ((1 << 100) - 1);
        let words = zips.len().div_ceil(64);
        let members = members(zips);
        let row = |zip: usize| &members[zip * words..][..words];
        let mut classes: HashMap<&[u64], u8> = HashMap::new();
        let mut in_order = Vec::new();
        let mut runs = Vec::new();
        for zip in (0..100).filter(|zip| edges >> zip & 1 == 1) {
            let next = classes.len() as u8;
            let class = *classes.entry(row(zip)).or_insert_with_key(|row| {
                in_order.push(*row);
                next
            });
            runs.push(class);
        }
        self.bytes.extend(edges.to_le_bytes());
        self.bytes.extend(&runs);
        self.bytes
            .resize(self.bytes.len() + runs.len().next_multiple_of(4) - runs.len(), 0);
        self.rows(&ranks, rows as usize);
        for row in in_order {
            let bytes = row
                .iter()
                .flat_map(|word| word.to_le_bytes())
                .take(stride(ranks.len()));
            self.bytes.extend(bytes);
        }
        self.pad();
    }

    fn ranks(&mut self, ranks: &[u32]) {
        let windowed = |rank: &u32| self.clauses[*rank as usize].window.is_some();
        let words = ranks
            .iter()
            .map(|rank| if windowed(rank) { rank | WINDOWED } else { *rank });
        let words = std::iter::once(ranks.len() as u32).chain(words);
        self.bytes.extend(words.flat_map(u32::to_le_bytes));
    }

    fn rows(&mut self, ranks: &[u32], rows: usize) {
        let (start, stride) = (self.bytes.len(), stride(ranks.len()));
        self.bytes.resize(start + rows * stride, 0);
        for (block, ranks) in ranks.chunks(64).enumerate() {
            let width = stride.min(8);
            for word in 0..rows.div_ceil(64) {
                let mut square = [0; 64];
                for (bits, rank) in square.iter_mut().zip(ranks) {
                    *bits = self.columns.word(*rank, word);
                }
                transpose(&mut square);
                for (row, bits) in (word * 64..rows).zip(square) {
                    let at = start + row * stride + block * 8;
                    self.bytes[at..at + width].copy_from_slice(&bits.to_le_bytes()[..width]);
                }
            }
        }
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

/// For each ZIP of a prefix, a row of bits: which of the clauses have it.
fn members(zips: &[(u32, u128)]) -> Vec<u64> {
    let words = zips.len().div_ceil(64);
    let mut rows = vec![0; words * 128];
    for (block, zips) in zips.chunks(64).enumerate() {
        for half in [0, 64] {
            let mut square = [0; 64];
            for (bits, (_, zips)) in square.iter_mut().zip(zips) {
                *bits = (zips >> half) as u64;
            }
            transpose(&mut square);
            for (zip, bits) in (half..).zip(square) {
                rows[zip * words + block] = bits;
            }
        }
    }
    rows
}

/// Mirrors a square of bits at its diagonal: bit r of word c becomes bit c of word r.
fn transpose(square: &mut [u64; 64]) {
    let (mut width, mut mask) = (32, u64::from(u32::MAX));
    while width > 0 {
        let mut at = 0;
        while at < 64 {
            let swap = (square[at] >> width ^ square[at + width]) & mask;
            square[at] ^= swap << width;
            square[at + width] ^= swap;
            at = (at + width + 1) & !width;
        }
        width /= 2;
        mask ^= mask << width;
    }
}
