//! The city table: ZIP → city, for brands whose templates use `{city}`. It lies in KV beside the tables, once
//! for all brands, under its own hash.
//!
//! Little endian: magic `MQCT`, format, length in bytes, then the start of each of 1,000 prefixes in the list
//! of entries and the end of the last, the entries (low 7 bits: last two digits, rest: offset of the name), and
//! the names (one byte of length, then UTF-8).

#[cfg(feature = "compile")]
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "native, on checked input"
)]
mod compile;

use crate::table::Damage;
use crate::zip::Zip;

#[cfg(feature = "compile")]
pub use compile::{compile, geonames};

const MAGIC: u32 = u32::from_le_bytes(*b"MQCT");
const FORMAT: u32 = 1;
const HEADER: usize = 12;
const PREFIXES: usize = 1_000;
/// Bits of an entry that hold the last two digits.
const DIGITS: u32 = 7;

/// A city table, read in place.
#[derive(Debug)]
pub struct CityTable {
    bytes: Vec<u8>,
}

impl CityTable {
    /// Takes the bytes of a city table, and checks what [`Self::get`] relies on.
    ///
    /// # Errors
    /// [`Damage`] when they are not one, are cut, or are newer than this reader.
    pub fn load(bytes: Vec<u8>) -> Result<Self, Damage> {
        let table = Self { bytes };
        if table.word(0) != Some(MAGIC) {
            return Err(Damage::NotATable);
        }
        match table.word(4) {
            Some(FORMAT) => {}
            Some(format) if format > FORMAT => return Err(Damage::NewerFormat(format)),
            _ => return Err(Damage::Inconsistent("format")),
        }
        if table.word(8).map(u64::from) != u64::try_from(table.bytes.len()).ok() {
            return Err(Damage::Truncated);
        }
        table.check().ok_or(Damage::Inconsistent("cities"))?;
        Ok(table)
    }

    /// Bytes held.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The city that the post office names for the ZIP.
    #[must_use]
    pub fn get(&self, zip: Zip) -> Option<&str> {
        let prefix = usize::try_from(zip.prefix()).ok()?;
        let (first, last) = (self.start(prefix)?, self.start(prefix.checked_add(1)?)?);
        let digits = zip.number() % 100;
        let entry = (first..last)
            .filter_map(|index| self.entry(index))
            .find(|entry| entry & ((1 << DIGITS) - 1) == digits)?;
        self.name(entry >> DIGITS)
    }

    /// Starts ascend and every name is inside.
    fn check(&self) -> Option<()> {
        let mut last = 0;
        for prefix in 0..=PREFIXES {
            let start = self.start(prefix)?;
            (start >= last).then_some(())?;
            last = start;
        }
        (self.start(0)? == 0).then_some(())?;
        for index in 0..last {
            self.name(self.entry(index)? >> DIGITS)?;
        }
        Some(())
    }

    fn start(&self, prefix: usize) -> Option<u32> {
        self.word(prefix.checked_mul(4)?.checked_add(HEADER)?)
    }

    fn entry(&self, index: u32) -> Option<u32> {
        let entries = PREFIXES.checked_add(1)?.checked_mul(4)?.checked_add(HEADER)?;
        let offset = usize::try_from(index).ok()?.checked_mul(4)?;
        self.word(entries.checked_add(offset)?)
    }

    fn name(&self, offset: u32) -> Option<&str> {
        let count = usize::try_from(self.start(PREFIXES)?).ok()?;
        let names = PREFIXES
            .checked_add(1)?
            .checked_add(count)?
            .checked_mul(4)?
            .checked_add(HEADER)?;
        let rest = self
            .bytes
            .get(names.checked_add(usize::try_from(offset).ok()?)?..)?;
        let (length, text) = rest.split_first()?;
        std::str::from_utf8(text.get(..usize::from(*length))?).ok()
    }

    fn word(&self, offset: usize) -> Option<u32> {
        self.bytes
            .get(offset..)?
            .first_chunk()
            .copied()
            .map(u32::from_le_bytes)
    }
}

#[cfg(all(test, feature = "compile"))]
mod tests;
