use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::catalogue::{Fault, Faults};
use crate::money::{Currency, Money};

/// What a customer pays at least, in minor units, whatever is taken off: of less, gateways hold nothing (50 is the least
/// that Stripe takes in BRL, USD and EUR). A code of 100 % leaves as much.
pub const LEAST_PAID_MINOR: i64 = 50;

/// What is taken off a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = PromotionDiscount)]
pub enum Reduction {
    /// An amount, of prices in its currency
    Fixed { amount: Money },
    /// A part of the price
    Percent {
        /// 1 to 10000; 1000 is a tenth
        #[schema(minimum = 1, maximum = 10_000, example = 1_000)]
        basis_points: i32,
        /// The most that is taken off; then it is for prices in its currency
        cap: Option<Money>,
    },
}

impl Reduction {
    /// In minor units, rounded down; at least 0, and at most what leaves [`LEAST_PAID_MINOR`].
    fn of(&self, price: Money) -> i64 {
        let price = price.amount_minor();
        let wanted = match self {
            Self::Fixed { amount } => amount.amount_minor(),
            Self::Percent { basis_points, cap } => {
                let part = i128::from(price) * i128::from(*basis_points) / 10_000;
                let most = cap.map_or(i64::MAX, |cap| cap.amount_minor());
                i64::try_from(part).unwrap_or(i64::MAX).min(most)
            }
        };
        wanted.min(price - LEAST_PAID_MINOR).max(0)
    }

    /// As it is kept: one of the first two is there.
    pub(in crate::orders) fn from_columns(
        amount_minor: Option<i64>,
        basis_points: Option<i32>,
        cap_minor: Option<i64>,
        currency: Option<&str>,
    ) -> anyhow::Result<Self> {
        if let Some(basis_points) = basis_points {
            let cap = Money::from_columns(cap_minor, currency)?;
            return Ok(Self::Percent { basis_points, cap });
        }
        let amount = Money::from_columns(amount_minor, currency)?;
        let amount = amount.context("a promotion takes something off")?;
        Ok(Self::Fixed { amount })
    }

    fn currency(&self) -> Option<Currency> {
        match self {
            Self::Fixed { amount } => Some(amount.currency()),
            Self::Percent { cap, .. } => cap.map(|cap| cap.currency()),
        }
    }
}

/// What may be said of a promotion again and again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(in crate::orders) struct Limits {
    pub(in crate::orders) note: String,
    pub(in crate::orders) minimum_price: Option<Money>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(in crate::orders) valid_from: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub(in crate::orders) valid_until: Option<OffsetDateTime>,
    pub(in crate::orders) total_uses: Option<i32>,
    pub(in crate::orders) uses_per_customer: Option<i32>,
}

impl Limits {
    /// The currency of all amounts, if there are any. `uses`: how often it has been used.
    pub(in crate::orders) fn check(
        &self,
        reduction: Reduction,
        uses: i32,
        currencies: &[Currency],
        faults: &mut Faults,
    ) -> Option<Currency> {
        let mut claim = |holds: bool, pointer: &str, code: &'static str, detail: &str| {
            faults.sift(if holds {
                Ok(())
            } else {
                Err(Fault::new(pointer, code, detail))
            });
        };
        if let Reduction::Percent { basis_points, .. } = reduction {
            let pointer = "/discount/basis_points";
            claim(
                (1..=10_000).contains(&basis_points),
                pointer,
                "number_invalid",
                "a number from 1 to 10000",
            );
        }
        let note_fits = self.note.chars().count() <= 500 && !self.note.chars().any(char::is_control);
        claim(
            note_fits,
            "/note",
            "text_invalid",
            "one line of at most 500 characters",
        );
        let ordered = self
            .valid_from
            .zip(self.valid_until)
            .is_none_or(|(from, until)| from < until);
        claim(
            ordered,
            "/valid_until",
            "time_invalid",
            "it is not after `valid_from`",
        );
        let total_fits = self.total_uses.is_none_or(|most| most >= uses.max(1));
        claim(
            total_fits,
            "/total_uses",
            "number_invalid",
            "at least 1, and no less than it was used already",
        );
        let each_fits = self.uses_per_customer.is_none_or(|most| most >= 1);
        claim(each_fits, "/uses_per_customer", "number_invalid", "at least 1");
        let (of_reduction, of_minimum) = (
            reduction.currency(),
            self.minimum_price.map(|price| price.currency()),
        );
        let alike = of_reduction
            .zip(of_minimum)
            .is_none_or(|(one, other)| one == other);
        claim(
            alike,
            "/minimum_price/currency",
            "currency_differs",
            "all amounts are in one currency",
        );
        let currency = of_reduction.or(of_minimum);
        let known = currency.is_none_or(|currency| currencies.contains(&currency));
        claim(
            known,
            "/discount",
            "currency_unknown",
            "prices are in other currencies",
        );
        currency
    }
}

