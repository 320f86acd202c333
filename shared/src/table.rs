//! The table: a revision compiled to pages of bit rows, and the reader that answers from its bytes in place.
//!
//! Every rule yields one ranked clause per way of naming a place; lower ranks win (SPEC e). A page holds the
//! clauses that can matter for one three-digit prefix, one state, one product, or the rest, and has a row of bits
//! per value of each dimension, one bit per clause. A look-up takes at most four pages, ANDs five rows of each,
//! and keeps the lowest rank whose validity window is open. Nothing is parsed or allocated, and a page whose first
//! rank is already beaten is not looked at. Attribute rules have a layer of pages per variable, in the same bytes.
//!
//! What [`Table::load`] checks makes every look-up meaningful; that no byte, however damaged, makes one panic is
//! the readers' own doing: they read through `get`, and what is not there is zero.

mod check;
mod damage;
pub(crate) mod layout;
mod lookup;
mod records;

pub use damage::Damage;
pub use lookup::Question;
pub(crate) use records::{Route, Variant};

use layout::{List, Rows};

/// What a visitor brings besides a ZIP; each has aliases in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    Product,
    Language,
    Device,
    Media,
}

/// A revision's rules, attributes, fallbacks, aliases and strings.
pub struct Table {
    bytes: Vec<u8>,
    rows: Rows,
    layers: Vec<Layer>,
}

/// Where the rules for a destination, or for one variable, lie in the bytes.
struct Layer {
    /// The variable's string; meaningless for routes.
    variable: u32,
    /// Fallbacks have the ranks from here on.
    fallbacks: u32,
    ranks: u32,
    windows: u32,
    info_at: usize,
    windows_at: usize,
    directory_at: usize,
}

impl Table {
    /// Takes the bytes of a table and checks once what every look-up relies on. Their hash is the caller's to
    /// check first: a flipped bit inside a bit row is valid structure.
    ///
    /// # Errors
    /// [`Damage`], whatever the bytes; it never panics.
    pub fn load(bytes: Vec<u8>) -> Result<Self, Damage> {
        let mut table = Self {
            bytes,
            rows: Rows::default(),
            layers: Vec::new(),
        };
        table.rows = Rows {
            products: table.list(List::Products).1,
            languages: table.list(List::Languages).1,
            media: table.list(List::Media).1,
        };
        table.layers = check::check(&table)?;
        Ok(table)
    }

    /// Bytes held.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The code of the brand whose rules these are.
    #[must_use]
    pub fn brand(&self) -> &str {
        self.string(self.word(layout::BRAND))
    }

    /// Whether the brand has the product.
    #[must_use]
    pub fn product(&self, code: &str) -> bool {
        self.find(List::Products, code).is_some()
    }

    /// The code behind a short code of the original service, compared exactly.
    #[must_use]
    pub fn alias(&self, dimension: Dimension, text: &str) -> Option<&str> {
        let list = match dimension {
            Dimension::Product => List::ProductAliases,
            Dimension::Language => List::LanguageAliases,
            Dimension::Device => List::DeviceAliases,
            Dimension::Media => List::MediaAliases,
        };
        let index = self.find(list, text)?;
        Some(self.string(self.item_word(list, index, 1)))
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("brand", &self.brand())
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "compile"))]
mod tests;
