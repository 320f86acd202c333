//! The byte layout, which the compiler writes and the reader reads. Raise [`FORMAT`] when it changes.
//!
//! Little endian; words are u32; offsets are in bytes from the start.
//!
//! ```text
//! header    magic, format, size, ZIP data version, brand; then (offset, count) of every [`List`]
//! lists     items of fixed size
//! layers    each: directory, info, windows, pages
//! pool      the strings' bytes, UTF-8
//! padding   8 bytes, because rows are read as eight bytes
//!
//! directory offset of the page, or 0 · rest | 62 states | products | 1,000 prefixes
//! info      (rule, target) or (rule, value) per rank; of a product's fallback (product, target)
//! window    rank, from (two words), until (two words), ascending; Unix seconds
//! page      count n · n ranks ascending, bit 31: has a window
//!           prefix page only: 4 words of runs, bit z: another class of ZIPs begins at z; a class (u8) per run,
//!           padded to a word
//!           rows of bits, bit i: the i-th clause matches. products | other language, languages | 3 devices |
//!           other media, media | in the page of the rest: no state, 62 states; in a prefix page: classes
//!           padded to a word
//! row       n ≤ 64: ⌈n/8⌉ bytes, else 8·⌈n/64⌉
//! ```

use crate::zip::State;

pub(crate) const MAGIC: u32 = u32::from_le_bytes(*b"MQTB");
pub(crate) const FORMAT: u32 = 1;

// Offsets in the header.
pub(crate) const MAGIC_AT: usize = 0;
pub(crate) const FORMAT_AT: usize = 4;
pub(crate) const SIZE_AT: usize = 8;
pub(crate) const ZIP_DATA_AT: usize = 12;
pub(crate) const BRAND: usize = 16;
pub(crate) const LISTS_AT: usize = 20;
pub(crate) const HEADER: usize = LISTS_AT + List::ALL.len() * 8;

/// After the last byte that anything points to.
pub(crate) const PADDING: usize = 8;

pub(crate) const DEVICES: u32 = 3;
pub(crate) const STATES: u32 = State::COUNT as u32;
pub(crate) const PREFIXES: u32 = 1_000;
pub(crate) const INFO_BYTES: usize = 8;
pub(crate) const WINDOW_BYTES: usize = 20;
/// In a page's rank.
pub(crate) const WINDOWED: u32 = 1 << 31;
/// No such thing.
pub(crate) const NONE: u32 = u32::MAX;

/// Lists of fixed-size items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// Offset and length.
    Strings,
    /// Dictionaries: strings, sorted by their bytes.
    Products,
    Languages,
    Media,
    /// Alias and code, sorted by alias.
    ProductAliases,
    LanguageAliases,
    DeviceAliases,
    MediaAliases,
    /// Name, first parameter, number of parameters.
    Systems,
    /// Name and template.
    Parameters,
    /// [`Mode`], first variant, number of variants.
    Targets,
    /// Name, the bucket it ends before, template, system or [`NONE`].
    Variants,
    /// Routes first, then attributes by variable: variable, ranks, first fallback's rank, windows; offsets of
    /// info, windows and directory.
    Layers,
}

impl List {
    pub(crate) const ALL: [Self; 13] = [
        Self::Strings,
        Self::Products,
        Self::Languages,
        Self::Media,
        Self::ProductAliases,
        Self::LanguageAliases,
        Self::DeviceAliases,
        Self::MediaAliases,
        Self::Systems,
        Self::Parameters,
        Self::Targets,
        Self::Variants,
        Self::Layers,
    ];

    /// Words of an item.
    pub(crate) const fn words(self) -> usize {
        match self {
            Self::Products | Self::Languages | Self::Media => 1,
            Self::Strings
            | Self::ProductAliases
            | Self::LanguageAliases
            | Self::DeviceAliases
            | Self::MediaAliases
            | Self::Parameters => 2,
            Self::Systems | Self::Targets => 3,
            Self::Variants => 4,
            Self::Layers => 7,
        }
    }
}

/// What a target does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// One variant, the same for a visitor every time.
    Sticky,
    /// One variant, drawn anew for each hit.
    Rotate,
    /// A rule that sends to the brand's fallback.
    ToFallback,
    /// The product's fallback; its only variant has the template.
    ProductFallback,
    /// The brand's fallback; its only variant has the template.
    BrandFallback,
}

impl Mode {
    pub(crate) const ALL: [Self; 5] = [
        Self::Sticky,
        Self::Rotate,
        Self::ToFallback,
        Self::ProductFallback,
        Self::BrandFallback,
    ];

    pub(crate) fn read(word: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| *mode as u32 == word)
    }
}

/// How many rows a page has for each dimension; a page of the rest and a prefix page have more after them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rows {
    pub(crate) products: u32,
    /// Without the row for all others.
    pub(crate) languages: u32,
    pub(crate) media: u32,
}

impl Rows {
    pub(crate) fn first_language(self) -> u32 {
        self.products
    }

    pub(crate) fn first_device(self) -> u32 {
        self.first_language()
            .saturating_add(self.languages)
            .saturating_add(1)
    }

    pub(crate) fn first_media(self) -> u32 {
        self.first_device().saturating_add(DEVICES)
    }

    /// The first row after the four dimensions.
    pub(crate) fn end(self) -> u32 {
        self.first_media().saturating_add(self.media).saturating_add(1)
    }
}

/// Bytes from one row of a page to the next.
pub(crate) const fn stride(clauses: usize) -> usize {
    if clauses <= 64 {
        clauses.div_ceil(8)
    } else {
        clauses.div_ceil(64).saturating_mul(8)
    }
}

/// The directory's entry for the page of the rest; states follow it by their number.
pub(crate) const REST: u32 = 0;

/// The directory's entry for a product's page.
pub(crate) fn product_entry(product: u32) -> u32 {
    STATES.saturating_add(1).saturating_add(product)
}

/// The directory's entry for a prefix's page.
pub(crate) fn prefix_entry(products: u32, prefix: u32) -> u32 {
    product_entry(products).saturating_add(prefix)
}

/// Entries of a directory.
pub(crate) fn directory_entries(products: u32) -> u32 {
    prefix_entry(products, PREFIXES)
}
