//! JSON as our own messages have it: no fractions, so that a Worker which reads it carries no floating point.
//!
//! For types of serde; it writes nothing. What it takes, `serde_json` takes too, and reads the same (a test throws
//! both at damaged text). Integers beyond 64 bits and fractions are refused, except in what nobody asks for.

mod access;

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;

/// Arrays and objects inside one another, at most.
const MAX_DEPTH: u8 = 100;

/// Reads a value that is the whole text, blanks aside.
///
/// # Errors
/// [`Malformed`], whatever the bytes; it never panics.
pub fn read<'de, T: Deserialize<'de>>(text: &'de [u8]) -> Result<T, Malformed> {
    let mut reader = Reader { rest: text, depth: 0 };
    let value = T::deserialize(&mut reader)?;
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(Malformed::Syntax),
    }
}

/// Why a text is not the JSON that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Not JSON, or deeper than anything of ours.
    Syntax,
    /// JSON, but another type, or a value out of range.
    Unexpected,
    /// A field that must be there is not.
    Missing(&'static str),
    /// A field is there twice.
    Twice(&'static str),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, field) = match self {
            Self::Syntax => ("this is not JSON", ""),
            Self::Unexpected => ("a value is not what it should be", ""),
            Self::Missing(field) => ("missing field ", *field),
            Self::Twice(field) => ("duplicate field ", *field),
        };
        f.write_str(what)?;
        f.write_str(field)
    }
}

impl std::error::Error for Malformed {}

/// What is left of a text.
struct Reader<'de> {
    rest: &'de [u8],
    depth: u8,
}

impl<'de> Reader<'de> {
    /// The next byte that is no blank.
    fn peek(&mut self) -> Option<u8> {
        while let Some((b' ' | b'\n' | b'\t' | b'\r', rest)) = self.rest.split_first() {
            self.rest = rest;
        }
        self.rest.first().copied()
    }

    /// Takes the next byte if it is this one; blanks are not skipped.
    fn eat(&mut self, byte: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    #[inline(never)]
    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        self.peek();
        if self.eat(byte) {
            Ok(())
        } else {
            Err(Malformed::Syntax)
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Malformed> {
        self.rest = self.rest.strip_prefix(word).ok_or(Malformed::Syntax)?;
        Ok(())
    }

    /// Steps into an array or object.
    fn enter(&mut self, start: u8) -> Result<(), Malformed> {
        self.expect(start)?;
        self.depth = self.depth.saturating_add(1);
        if self.depth > MAX_DEPTH {
            Err(Malformed::Syntax)
        } else {
            Ok(())
        }
    }

    /// Whether another element follows, before the first of which no comma stands.
    fn more(&mut self, end: u8, first: &mut bool) -> Result<bool, Malformed> {
        let next = self.peek();
        let before = std::mem::take(first);
        if next == Some(end) {
            self.rest = self.rest.get(1..).unwrap_or_default();
            self.depth = self.depth.saturating_sub(1);
            return Ok(false);
        }
        if !before {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// A number as it is written: its sign and digits, and whether there is more than these.
    fn number(&mut self) -> Result<(bool, &'de [u8], bool), Malformed> {
        let negative = self.eat(b'-');
        let digits = self.digits()?;
        if digits.len() > 1 && digits.starts_with(b"0") {
            return Err(Malformed::Syntax);
        }
        let mut fraction = false;
        if self.eat(b'.') {
            self.digits()?;
            fraction = true;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _sign = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
            fraction = true;
        }
        Ok((negative, digits, fraction))
    }

    fn digits(&mut self) -> Result<&'de [u8], Malformed> {
        let end = self.rest.iter().position(|byte| !byte.is_ascii_digit());
        let (digits, rest) = self
            .rest
            .split_at_checked(end.unwrap_or(self.rest.len()))
            .unwrap_or_default();
        self.rest = rest;
        if digits.is_empty() {
            Err(Malformed::Syntax)
        } else {
            Ok(digits)
        }
    }

    /// A string, its opening quote ahead; borrowed unless something in it is escaped.
    #[inline(never)]
    fn string(&mut self) -> Result<Cow<'de, str>, Malformed> {
        self.expect(b'"')?;
        let mut text = Cow::Borrowed("");
        loop {
            let end = self
                .rest
                .iter()
                .position(|byte| matches!(byte, 0..b' ' | b'"' | b'\\'));
            let (plain, rest) = end
                .and_then(|end| self.rest.split_at_checked(end))
                .ok_or(Malformed::Syntax)?;
            let plain = std::str::from_utf8(plain).map_err(|_| Malformed::Syntax)?;
            if text.is_empty() {
                text = Cow::Borrowed(plain);
            } else {
                text.to_mut().push_str(plain);
            }
            self.rest = rest;
            if self.eat(b'"') {
                return Ok(text);
            }
            // What is left is an escape, or a control character.
            if !self.eat(b'\\') {
                return Err(Malformed::Syntax);
            }
            let letter = self.escape()?;
            text.to_mut().push(letter);
        }
    }

    /// What stands after a backslash.
    fn escape(&mut self) -> Result<char, Malformed> {
        let (byte, rest) = self.rest.split_first().ok_or(Malformed::Syntax)?;
        self.rest = rest;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(*byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.unit()?;
                // Half of a pair stands for nothing alone.
                let second = if (0xd800..0xdc00).contains(&first) {
                    self.word(b"\\u")?;
                    Some(self.unit()?)
                } else {
                    None
                };
                let units = std::iter::once(first).chain(second);
                match char::decode_utf16(units).next() {
                    Some(Ok(letter)) => letter,
                    _ => return Err(Malformed::Syntax),
                }
            }
            _ => return Err(Malformed::Syntax),
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u16, Malformed> {
        let (digits, rest) = self.rest.split_first_chunk::<4>().ok_or(Malformed::Syntax)?;
        self.rest = rest;
        digits.iter().try_fold(0, |unit: u16, digit| {
            let digit = char::from(*digit).to_digit(16).ok_or(Malformed::Syntax)?;
            Ok(unit << 4 | u16::try_from(digit).unwrap_or_default())
        })
    }

    /// Steps over a value that nobody asks for.
    fn skip(&mut self) -> Result<(), Malformed> {
        let mut first = true;
        match self.peek() {
            Some(b'n') => self.word(b"null"),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'"') => self.string().map(drop),
            Some(b'[') => {
                self.enter(b'[')?;
                while self.more(b']', &mut first)? {
                    self.skip()?;
                }
                Ok(())
            }
            Some(b'{') => {
                self.enter(b'{')?;
                while self.more(b'}', &mut first)? {
                    self.string()?;
                    self.expect(b':')?;
                    self.skip()?;
                }
                Ok(())
            }
            _ => self.number().map(drop),
        }
    }
}

#[cfg(test)]
mod tests;
