//! Who gets what of an amount: exactly all of it, to the last cent.

use serde::{Deserialize, Serialize};

use super::Money;

/// Splits `total` in the proportion of `weights`: each part is rounded down, and what is left goes, one each, to those
/// that lost most by that; of equals to the first. The parts come to `total` exactly. A weight of nothing gets nothing,
/// and no part of a `total` that is at most the sum of the weights is more than its weight.
///
/// Nothing is split where there is nothing to split (`total` below 1) or nobody to get it (no weight above 0).
pub fn allocate<const N: usize>(total: i64, weights: [i64; N]) -> [i64; N] {
    let (total, weights) = (
        i128::from(total.max(0)),
        weights.map(|weight| i128::from(weight.max(0))),
    );
    let sum: i128 = weights.iter().sum();
    if sum == 0 {
        return [0; N];
    }
    let mut parts = weights.map(|weight| total * weight / sum);
    let left = total - parts.iter().sum::<i128>();
    let mut places: [usize; N] = std::array::from_fn(|place| place);
    // Stable: of equals the first stays first.
    places.sort_by_key(|place| std::cmp::Reverse(total * weights[*place] % sum));
    for place in places.into_iter().take(usize::try_from(left).unwrap_or(0)) {
        parts[place] += 1;
    }
    // At most `total` each, which was an i64.
    parts.map(|part| i64::try_from(part).unwrap_or(i64::MAX))
}

/// What a talent and their agency get of a price, in basis points; the platform gets the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Points")]
pub struct Shares {
    talent_bp: u16,
    agency_bp: u16,
}

/// As it comes.
#[derive(Deserialize)]
struct Points {
    talent_bp: i32,
    agency_bp: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("shares are basis points, none below 0 and together at most 10000")]
pub struct BadShares;

/// A price, shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    pub talent_minor: i64,
    pub agency_minor: i64,
    pub platform_minor: i64,
}

impl Shares {
    const WHOLE: u16 = 10_000;

    pub fn new(talent_bp: i32, agency_bp: i32) -> Result<Self, BadShares> {
        let bounded = |bp: i32| u16::try_from(bp).ok().filter(|bp| *bp <= Self::WHOLE);
        let (Some(talent_bp), Some(agency_bp)) = (bounded(talent_bp), bounded(agency_bp)) else {
            return Err(BadShares);
        };
        if talent_bp + agency_bp > Self::WHOLE {
            return Err(BadShares);
        }
        Ok(Self { talent_bp, agency_bp })
    }

    pub fn talent_bp(&self) -> u16 {
        self.talent_bp
    }

    pub fn agency_bp(&self) -> u16 {
        self.agency_bp
    }

    /// Shares out a price: all of it. Of equals the talent comes before the agency, and it before the platform.
    #[must_use]
    pub fn split(&self, price: Money) -> Split {
        let platform_bp = Self::WHOLE - self.talent_bp - self.agency_bp;
        let weights = [self.talent_bp, self.agency_bp, platform_bp].map(i64::from);
        let [talent_minor, agency_minor, platform_minor] = allocate(price.amount_minor(), weights);
        Split {
            talent_minor,
            agency_minor,
            platform_minor,
        }
    }
}

impl TryFrom<Points> for Shares {
    type Error = BadShares;

