//! What is checked once, when a table is loaded. Offsets are computed in 64 bits, also where `usize` has 32.

use super::layout::{self, DEVICES, FORMAT, HEADER, List, Mode, NONE, PADDING, WINDOW_BYTES, WINDOWED};
use super::{Damage, Layer, Table};
use crate::split::BUCKETS;
use crate::zip;

/// Checks the bytes, and finds the layers.
pub(super) fn check(table: &Table) -> Result<Vec<Layer>, Damage> {
    if table.word(layout::MAGIC_AT) != layout::MAGIC {
        return Err(Damage::NotATable);
    }
    match table.word(layout::FORMAT_AT) {
        FORMAT => {}
        format if format > FORMAT => return Err(Damage::NewerFormat(format)),
        _ => return Err(Damage::Inconsistent("format")),
    }
    let size = table.bytes.len() as u64;
    if u64::from(table.word(layout::SIZE_AT)) != size || size < HEADER.saturating_add(PADDING) as u64 {
        return Err(Damage::Truncated);
    }
    match table.word(layout::ZIP_DATA_AT) {
        zip::DATA_VERSION => {}
        other => return Err(Damage::OtherZipData(other)),
    }
    let checked = Check {
        table,
        end: size.saturating_sub(PADDING as u64),
    };
    checked.lists().ok_or(Damage::Inconsistent("lists"))?;
    checked.strings().ok_or(Damage::Inconsistent("strings"))?;
    checked.records().ok_or(Damage::Inconsistent("targets"))?;
    checked.layers()
}

struct Check<'a> {
    table: &'a Table,
    /// Where the padding begins.
    end: u64,
}