/// A promotion, as somebody wants to use it.
#[derive(Clone, Debug)]
pub(in crate::orders) struct Offer {
    pub(in crate::orders) reduction: Reduction,
    pub(in crate::orders) limits: Limits,
    /// Whether it is for this talent, by person and by category.
    pub(in crate::orders) fits_talent: bool,
    pub(in crate::orders) uses: i32,
    /// By this customer; 0 if it is not said who it is.
    pub(in crate::orders) uses_of_customer: i64,
}

impl Offer {
    /// What it takes off `price`, in minor units: more than nothing, and leaving at least [`LEAST_PAID_MINOR`].
    pub(in crate::orders) fn discount(&self, now: OffsetDateTime, price: Money) -> Result<i64, Unusable> {
        let limits = &self.limits;
        if limits.valid_from.is_some_and(|from| now < from) {
            return Err(Unusable::Unknown);
        }
        if limits.valid_until.is_some_and(|until| now >= until) {
            return Err(Unusable::Over);
        }
        let used_up = limits.total_uses.is_some_and(|most| self.uses >= most);
        let used_up_here = limits
            .uses_per_customer
            .is_some_and(|most| self.uses_of_customer >= i64::from(most));
        if used_up || used_up_here {
            return Err(Unusable::UsedUp);
        }
        let currency = self.reduction.currency();
        let too_cheap = |minimum: Money| {
            price.currency() != minimum.currency() || price.amount_minor() < minimum.amount_minor()
        };
        let other_currency = currency.is_some_and(|currency| currency != price.currency());
        if !self.fits_talent || other_currency || limits.minimum_price.is_some_and(too_cheap) {
            return Err(Unusable::NotHere);
        }
        let discount = self.reduction.of(price);
        (discount > 0).then_some(discount).ok_or(Unusable::NotHere)
    }
}

/// Why a code takes nothing off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// One whose time has not come is not told about, either.
    #[error("there is no such promotion code")]
    Unknown,
    #[error("this promotion is over")]
    Over,
    #[error("this promotion is used up")]
    UsedUp,
    #[error("this promotion is for other talents or other prices")]
    NotHere,
}

