//! What was posted about one payment or payout so far, and what of it can still be given out.

use super::account::{Account, AccountKind};
use crate::money::{Currency, allocate};

/// Why a posting is not made: the money is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("{has_minor} are left for this, and {wanted_minor} were asked for")]
    NotEnough { has_minor: i64, wanted_minor: i64 },
    #[error("nothing of it is captured yet")]
    NotCaptured,
    #[error("this is about {is}, not {asked}")]
    OtherCurrency { is: Currency, asked: Currency },
    #[error("an amount of money is too large for the books")]
    TooMuch,
}

/// Debits less credits of each account, within one cause.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    pub(crate) currency: Option<Currency>,
    pub(crate) sums: Vec<(Account, i64)>,
}

/// How an amount goes back to a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Back {
    /// What was paid and never sold.
    pub(crate) unsold_minor: i64,
    /// What was sold: less is owed to those who shared it.
    pub(crate) sold_minor: i64,
    /// Who gives back how much; comes to what was sold and the promotion's part of it.
    pub(crate) shares: Vec<(Account, i64)>,
    /// What the promotion gets back, since less was sold.
    pub(crate) promo_minor: i64,
    /// What nobody has.
    pub(crate) rest_minor: i64,
}

impl Standing {
    /// Debits less credits of the account.
    fn of(&self, kind: AccountKind) -> i64 {
        let of_kind = self.sums.iter().filter(|(account, _)| account.kind() == kind);
        of_kind.map(|(_, sum)| sum).sum()
    }

    /// Whether it was ever paid: only a capture begins what is the customers'.
    pub(crate) fn is_captured(&self) -> bool {
        let mut accounts = self.sums.iter().map(|(account, _)| account.kind());
        accounts.any(|kind| kind == AccountKind::CustomerFunds)
    }

    /// What was paid and is nobody's yet.
    pub(crate) fn unsold_minor(&self) -> i64 {
        (-self.of(AccountKind::CustomerFunds)).max(0)
    }

    pub(crate) fn held_minor(&self) -> i64 {
        self.of(AccountKind::DisputeHold).max(0)
    }

    pub(crate) fn in_transit_minor(&self) -> i64 {
        (-self.of(AccountKind::InTransit)).max(0)
    }

    /// Takes an amount from what was not sold, then from those who shared in the sale, in proportion to what each still
    /// has of it. So each of them gives back, in however many pieces, exactly what it got, and never more.
    pub(crate) fn give_back(&self, amount_minor: i64) -> Back {
        let unsold_minor = amount_minor.min(self.unsold_minor());
        let share = |kind| self.sums.iter().find(move |(account, _)| account.kind() == kind);
        let kinds = [AccountKind::Talent, AccountKind::Agency, AccountKind::Platform];
        let left = kinds.map(|kind| share(kind).map_or(0, |(_, sum)| (-sum).max(0)));
        let promo_left = self.of(AccountKind::PromoCost).max(0);
        let paid_left = (left.iter().sum::<i64>() - promo_left).max(0);

        let sold_minor = (amount_minor - unsold_minor).min(paid_left);
        let promo_minor = portion(promo_left, sold_minor, paid_left);
        let parts = allocate(sold_minor + promo_minor, left);
        let shares = kinds.into_iter().zip(parts);
        let shares = shares.filter_map(|(kind, part)| share(kind).map(|(account, _)| (*account, part)));
        Back {
            unsold_minor,
            sold_minor,
            shares: shares.filter(|(_, part)| *part > 0).collect(),
            promo_minor,
            rest_minor: amount_minor - unsold_minor - sold_minor,
        }
    }
}

/// `of` times `part` by `whole`, rounded down; nothing of nothing.
fn portion(of: i64, part: i64, whole: i64) -> i64 {
    if whole == 0 {
        return 0;
    }
    let portion = i128::from(of) * i128::from(part) / i128::from(whole);
    // At most `of`, since `part` is at most `whole`.
    i64::try_from(portion).unwrap_or(of)
}
