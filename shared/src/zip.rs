//! ZIP codes: reading what a visitor typed, and the state a ZIP lies in.
//!
//! A ZIP is text of five digits; only the compatible JSON endpoint, whose callers send integers, pads one.
//! Nearly every three-digit prefix lies in one state. Exceptions, ZIPs that cross a state line and which ZIPs
//! exist are generated data (`cargo xtask zip-tables`).

mod tables;

use std::fmt;

/// Fingerprint of the data behind [`locate`]. A table is compiled for one version and refused by another.
pub const DATA_VERSION: u32 = tables::DATA_VERSION;

/// A five-digit ZIP code. It need not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Zip(u32);

/// A ZIP as it was typed, with the four digits of a ZIP+4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typed {
    pub zip: Zip,
    pub plus4: Option<u16>,
}

/// Why a text is not a ZIP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZipError {
    /// Nothing but blanks.
    Empty,
    /// Something else than `12345`, `12345-6789`, `12345 6789` or `123456789`. Four digits are not padded: a
    /// typing error in Texas is not a ZIP of New England.
    Malformed,
}

impl fmt::Display for ZipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the ZIP is empty",
            Self::Malformed => "a ZIP has five digits, or nine as in 12345-6789",
        })
    }
}

impl std::error::Error for ZipError {}

impl Zip {
    /// Reads what a visitor typed. Blanks around it do not matter; digits are ASCII.
    ///
    /// # Errors
    /// [`ZipError`] says whether there was nothing, or something else.
    ///
    /// ```
    /// use marquee_shared::zip::{Zip, ZipError};
    /// let typed = Zip::parse(" 02108-1234 ").unwrap();
    /// assert_eq!((typed.zip.to_string().as_str(), typed.plus4), ("02108", Some(1234)));
    /// assert_eq!(Zip::parse("2108"), Err(ZipError::Malformed));
    /// ```
    pub fn parse(text: &str) -> Result<Typed, ZipError> {
        match text.trim_ascii().as_bytes() {
            [] => Err(ZipError::Empty),
            five if five.len() == 5 => Self::typed(five, None),
            [five @ .., b'-' | b' ', a, b, c, d] if five.len() == 5 => {
                Self::typed(five, Some([*a, *b, *c, *d]))
            }
            [five @ .., a, b, c, d] if five.len() == 5 => Self::typed(five, Some([*a, *b, *c, *d])),
            _ => Err(ZipError::Malformed),
        }
    }

    fn typed(five: &[u8], four: Option<[u8; 4]>) -> Result<Typed, ZipError> {
        let zip = digits(five).map(Self).ok_or(ZipError::Malformed)?;
        let plus4 = match four {
            None => None,
            Some(four) => {
                let number = digits(&four).and_then(|number| u16::try_from(number).ok());
                Some(number.ok_or(ZipError::Malformed)?)
            }
        };
        Ok(Typed { zip, plus4 })
    }

    /// The ZIP that lost its leading zeros by being sent as a JSON integer: 501 is 00501.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        u32::try_from(number)
            .ok()
            .filter(|number| *number < 100_000)
            .map(Self)
    }

    /// Below 100,000.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }

    /// The first three digits, below 1,000.
    #[must_use]
    pub fn prefix(self) -> u32 {
        self.0 / 100
    }
}

impl fmt::Display for Zip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:05}", self.0)
    }
}

fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0_u32, |number, byte| {
        let digit = char::from(*byte).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// A state, the District of Columbia, a territory or a military region. Its number is part of the table format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State(u8);

impl State {
    /// States are numbered from 1 to this.
    pub const COUNT: u8 = 62;

    /// Two letters, upper case.
    #[must_use]
    pub fn code(self) -> &'static str {
        let index = usize::from(self.0).wrapping_sub(1);
        tables::CODES.get(index).copied().unwrap_or_default()
    }

    /// Two letters, in either case.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let code: &[u8; 2] = code.as_bytes().try_into().ok()?;
        let code = code.map(|letter| letter.to_ascii_uppercase());
        // The codes are in alphabetical order.
        let index = tables::CODES
            .binary_search_by_key(&code.as_slice(), |code| code.as_bytes())
            .ok()?;
        u8::try_from(index).ok()?.checked_add(1).map(Self)
    }

    /// 1 to [`Self::COUNT`].
    #[must_use]
    pub fn number(self) -> u8 {
        self.0
    }

    /// Every state, by number.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=Self::COUNT).map(Self)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Where a ZIP lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// `None` when nobody has been assigned the prefix.
    pub state: Option<State>,
    /// Our data has the ZIP. False for one that is newer than the data, and for most of the territories': it is
    /// answered with its prefix's state.
    pub known: bool,
    /// The other states that the ZIP's area reaches into.
    pub alternatives: &'static [State],
}

/// The state of a ZIP, in constant time and without allocating.
#[must_use]
pub fn locate(zip: Zip) -> Place {
    let by_prefix = usize::try_from(zip.prefix())
        .ok()
        .and_then(|prefix| tables::PREFIXES.get(prefix));
    let by_prefix = by_prefix.copied().filter(|state| *state != 0).map(State);
    let exception = find(&tables::EXCEPTIONS, zip).copied();
    let byte = usize::try_from(zip.0 / 8)
        .ok()
        .and_then(|index| tables::KNOWN.get(index));
    Place {
        state: exception.or(by_prefix),
        known: byte.is_some_and(|byte| byte >> (zip.0 % 8) & 1 == 1),
        alternatives: find(&tables::CROSSING, zip).copied().unwrap_or_default(),
    }
}

fn find<T>(sorted: &'static [(u32, T)], zip: Zip) -> Option<&'static T> {
    let index = sorted.binary_search_by_key(&zip.0, |(zip, _)| *zip).ok()?;
    sorted.get(index).map(|(_, value)| value)
}

#[cfg(test)]
mod tests;
