//! What an order costs, and by when it is delivered.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::money::{Money, NoAmount};

/// What the talent asks for, and what a promotion pays of it. Something is always left for the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    list: Money,
    due: Money,
    promotion: Option<Uuid>,
}

impl Price {
    /// Nobody pays anything of it for the customer.
    pub fn full(list: Money) -> Self {
        Self {
            list,
            due: list,
            promotion: None,
        }
    }

    /// # Errors
    /// Nothing is left to pay, or more than the price.
    pub fn new(list: Money, discount_minor: i64, promotion: Option<Uuid>) -> Result<Self, NoAmount> {
        let left_minor = list.amount_minor().checked_sub(discount_minor).ok_or(NoAmount)?;
        let due = Money::new(left_minor, list.currency())?;
        if discount_minor < 0 {
            return Err(NoAmount);
        }
        Ok(Self { list, due, promotion })
    }

    pub fn list(&self) -> Money {
        self.list
    }

    /// What the customer pays.
    pub fn due(&self) -> Money {
        self.due
    }

    pub fn discount_minor(&self) -> i64 {
        self.list.amount_minor() - self.due.amount_minor()
    }

    pub fn promotion(&self) -> Option<Uuid> {
        self.promotion
    }
}

/// When a talent has promised to deliver.
pub(in crate::orders) fn promised(placed_at: OffsetDateTime, delivery_days: i32) -> OffsetDateTime {
    placed_at + Duration::days(i64::from(delivery_days))
}

/// Until when a talent may deliver: as they promised, but so long before the hold lapses that it can still be taken.
pub(in crate::orders) fn deadline(
    placed_at: OffsetDateTime,
    delivery_days: i32,
    capture_before: Option<OffsetDateTime>,
    margin: Duration,
) -> OffsetDateTime {
    let promised = promised(placed_at, delivery_days);
    capture_before.map_or(promised, |at| promised.min(at - margin))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::money::Currency;

    fn brl(amount_minor: i64) -> Money {
        Money::new(amount_minor, Currency::BRL).unwrap()
    }

    #[test]
    fn something_is_always_left_to_pay_and_never_more_than_the_price() {
        let price = Price::new(brl(15_000), 5_000, Some(Uuid::nil())).unwrap();
        assert_eq!((price.due(), price.discount_minor()), (brl(10_000), 5_000));
        assert_eq!(Price::full(brl(1)).due(), brl(1));
        for bad in [15_000, 15_001, -1, i64::MIN, i64::MAX] {
            assert_eq!(Price::new(brl(15_000), bad, None), Err(NoAmount), "{bad}");
        }
    }

    #[test]
    fn a_deadline_is_what_was_promised_unless_the_hold_lapses_before() {
        let placed = datetime!(2026-07-01 12:00 UTC);
        let margin = Duration::HOUR;
        let lapses = Some(datetime!(2026-07-06 12:00 UTC));
        assert_eq!(
            deadline(placed, 3, lapses, margin),
            datetime!(2026-07-04 12:00 UTC)
        );
        // The original's five days less an hour.
        assert_eq!(
            deadline(placed, 5, lapses, margin),
            datetime!(2026-07-06 11:00 UTC)
        );
        assert_eq!(
            deadline(placed, 14, None, margin),
            datetime!(2026-07-15 12:00 UTC)
        );
    }
}