/// A code as it is kept, whatever blanks are around it and however it is typed.
pub(in crate::orders) fn code(text: &str) -> Option<String> {
    let code = text.trim().to_ascii_uppercase();
    let sign = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let fine = (3..=40).contains(&code.len()) && code.bytes().all(sign);
    fine.then_some(code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

    fn brl(amount_minor: i64) -> Money {
        Money::new(amount_minor, Currency::BRL).unwrap()
    }

    fn percent(basis_points: i32, cap: Option<i64>) -> Reduction {
        Reduction::Percent {
            basis_points,
            cap: cap.map(brl),
        }
    }

    fn offer(reduction: Reduction) -> Offer {
        Offer {
            reduction,
            limits: Limits::default(),
            fits_talent: true,
            uses: 0,
            uses_of_customer: 0,
        }
    }

    fn taken_off(reduction: Reduction, price: i64) -> Result<i64, Unusable> {
        offer(reduction).discount(NOW, brl(price))
    }

    #[test]
    fn codes_are_typed_large_or_small() {
        for (typed, kept) in [(" natal-10 ", "NATAL-10"), ("a_b", "A_B"), ("ABC", "ABC")] {
            assert_eq!(code(typed).as_deref(), Some(kept));
        }
        for bad in ["", "ab", "a b", "natál", "a/b", "ＡＢＣ", &"a".repeat(41)] {
            assert_eq!(code(bad), None, "{bad}");
        }
    }

    #[test]
    fn parts_are_rounded_down_and_capped() {
        assert_eq!(taken_off(percent(1_000, None), 15_000), Ok(1_500));
        assert_eq!(taken_off(percent(3_333, None), 9_999), Ok(3_332));
        assert_eq!(taken_off(percent(1_000, Some(1_000)), 15_000), Ok(1_000));
        assert_eq!(taken_off(percent(1, None), 9_999), Err(Unusable::NotHere));
    }

    #[test]
    fn the_least_that_a_gateway_takes_is_left_to_pay() {
        assert_eq!(taken_off(percent(10_000, None), 15_000), Ok(14_950));
        let fixed = Reduction::Fixed { amount: brl(20_000) };
        assert_eq!(taken_off(fixed, 15_000), Ok(14_950));
        assert_eq!(taken_off(fixed, 50), Err(Unusable::NotHere));
        assert_eq!(taken_off(fixed, 1), Err(Unusable::NotHere));
    }

    #[test]
    fn what_is_not_for_this_order_takes_nothing_off() {
        let fine = offer(percent(1_000, None));
        let limited = |limits: Limits| Offer {
            limits,
            ..fine.clone()
        };
        let mut abroad = limited(Limits {
            minimum_price: Some(brl(15_001)),
            ..Limits::default()
        });
        let (soon, past) = (NOW + Duration::SECOND, NOW);
        let begins = limited(Limits {
            valid_from: Some(soon),
            ..Limits::default()
        });
        let ended = limited(Limits {
            valid_until: Some(past),
            ..Limits::default()
        });
        let used = Offer {
            uses: 3,
            ..limited(Limits {
                total_uses: Some(3),
                ..Limits::default()
            })
        };
        let used_by_them = Offer {
            uses_of_customer: 1,
            ..limited(Limits {
                uses_per_customer: Some(1),
                ..Limits::default()
            })
        };
        let others = Offer {
            fits_talent: false,
            ..fine.clone()
        };
        for (offer, expected) in [
            (&fine, Ok(1_500)),
            (&abroad, Err(Unusable::NotHere)),
            (&begins, Err(Unusable::Unknown)),
            (&ended, Err(Unusable::Over)),
            (&used, Err(Unusable::UsedUp)),
            (&used_by_them, Err(Unusable::UsedUp)),
            (&others, Err(Unusable::NotHere)),
        ] {
            assert_eq!(offer.discount(NOW, brl(15_000)), expected, "{offer:?}");
        }
        let dollars = Money::new(15_000, "USD".parse().unwrap()).unwrap();
        abroad.limits.minimum_price = Some(brl(1));
        assert_eq!(abroad.discount(NOW, dollars), Err(Unusable::NotHere));
        assert_eq!(fine.discount(NOW, dollars), Ok(1_500));
    }

    fn reductions() -> impl Strategy<Value = Reduction> {
        let amounts = 1..=Money::MAX_MINOR;
        prop_oneof![
            amounts
                .clone()
                .prop_map(|amount| Reduction::Fixed { amount: brl(amount) }),
            (1..=10_000, prop::option::of(amounts))
                .prop_map(|(basis_points, cap)| percent(basis_points, cap)),
        ]
    }

    proptest! {
        #[test]
        fn a_discount_is_never_below_nothing_and_leaves_something_to_pay(
            reduction in reductions(), price in 1..=Money::MAX_MINOR,
        ) {
            match taken_off(reduction, price) {
                Ok(discount) => {
                    prop_assert!(discount > 0);
                    prop_assert!(price - discount >= LEAST_PAID_MINOR);
                    if let Reduction::Fixed { amount } = reduction {
                        prop_assert!(discount <= amount.amount_minor());
                    }
                }
                Err(refused) => prop_assert_eq!(refused, Unusable::NotHere),
            }
        }

        #[test]
        fn a_part_is_exact_to_less_than_one_cent(
            basis_points in 1..=10_000_i32, price in 1..=Money::MAX_MINOR,
        ) {
            let discount = i128::from(percent(basis_points, None).of(brl(price)));
            let exact = i128::from(price) * i128::from(basis_points);
            let floored = discount * 10_000;
            prop_assert!(floored <= exact);
            prop_assert!(exact - floored < 10_000 || i128::from(price) - discount <= i128::from(LEAST_PAID_MINOR));
        }

        #[test]
        fn whoever_pays_more_is_never_given_less_off(
            reduction in reductions(), price in 1..Money::MAX_MINOR, more in 1..1_000_000_i64,
        ) {
            let dearer = price.saturating_add(more).min(Money::MAX_MINOR);
            prop_assert!(reduction.of(brl(dearer)) >= reduction.of(brl(price)));
        }
    }
}
