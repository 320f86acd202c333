use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody is owed at the end of a month, as the ledger has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owed {
    /// What came of sales.
    pub gross_minor: i64,
    /// What refunds and lost disputes took back.
    pub reversed_minor: i64,
    /// Whether it is known where to pay it.
    pub has_bank_details: bool,
}

impl Owed {
    pub fn amount_minor(self) -> i64 {
        self.gross_minor - self.reversed_minor
    }

    /// Why it is not paid now; it is carried into the next month. `None`: it is paid.
    pub fn carried(self, minimum_minor: i64) -> Option<Reason> {
        match self.amount_minor() {
            ..=0 => Some(Reason::NothingLeft),
            amount if amount < minimum_minor => Some(Reason::BelowMinimum),
            _ if !self.has_bank_details => Some(Reason::NoBankDetails),
            _ => None,
        }
    }
}

/// Why somebody is not paid this month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PayoutCarried)]
pub enum Reason {
    /// As much was taken back as there was, or more.
    NothingLeft,
    /// Less than a payout is worth.
    BelowMinimum,
    /// Nobody knows where to pay it.
    NoBankDetails,
}

impl Reason {
    pub const fn name(self) -> &'static str {
        match self {
            Self::NothingLeft => "nothing_left",
            Self::BelowMinimum => "below_minimum",
            Self::NoBankDetails => "no_bank_details",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn o04_who_is_owed_too_little_or_lives_nowhere_waits_for_another_month() {
        let owed = |gross_minor, reversed_minor, has_bank_details| Owed {
            gross_minor,
            reversed_minor,
            has_bank_details,
        };
        for (owed, carried) in [
            (owed(5_000, 0, true), None),
            (owed(9_000, 4_000, true), None),
            (owed(5_000, 0, false), Some(Reason::NoBankDetails)),
            (owed(5_000, 1, true), Some(Reason::BelowMinimum)),
            (owed(5_000, 5_000, true), Some(Reason::NothingLeft)),
            (owed(0, 700, false), Some(Reason::NothingLeft)),
        ] {
            assert_eq!(owed.carried(5_000), carried, "{owed:?}");
        }
    }
}
