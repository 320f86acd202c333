//! Money: an amount of a currency, in its smallest unit. Never a fraction, never a float.

mod shares;

use std::fmt;
use std::str::FromStr;

use marquee_shared::rules::object;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

pub use shares::{BadShares, Shares, Split, allocate};

/// A currency by its ISO 4217 code: `BRL`. Which of them are used is configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, example = "BRL", pattern = "^[A-Z]{3}$")]
pub struct Currency([u8; 3]);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no code of a currency: three large letters, such as BRL")]
pub struct NoCurrency(String);

impl Currency {
    pub const BRL: Self = Self(*b"BRL");

    /// How many digits of an amount are fractions of the currency's main unit. Of the codes of ISO 4217, those without
    /// that anybody here may meet.
    pub fn decimals(self) -> u32 {
        match self.code() {
            "CLP" | "JPY" | "KRW" | "PYG" | "VND" => 0,
            "BHD" | "JOD" | "KWD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }

    /// An amount in the main unit, with a point: `150.00`, `-0.07`.
    pub fn decimal(self, amount_minor: i64) -> String {
        let sign = if amount_minor < 0 { "-" } else { "" };
        let minor = amount_minor.unsigned_abs();
        match self.decimals() {
            0 => format!("{sign}{minor}"),
            3 => format!("{sign}{}.{:03}", minor / 1_000, minor % 1_000),
            _ => format!("{sign}{}.{:02}", minor / 100, minor % 100),
        }
    }

    /// What an amount in the main unit may mean, in the smallest one, as people and spreadsheets write it in Portuguese or in
    /// English: `1.234,50`, `1,234.5`, `1 234`, `1234`. Thousands are grouped by three or not at all. Nothing: it is no such
    /// number. Several: of a currency with thousandths, `1.234` may be either.
    pub fn readings(self, written: &str) -> impl Iterator<Item = i64> {
        let conventions = [('.', ','), (',', '.'), (' ', ','), (' ', '.')];
        let read = move |(thousands, point)| self.read(written.trim(), thousands, point);
        conventions.into_iter().filter_map(read)
    }

    fn read(self, written: &str, thousands: char, point: char) -> Option<i64> {
        let decimals = self.decimals() as usize;
        let (sign, written) = written
            .strip_prefix('-')
            .map_or(("", written), |written| ("-", written));
        let (whole, fraction) = written.split_once(point).unwrap_or((written, ""));
        let mut groups = whole.split(thousands);
        let first = groups.next().unwrap_or_default();
        let is_grouped = groups.clone().next().is_some();
        let fine = !first.is_empty()
            && (!is_grouped || first.len() <= 3)
            && groups.all(|group| group.len() == 3)
            && fraction.len() <= decimals;
        let digits = format!("{}{fraction:0<decimals$}", whole.replace(thousands, ""));
        (fine && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| format!("{sign}{digits}").parse().ok())
            .flatten()
    }

    pub fn code(&self) -> &str {
        // Letters only, as `parse` saw to.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Currency {
    type Err = NoCurrency;

    fn from_str(text: &str) -> Result<Self, NoCurrency> {
        let letters: Option<[u8; 3]> = text.as_bytes().try_into().ok();
        let letters = letters.filter(|letters| letters.iter().all(u8::is_ascii_uppercase));
        letters.map(Self).ok_or_else(|| NoCurrency(text.to_owned()))
    }
}

impl TryFrom<String> for Currency {
    type Error = NoCurrency;

    fn try_from(text: String) -> Result<Self, NoCurrency> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// More than nothing, of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
pub struct Money {
    /// In the currency's smallest unit: 15000 is 150 reais
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64, example = 15_000)]
    amount_minor: i64,
    currency: Currency,
}

/// As it comes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    amount_minor: i64,
    currency: Currency,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an amount is a whole number of the currency's smallest unit, from 1 to 9007199254740991")]
pub struct NoAmount;

impl Money {
    /// What a double can still count one by one: clients read JSON into doubles.
    pub const MAX_MINOR: i64 = (1 << 53) - 1;

    pub fn new(amount_minor: i64, currency: Currency) -> Result<Self, NoAmount> {
        let fine = (1..=Self::MAX_MINOR).contains(&amount_minor);
        fine.then_some(Self {
            amount_minor,
            currency,
        })
        .ok_or(NoAmount)
    }

    /// From two columns, of which either both or none are there.
    pub fn from_columns(amount_minor: Option<i64>, currency: Option<&str>) -> anyhow::Result<Option<Self>> {
        match (amount_minor, currency) {
            (Some(amount_minor), Some(currency)) => Ok(Some(Self::new(amount_minor, currency.parse()?)?)),
            _ => Ok(None),
        }
    }

    pub fn amount_minor(&self) -> i64 {
        self.amount_minor
    }

    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// In the currency's main unit, with a point: `150.00`.
    pub fn decimal(&self) -> String {
        self.currency.decimal(self.amount_minor)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written {
            amount_minor,
            currency,
        } = object(deserializer)?;
        Self::new(amount_minor, currency).map_err(D::Error::custom)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount_minor, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_more_than_nothing_and_less_than_a_double_cannot_count() {
        for good in [1, 15_000, Money::MAX_MINOR] {
            assert_eq!(Money::new(good, Currency::BRL).unwrap().amount_minor(), good);
        }
        for bad in [0, -1, i64::MIN, Money::MAX_MINOR + 1, i64::MAX] {
            assert_eq!(Money::new(bad, Currency::BRL), Err(NoAmount));
        }
    }

    #[test]
    fn money_is_written_in_the_main_unit_of_its_currency() {
        for (amount_minor, code, text) in [
            (15_000, "BRL", "150.00"),
            (7, "BRL", "0.07"),
            (15_000, "JPY", "15000"),
            (15_000, "KWD", "15.000"),
        ] {
            let money = Money::new(amount_minor, code.parse().unwrap()).unwrap();
            assert_eq!(money.decimal(), text);
        }
        assert_eq!(Currency::BRL.decimal(-7), "-0.07");
        assert_eq!(Currency::BRL.decimal(0), "0.00");
    }

    #[test]
    fn p10_amounts_are_read_as_people_write_them_in_either_language() {
        for (written, code, minor) in [
            ("150", "BRL", 15_000),
            ("150,5", "BRL", 15_050),
            (" 150.05 ", "BRL", 15_005),
            ("1.234.567,89", "BRL", 123_456_789),
            ("1,234,567.89", "BRL", 123_456_789),
            ("1 234,5", "BRL", 123_450),
            ("1,234", "BRL", 123_400),
            ("-3", "BRL", -300),
            ("1.234", "JPY", 1_234),
        ] {
            let mut readings = code.parse::<Currency>().unwrap().readings(written);
            assert_eq!(readings.next(), Some(minor), "{written}");
            assert!(readings.all(|reading| reading == minor), "{written}");
        }
        let thousandths: Currency = "KWD".parse().unwrap();
        let mut either: Vec<i64> = thousandths.readings("1.234").collect();
        either.sort_unstable();
        either.dedup();
        assert_eq!(either, [1_234, 1_234_000]);
        for nonsense in [
            "",
            ".",
            "-",
            "abc",
            "+150",
            "1e3",
            "12.5.3",
            "12,34,567.89",
            "1,234.567,89",
            "150,0505",
            "1 50",
            "1234 567",
            "99999999999999999999",
        ] {
            assert_eq!(Currency::BRL.readings(nonsense).next(), None, "{nonsense}");
        }
    }

    #[test]
    fn money_reads_back_as_it_is_written() {
        let price = Money::new(15_000, Currency::BRL).unwrap();
        let text = r#"{"amount_minor":15000,"currency":"BRL"}"#;
        assert_eq!(serde_json::to_string(&price).unwrap(), text);
        assert_eq!(serde_json::from_str::<Money>(text).unwrap(), price);
        for bad in [
            r#"{"amount_minor":150.5,"currency":"BRL"}"#,
            r#"{"amount_minor":-1,"currency":"BRL"}"#,
            r#"{"amount_minor":1,"currency":"brl"}"#,
            r#"{"amount_minor":1,"currency":"BRL","more":1}"#,
            r#"{"amount_minor":1}"#,
        ] {
            assert!(serde_json::from_str::<Money>(bad).is_err(), "{bad}");
        }
    }
}
