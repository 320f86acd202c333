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