impl Check<'_> {
    /// `count` things of `size` bytes at `at` lie inside.
    fn inside(&self, at: u64, count: u64, size: u64) -> Option<()> {
        (at.checked_add(count.checked_mul(size)?)? <= self.end).then_some(())
    }

    fn lists(&self) -> Option<()> {
        for list in List::ALL {
            let (at, count) = self.table.list(list);
            self.inside(at as u64, u64::from(count), (list.words() as u64).checked_mul(4)?)?;
        }
        Some(())
    }

    fn items(&self, list: List) -> impl Iterator<Item = [u32; 4]> {
        let count = self.table.list(list).1;
        (0..count).map(move |index| [0, 1, 2, 3].map(|word| self.table.item_word(list, index, word)))
    }

    fn string(&self, string: u32) -> Option<()> {
        (string < self.table.list(List::Strings).1).then_some(())
    }

    /// Every string is UTF-8, and every dictionary is sorted.
    fn strings(&self) -> Option<()> {
        let mut end = 0;
        for [offset, length, ..] in self.items(List::Strings) {
            self.inside(u64::from(offset), u64::from(length), 1)?;
            // They do not overlap, so that no bytes take long to check.
            (u64::from(offset) >= end).then_some(())?;
            end = u64::from(offset).checked_add(u64::from(length))?;
            let rest = self.table.bytes.get(usize::try_from(offset).ok()?..)?;
            std::str::from_utf8(rest.get(..usize::try_from(length).ok()?)?).ok()?;
        }
        self.string(self.table.word(layout::BRAND))?;
        for list in [List::Products, List::Languages, List::Media] {
            for [string, ..] in self.items(list) {
                self.string(string)?;
            }
            self.sorted(list)?;
        }
        let aliases = [
            List::ProductAliases,
            List::LanguageAliases,
            List::DeviceAliases,
            List::MediaAliases,
        ];
        for list in aliases {
            for [alias, code, ..] in self.items(list) {
                self.string(alias).and(self.string(code))?;
            }
            self.sorted(list)?;
        }
        Some(())
    }

    fn sorted(&self, list: List) -> Option<()> {
        let keys = || self.items(list).map(|[string, ..]| self.table.string(string));
        keys()
            .zip(keys().skip(1))
            .all(|(key, next)| key < next)
            .then_some(())
    }

    /// Targets have variants, variants have buckets and systems, systems have parameters.
    fn records(&self) -> Option<()> {
        let count = |list| self.table.list(list).1;
        let (mut parameters, mut variants) = (0_u32, 0_u32);
        for [name, value, ..] in self.items(List::Parameters) {
            self.string(name).and(self.string(value))?;
        }
        for [name, first, many, _] in self.items(List::Systems) {
            self.string(name)?;
            (first == parameters).then_some(())?;
            parameters = parameters.checked_add(many)?;
        }
        for [name, _, url, system] in self.items(List::Variants) {
            self.string(name).and(self.string(url))?;
            (system == NONE || system < count(List::Systems)).then_some(())?;
        }
        for [mode, first, many, _] in self.items(List::Targets) {
            (first == variants).then_some(())?;
            variants = variants
                .checked_add(many)
                .filter(|end| *end <= count(List::Variants))?;
            match (Mode::read(mode)?, many) {
                (Mode::ToFallback, 0) => {}
                (Mode::ProductFallback | Mode::BrandFallback, 1) => {}
                (Mode::Sticky | Mode::Rotate, 1..) => self.buckets(first, many)?,
                _ => return None,
            }
        }
        (parameters <= count(List::Parameters)).then_some(())
    }

    /// The variants' buckets ascend and end at the last.
    fn buckets(&self, first: u32, count: u32) -> Option<()> {
        let mut last = 0;
        for index in first..first.checked_add(count)? {
            let end = self.table.item_word(List::Variants, index, 1);
            (end >= last).then_some(())?;
            last = end;
        }
        (last == u32::from(BUCKETS)).then_some(())
    }

    fn layers(&self) -> Result<Vec<Layer>, Damage> {
        let count = self.table.list(List::Layers).1;
        let mut layers = Vec::new();
        for index in 0..count {
            let word = |word| self.table.item_word(List::Layers, index, word);
            let layer = Layer {
                variable: word(0),
                ranks: word(1),
                fallbacks: word(2),
                windows: word(3),
                info_at: word(4) as usize,
                windows_at: word(5) as usize,
                directory_at: word(6) as usize,
            };
            let routes = index == 0;
            self.layer(&layer, routes).ok_or(Damage::Inconsistent("layers"))?;
            self.ranks(&layer, routes).ok_or(Damage::Inconsistent("ranks"))?;
            self.pages(&layer).ok_or(Damage::Inconsistent("pages"))?;
            layers.push(layer);
        }
        if layers.is_empty() {
            Err(Damage::Inconsistent("layers"))
        } else {
            Ok(layers)
        }
    }

    fn layer(&self, layer: &Layer, routes: bool) -> Option<()> {
        let entries = layout::directory_entries(self.table.list(List::Products).1);
        self.inside(layer.directory_at as u64, u64::from(entries), 4)?;
        self.inside(
            layer.info_at as u64,
            u64::from(layer.ranks),
            layout::INFO_BYTES as u64,
        )?;
        self.inside(
            layer.windows_at as u64,
            u64::from(layer.windows),
            WINDOW_BYTES as u64,
        )?;
        (layer.fallbacks <= layer.ranks && layer.ranks < WINDOWED).then_some(())?;
        if routes {
            Some(())
        } else {
            self.string(layer.variable)
        }
    }

    /// Every rank leads somewhere, fallbacks last; windows ascend.
    fn ranks(&self, layer: &Layer, routes: bool) -> Option<()> {
        let targets = self.table.list(List::Targets).1;
        for rank in 0..layer.ranks {
            let (_, target) = self.table.info(layer, rank);
            if !routes {
                self.string(target)?;
                continue;
            }
            (target < targets).then_some(())?;
            let mode = Mode::read(self.table.item_word(List::Targets, target, 0))?;
            let fallback = matches!(mode, Mode::ProductFallback | Mode::BrandFallback);
            (fallback == (rank >= layer.fallbacks)).then_some(())?;
        }
        let mut next = 0;
        for index in 0..layer.windows as usize {
            let rank = self
                .table
                .word(layer.windows_at.wrapping_add(index.wrapping_mul(WINDOW_BYTES)));
            (rank >= next && rank < layer.ranks).then_some(())?;
            next = rank.checked_add(1)?;
        }
        Some(())
    }

    fn pages(&self, layer: &Layer) -> Option<()> {
        let products = self.table.list(List::Products).1;
        let (mut last, mut end) = (0, 0);
        for entry in 0..layout::directory_entries(products) {
            let at = self
                .table
                .word(layer.directory_at.checked_add((entry as usize).checked_mul(4)?)?);
            // Neighbouring prefixes share pages.
            if at == 0 || at == last {
                continue;
            }
            // No two overlap, so that no bytes take long to check.
            (u64::from(at) >= end).then_some(())?;
            last = at;
            let prefix = entry >= layout::prefix_entry(products, 0);
            let more = if entry == layout::REST {
                layout::STATES.checked_add(1)?
            } else {
                0
            };
            end = self.page(layer, at as usize, prefix, more)?;
        }
        Some(())
    }

    /// Where the page ends. Ranks ascend, windows exist, classes exist, and the last row is inside.
    fn page(&self, layer: &Layer, page: usize, prefix: bool, more_rows: u32) -> Option<u64> {
        let table = self.table;
        let count = table.word(page);
        let ranks = page.checked_add(4)?;
        self.inside(ranks as u64, u64::from(count), 4)?;
        let mut next = 0;
        for index in 0..count as usize {
            let rank = table.word(ranks.wrapping_add(index.wrapping_mul(4)));
            let (windowed, rank) = (rank & WINDOWED != 0, rank & !WINDOWED);
            (rank >= next && rank < layer.fallbacks).then_some(())?;
            if windowed {
                table.window(layer, rank)?;
            }
            next = rank.checked_add(1)?;
        }
        let mut at = (ranks as u64).checked_add(u64::from(count).checked_mul(4)?)?;
        let mut rows = u64::from(self.rows_end()?).checked_add(u64::from(more_rows))?;
        if prefix {
            self.inside(at, 5, 4)?;
            let runs_at = usize::try_from(at).ok()?;
            let [low, high] = [0, 8].map(|word| table.long(runs_at.wrapping_add(word)));
            (low & 1 == 1 && high >> 36 == 0).then_some(())?;
            let runs = u64::from(low.count_ones()).checked_add(u64::from(high.count_ones()))?;
            at = at.checked_add(16)?;
            let classes = table
                .bytes
                .get(usize::try_from(at).ok()?..)?
                .get(..usize::try_from(runs).ok()?)?;
            rows = rows
                .checked_add(u64::from(*classes.iter().max()?))?
                .checked_add(1)?;
            at = at.checked_add(runs.checked_next_multiple_of(4)?)?;
        }
        (count > 0).then_some(())?;
        let stride = layout::stride(count as usize) as u64;
        self.inside(at, rows, stride)?;
        at.checked_add(rows.checked_mul(stride)?)
    }

    fn rows_end(&self) -> Option<u32> {
        let rows = self.table.rows;
        let end = rows
            .products
            .checked_add(rows.languages)?
            .checked_add(rows.media)?;
        end.checked_add(DEVICES)?.checked_add(2)
    }
}
