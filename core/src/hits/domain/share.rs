use serde::Serialize;
use utoipa::ToSchema;

/// A part of a whole, and how sure one can be of it: the 95 % Wilson score interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = HitShare)]
pub struct Share {
    /// From 0 to 1.
    pub share: f64,
    pub low: f64,
    pub high: f64,
}

impl Share {
    /// Nothing of nothing is a share of 0 that could as well be 1.
    ///
    /// Wilson's interval stays within 0 and 1 and means something for few hits and for shares near the ends,
    /// which the textbook interval does not.
    pub fn of(part: i64, whole: i64) -> Self {
        const Z: f64 = 1.959_964;
        if whole <= 0 {
            return Self {
                share: 0.0,
                low: 0.0,
                high: 1.0,
            };
        }
        // Exact up to 2^53 hits.
        let (n, p) = (whole as f64, part as f64 / whole as f64);
        let z2 = Z * Z;
        let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        Self {
            share: p,
            low: (centre - half).max(0.0),
            high: (centre + half).min(1.0),
        }
    }

    /// Whether the whole might have this share of the part, for all that the hits tell.
    pub fn may_be(&self, share: f64) -> bool {
        // The ends are 0 and 1 but for rounding.
        const ROUNDING: f64 = 1e-9;
        self.low - ROUNDING <= share && share <= self.high + ROUNDING
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(share: Share, low: f64, high: f64) {
        assert!(
            (share.low - low).abs() < 5e-4 && (share.high - high).abs() < 5e-4,
            "{share:?}"
        );
    }

    #[test]
    fn the_interval_agrees_with_published_values() {
        assert_close(Share::of(81, 263), 0.2553, 0.3662); // Newcombe 1998, table I, method 3
        assert_close(Share::of(15, 148), 0.0624, 0.1605);
        assert_close(Share::of(0, 20), 0.0, 0.1611);
        assert_close(Share::of(1, 29), 0.0061, 0.1718);
    }

    #[test]
    fn what_always_or_never_happens_may_be_meant_so() {
        for whole in [1, 7, 1_000, 123_456_789] {
            assert!(Share::of(whole, whole).may_be(1.0));
            assert!(Share::of(0, whole).may_be(0.0));
        }
        assert!(Share::of(52, 100).may_be(0.5));
        assert!(!Share::of(75, 100).may_be(0.5));
    }

    #[test]
    fn every_share_lies_within_its_interval() {
        for whole in 1..200 {
            for part in 0..=whole {
                let Share { share, low, high } = Share::of(part, whole);
                assert!(0.0 <= low && low <= share + 1e-12 && share <= high + 1e-12 && high <= 1.0);
            }
        }
    }
}