    fn try_from(points: Points) -> Result<Self, BadShares> {
        Self::new(points.talent_bp, points.agency_bp)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::Currency;

    fn split(talent_bp: i32, agency_bp: i32, price: i64) -> [i64; 3] {
        let shares = Shares::new(talent_bp, agency_bp).unwrap();
        let split = shares.split(Money::new(price, Currency::BRL).unwrap());
        [split.talent_minor, split.agency_minor, split.platform_minor]
    }

    #[test]
    fn p10_a_price_is_shared_out_to_the_last_cent() {
        // The original rounded each share by itself: 74.925 became 74.92, and nobody had the rest.
        assert_eq!(split(7_500, 500, 9_990), [7_493, 499, 1_998]);
        assert_eq!(split(7_500, 500, 1), [1, 0, 0]);
        assert_eq!(split(5_000, 0, 3), [2, 0, 1], "of equals the talent");
        assert_eq!(split(0, 5_000, 1), [0, 1, 0], "then the agency");
        assert_eq!(split(10_000, 0, 15_000), [15_000, 0, 0]);
        assert_eq!(split(0, 0, 15_000), [0, 0, 15_000]);
    }

    /// Minor units are whole numbers, whatever they are worth.
    #[test]
    fn p10_currencies_without_cents_or_with_thousandths_are_shared_out_alike() {
        let shares = Shares::new(7_000, 500).unwrap();
        for currency in ["JPY", "KWD"] {
            let split = shares.split(Money::new(1_001, currency.parse().unwrap()).unwrap());
            let parts = [split.talent_minor, split.agency_minor, split.platform_minor];
            assert_eq!(parts, [701, 50, 250], "{currency}");
        }
    }

    #[test]
    fn shares_beyond_everything_are_no_shares() {
        for (talent_bp, agency_bp) in [
            (10_001, 0),
            (-1, 0),
            (0, -1),
            (7_500, 2_501),
            (i32::MAX, i32::MAX),
        ] {
            assert_eq!(Shares::new(talent_bp, agency_bp), Err(BadShares));
        }
        let text = r#"{"talent_bp":7500,"agency_bp":2501}"#;
        assert!(serde_json::from_str::<Shares>(text).is_err());
    }

    prop_compose! {
        fn bps()(talent_bp in 0..=10_000)(talent_bp in Just(talent_bp), agency_bp in 0..=10_000 - talent_bp)
            -> (i32, i32) { (talent_bp, agency_bp) }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn o06_ten_thousand_lines_come_to_all_that_was_sold_to_the_cent(
            lines in prop::collection::vec((bps(), 1..1_000_000_i64), 10_000),
        ) {
            let (mut shared, mut sold) = ([0_i64; 3], 0);
            for ((talent_bp, agency_bp), price) in lines {
                sold += price;
                for (sum, part) in shared.iter_mut().zip(split(talent_bp, agency_bp, price)) {
                    *sum += part;
                }
            }
            prop_assert_eq!(shared.iter().sum::<i64>(), sold);
        }
    }

    proptest! {
        #[test]
        fn p10_shares_come_to_the_price_and_none_is_below_nothing(
            (talent_bp, agency_bp) in bps(), price in 1..=Money::MAX_MINOR,
        ) {
            let parts = split(talent_bp, agency_bp, price);
            prop_assert_eq!(parts.iter().sum::<i64>(), price);
            prop_assert!(parts.iter().all(|part| *part >= 0));
        }

        #[test]
        fn whoever_has_the_greater_share_never_gets_less(
            (talent_bp, agency_bp) in bps(), price in 1..=Money::MAX_MINOR,
        ) {
            let weights = [talent_bp, agency_bp, 10_000 - talent_bp - agency_bp];
            let parts = split(talent_bp, agency_bp, price);
            for (one, other) in [(0, 1), (0, 2), (1, 2)] {
                prop_assert!(weights[one] < weights[other] || parts[one] >= parts[other]);
            }
        }

        #[test]
        fn a_part_is_off_by_less_than_one_cent(
            weights in proptest::array::uniform4(0..1_000_000_i64), total in 0..1_000_000_i64,
        ) {
            let sum: i64 = weights.iter().sum();
            prop_assume!(sum > 0);
            for (part, weight) in allocate(total, weights).into_iter().zip(weights) {
                prop_assert!((part * sum - total * weight).abs() < sum);
                prop_assert!(weight > 0 || part == 0);
                prop_assert!(total > sum || part <= weight);
            }
        }

        /// However a whole is given back in pieces, each part gives back exactly what it got.
        #[test]
        fn p10_pieces_of_what_is_left_come_to_the_whole(
            weights in proptest::array::uniform3(0..100_000_i64), pieces in prop::collection::vec(1..50_000_i64, 0..20),
        ) {
            let mut left = weights;
            for piece in pieces {
                let sum: i64 = left.iter().sum();
                let piece = piece.min(sum);
                let back = allocate(piece, left);
                prop_assert_eq!(back.iter().sum::<i64>(), piece);
                for (left, back) in left.iter_mut().zip(back) {
                    prop_assert!(back >= 0 && back <= *left);
                    *left -= back;
                }
            }
            let last = allocate(left.iter().sum(), left);
            prop_assert_eq!(last, left);
        }
    }
}
