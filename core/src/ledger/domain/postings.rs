//! Which accounts a posting moves, by how much.

use uuid::Uuid;

use super::account::Account;
use super::standing::{Refused, Standing};
use crate::money::{Money, Shares};

/// Debits and credits that come to nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entries(pub(crate) Vec<(Account, i64)>);

impl Entries {
    fn debit(mut self, account: Account, amount_minor: i64) -> Self {
        if amount_minor != 0 {
            self.0.push((account, amount_minor));
        }
        self
    }

    fn credit(self, account: Account, amount_minor: i64) -> Self {
        self.debit(account, -amount_minor)
    }

    fn debits(self, each: Vec<(Account, i64)>) -> Self {
        each.into_iter()
            .fold(self, |entries, (account, amount)| entries.debit(account, amount))
    }

    pub(crate) fn pair(debit: Account, credit: Account, amount: Money) -> Self {
        let amount_minor = amount.amount_minor();
        Self::default()
            .debit(debit, amount_minor)
            .credit(credit, amount_minor)
    }

    pub(crate) fn sale(
        standing: &Standing,
        paid: Money,
        promo_minor: i64,
        shared: Shared,
    ) -> Result<Self, Refused> {
        let paid_minor = paid.amount_minor();
        enough(standing.unsold_minor(), paid_minor)?;
        let price_minor = paid_minor.checked_add(promo_minor).ok_or(Refused::TooMuch)?;
        let price = Money::new(price_minor, paid.currency()).map_err(|_| Refused::TooMuch)?;
        let split = shared.shares.split(price);
        let agency = shared.agency.map(Account::Agency);
        Ok(Self::default()
            .debit(Account::CustomerFunds, paid_minor)
            .debit(Account::PromoCost, promo_minor)
            .credit(Account::Talent(shared.talent), split.talent_minor)
            .credit(agency.unwrap_or(Account::Platform), split.agency_minor)
            .credit(Account::Platform, split.platform_minor))
    }

    /// Shares come back to what is the customers', and leave from there.
    pub(crate) fn refund(standing: &Standing, amount: Money) -> Result<Self, Refused> {
        let amount_minor = amount.amount_minor();
        let back = standing.give_back(amount_minor);
        enough(amount_minor - back.rest_minor, amount_minor)?;
        Ok(Self::default()
            .debits(back.shares)
            .credit(Account::PromoCost, back.promo_minor)
            .credit(Account::CustomerFunds, back.sold_minor)
            .debit(Account::CustomerFunds, amount_minor)
            .credit(Account::Gateway, amount_minor))
    }

    pub(crate) fn dispute_won(standing: &Standing, amount: Money) -> Result<Self, Refused> {
        enough(standing.held_minor(), amount.amount_minor())?;
        Ok(Self::pair(Account::Gateway, Account::DisputeHold, amount))
    }

    /// What those who shared in the sale no longer have, the platform bears. Not before there is anything to have: its
    /// share of a later sale could not be told from what it bore.
    pub(crate) fn dispute_lost(standing: &Standing, amount: Money) -> Result<Self, Refused> {
        if !standing.is_captured() {
            return Err(Refused::NotCaptured);
        }
        let amount_minor = amount.amount_minor();
        enough(standing.held_minor(), amount_minor)?;
        let back = standing.give_back(amount_minor);
        Ok(Self::default()
            .debits(back.shares)
            .credit(Account::PromoCost, back.promo_minor)
            .debit(Account::CustomerFunds, back.unsold_minor)
            .debit(Account::Platform, back.rest_minor)
            .credit(Account::DisputeHold, amount_minor))
    }

    /// `credit`: the bank, or who is owed it again.
    pub(crate) fn payout_settled(
        standing: &Standing,
        credit: Account,
        amount: Money,
    ) -> Result<Self, Refused> {
        enough(standing.in_transit_minor(), amount.amount_minor())?;
        Ok(Self::pair(Account::InTransit, credit, amount))
    }
}

fn enough(has_minor: i64, wanted_minor: i64) -> Result<(), Refused> {
    if has_minor < wanted_minor {
        return Err(Refused::NotEnough {
            has_minor,
            wanted_minor,
        });
    }
    Ok(())
}

/// Who shares in a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shared {
    pub(crate) talent: Uuid,
    /// Without one its share is the platform's.
    pub(crate) agency: Option<Uuid>,
    pub(crate) shares: Shares,
}
