use super::Month;
use crate::calendar::Zone;
use crate::money::Currency;
use time::OffsetDateTime;

/// What moved somebody's account in a time, by what it was. What they are owed counts upwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::payouts) struct Moved {
    pub(in crate::payouts) sales: i64,
    pub(in crate::payouts) earned_minor: i64,
    /// By refunds and lost disputes.
    pub(in crate::payouts) taken_back_minor: i64,
    /// What went on its way, less what came back.
    pub(in crate::payouts) paid_out_minor: i64,
}

impl Moved {
    fn change_minor(self) -> i64 {
        self.earned_minor - self.taken_back_minor - self.paid_out_minor
    }
}

/// A month of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::payouts) struct Sums {
    pub(in crate::payouts) month: Month,
    pub(in crate::payouts) currency: Currency,
    pub(in crate::payouts) opening_minor: i64,
    pub(in crate::payouts) moved: Moved,
    pub(in crate::payouts) closing_minor: i64,
}

/// Each month's closing balance is the next one's opening balance. `before`: what moved before the first.
pub(in crate::payouts) fn sums(
    currency: Currency,
    before: Moved,
    months: impl IntoIterator<Item = (Month, Moved)>,
) -> Vec<Sums> {
    let mut balance_minor = before.change_minor();
    let sums = months.into_iter().map(|(month, moved)| {
        let opening_minor = balance_minor;
        balance_minor += moved.change_minor();
        Sums {
            month,
            currency,
            opening_minor,
            moved,
            closing_minor: balance_minor,
        }
    });
    sums.collect()
}

/// Every month from the one of a moment to that of another, oldest first.
pub(in crate::payouts) fn months(zone: &Zone, from: OffsetDateTime, to: OffsetDateTime) -> Vec<Month> {
    let last = Month::of(zone, to);
    let each = std::iter::successors(Some(Month::of(zone, from)), |month| Some(month.after()));
    each.take_while(|month| *month <= last).collect()
}

/// Which month of whose account a list of them goes on after: `2026-11-BRL`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::payouts) struct After {
    month: Month,
    currency: Currency,
}

impl After {
    pub(in crate::payouts) fn of(sums: &Sums) -> Self {
        Self {
            month: sums.month,
            currency: sums.currency,
        }
    }

    pub(in crate::payouts) fn read(cursor: &str) -> Option<Self> {
        let (month, currency) = cursor.rsplit_once('-')?;
        Some(Self {
            month: month.parse().ok()?,
            currency: currency.parse().ok()?,
        })
    }

    pub(in crate::payouts) fn write(self) -> String {
        format!("{}-{}", self.month, self.currency)
    }

    /// Lists are newest first, and of one month by currency.
    pub(in crate::payouts) fn comes_before(self, sums: &Sums) -> bool {
        sums.month < self.month || (sums.month == self.month && sums.currency > self.currency)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn moved(earned_minor: i64, taken_back_minor: i64, paid_out_minor: i64) -> Moved {
        Moved {
            sales: 1,
            earned_minor,
            taken_back_minor,
            paid_out_minor,
        }
    }

    #[test]
    fn every_month_opens_with_what_the_one_before_closed_with() {
        let june: Month = "2026-06".parse().unwrap();
        let months = [(june, moved(300, 50, 0)), (june.after(), moved(0, 0, 350))];

        let sums = sums(Currency::BRL, moved(100, 0, 0), months);

        let balances: Vec<_> = sums
            .iter()
            .map(|sums| (sums.opening_minor, sums.closing_minor))
            .collect();
        assert_eq!(balances, [(100, 350), (350, 0)]);
    }

    #[test]
    fn months_are_those_of_the_zone() {
        let zone = Zone::parse("America/Sao_Paulo").unwrap();
        let all = months(
            &zone,
            datetime!(2026-12-01 02:59 UTC),
            datetime!(2027-01-01 03:00 UTC),
        );
        let all: Vec<String> = all.into_iter().map(|month| month.to_string()).collect();
        assert_eq!(all, ["2026-11", "2026-12", "2027-01"]);
    }

    #[test]
    fn a_list_goes_on_where_it_ended() {
        let at = |month: &str, currency: &str| {
            let months = [(month.parse().unwrap(), Moved::default())];
            sums(currency.parse().unwrap(), Moved::default(), months)[0]
        };
        let order = [at("2026-12", "BRL"), at("2026-12", "USD"), at("2026-11", "BRL")];
        for (place, one) in order.iter().enumerate() {
            let after = After::read(&After::of(one).write()).unwrap();
            let rest: Vec<_> = order.iter().filter(|other| after.comes_before(other)).collect();
            assert_eq!(rest, order[place + 1..].iter().collect::<Vec<_>>());
        }
        for bad in ["", "2026-11", "2026-11-brl", "42; drop table"] {
            assert_eq!(After::read(bad), None);
        }
    }
}
