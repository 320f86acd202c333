//! The reader as serde sees it.

use std::borrow::Cow;
use std::fmt::Display;

use serde::de::value::StrDeserializer;
use serde::de::{
    self, DeserializeSeed, Deserializer, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use serde::forward_to_deserialize_any;

use super::{Malformed, Reader};

/// Serde's own messages would format whatever was found, floating point included.
impl de::Error for Malformed {
    fn custom<T: Display>(_: T) -> Self {
        Self::Unexpected
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::Unexpected
    }

    fn invalid_value(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::Unexpected
    }

    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::Unexpected
    }

    fn unknown_variant(_: &str, _: &'static [&'static str]) -> Self {
        Self::Unexpected
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::Unexpected
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::Twice(field)
    }
}

/// Every kind of value on its own: whatever a type does not ask for is then no part of the code that reads it.
impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Malformed;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        match self.peek() {
            Some(b'n') => self.deserialize_unit(visitor),
            Some(b't' | b'f') => self.deserialize_bool(visitor),
            Some(b'"') => self.deserialize_str(visitor),
            Some(b'[') => self.deserialize_seq(visitor),
            Some(b'{') => self.deserialize_map(visitor),
            _ => self.deserialize_i64(visitor),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.find(b'n')?;
        self.word(b"null")?;
        visitor.visit_unit()
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        let value = self.peek() == Some(b't');
        self.word(if value { b"true" } else { b"false" })?;
        visitor.visit_bool(value)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        match self.integer()? {
            Integer::Positive(number) => visitor.visit_u64(number),
            Integer::Negative(number) => visitor.visit_i64(number),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        match self.integer()? {
            Integer::Positive(number) => visitor.visit_u64(number),
            Integer::Negative(_) => Err(Malformed::Unexpected),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.find(b'"')?;
        match self.string()? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.enter(b'[')?;
        let mut elements = Elements::new(self, b']');
        let value = visitor.visit_seq(&mut elements)?;
        elements.end()?;
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.enter(b'{')?;
        let mut elements = Elements::new(self, b'}');
        let value = visitor.visit_map(&mut elements)?;
        elements.end()?;
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        self.deserialize_map(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.deserialize_str(visitor)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        if self.peek() == Some(b'n') {
            self.word(b"null")?;
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    /// Only variants without content.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        self.find(b'"')?;
        let name = self.string()?;
        let name: StrDeserializer<'_, Malformed> = (&*name).into_deserializer();
        visitor.visit_enum(name)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Malformed> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Malformed> {
        self.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i128 u128 f32 f64 char bytes byte_buf unit_struct tuple tuple_struct
    }
}

enum Integer {
    Positive(u64),
    Negative(i64),
}

impl Reader<'_> {
    /// Something that begins like this must follow.
    fn find(&mut self, start: u8) -> Result<(), Malformed> {
        if self.peek() == Some(start) {
            Ok(())
        } else {
            Err(Malformed::Unexpected)
        }
    }

    #[inline(never)]
    fn integer(&mut self) -> Result<Integer, Malformed> {
        if !matches!(self.peek(), Some(b'-' | b'0'..=b'9')) {
            return Err(Malformed::Unexpected);
        }
        let (negative, digits, fraction) = self.number()?;
        if fraction {
            return Err(Malformed::Unexpected);
        }
        let number = digits.iter().try_fold(0_u64, |number, digit| {
            let digit = u64::from(digit.wrapping_sub(b'0'));
            number.checked_mul(10)?.checked_add(digit)
        });
        let number = number.ok_or(Malformed::Unexpected)?;
        if !negative {
            return Ok(Integer::Positive(number));
        }
        // A negative zero is a fraction to everybody else.
        let number = std::num::NonZero::new(number).ok_or(Malformed::Unexpected)?.get();
        let number = 0_i64.checked_sub_unsigned(number).ok_or(Malformed::Unexpected)?;
        Ok(Integer::Negative(number))
    }
}

/// The elements of an array, or the entries of an object.
struct Elements<'a, 'de> {
    reader: &'a mut Reader<'de>,
    end: u8,
    first: bool,
    open: bool,
}

impl<'a, 'de> Elements<'a, 'de> {
    fn new(reader: &'a mut Reader<'de>, end: u8) -> Self {
        Self {
            reader,
            end,
            first: true,
            open: true,
        }
    }

    #[inline(never)]
    fn more(&mut self) -> Result<bool, Malformed> {
        self.open = self.open && self.reader.more(self.end, &mut self.first)?;
        Ok(self.open)
    }

    /// All elements must have been asked for.
    fn end(self) -> Result<(), Malformed> {
        if self.open {
            Err(Malformed::Unexpected)
        } else {
            Ok(())
        }
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Malformed;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Malformed> {
        if self.more()? {
            seed.deserialize(&mut *self.reader).map(Some)
        } else {
            Ok(None)
        }
    }
}

impl<'de> MapAccess<'de> for Elements<'_, 'de> {
    type Error = Malformed;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Malformed> {
        if !self.more()? {
            return Ok(None);
        }
        self.reader.find(b'"')?;
        seed.deserialize(&mut *self.reader).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Malformed> {
        self.reader.expect(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}
