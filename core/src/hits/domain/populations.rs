use serde::Serialize;
use utoipa::ToSchema;

use super::Share;

/// How the visitors of one population fared: those whom the rules sent somewhere, or lost. Bots do not count, nor
/// those who came while the kill switch was thrown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::hits) struct Population {
    pub redirect: i64,
    pub product_fallback: i64,
    pub brand_fallback: i64,
    pub lost: i64,
}

impl Population {
    pub(in crate::hits) fn hits(&self) -> i64 {
        self.redirect + self.product_fallback + self.brand_fallback + self.lost
    }

    fn fallback(&self) -> i64 {
        self.product_fallback + self.brand_fallback
    }
}

/// By how many percentage points the canary's share is above the stable one's, and how sure one can be of it: the
/// 95 % interval after Newcombe, made of the two shares' own.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Difference {
    #[schema(example = 1.4)]
    pub points: f64,
    #[schema(example = 0.6)]
    pub low: f64,
    #[schema(example = 2.3)]
    pub high: f64,
}

impl Difference {
    fn of(canary: Share, stable: Share) -> Self {
        let points = canary.share - stable.share;
        let below = (canary.share - canary.low).hypot(stable.high - stable.share);
        let above = (canary.high - canary.share).hypot(stable.share - stable.low);
        Self {
            points: 100.0 * points,
            low: 100.0 * (points - below),
            high: 100.0 * (points + above),
        }
    }

    fn is_worse(&self) -> bool {
        self.low > 0.0
    }

    fn is_better(&self) -> bool {
        self.high < 0.0
    }

    /// By more than `points`, and not by chance.
    fn exceeds(&self, points: Option<f64>) -> bool {
        self.is_worse() && points.is_some_and(|points| self.points > points)
    }
}

/// What can be said of a canary so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// One of the two populations has fewer hits than the policy asks for.
    TooFew,
    /// No difference that could not be chance.
    Alike,
    /// The canary loses more visitors, or sends more to a fallback.
    Worse,
    /// It loses fewer, or sends fewer to a fallback, and is worse in neither.
    Better,
}

/// Two populations, compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::hits) struct Compared {
    pub lost: Difference,
    pub fallback: Difference,
    pub verdict: Verdict,
}

pub(in crate::hits) fn compare(canary: &Population, stable: &Population, min_hits: i64) -> Compared {
    let share = |part: fn(&Population) -> i64, of: &Population| Share::of(part(of), of.hits());
    let difference = |part| Difference::of(share(part, canary), share(part, stable));
    let (lost, fallback) = (difference(|of| of.lost), difference(Population::fallback));
    let verdict = if canary.hits() < min_hits || stable.hits() < min_hits {
        Verdict::TooFew
    } else if lost.is_worse() || fallback.is_worse() {
        Verdict::Worse
    } else if lost.is_better() || fallback.is_better() {
        Verdict::Better
    } else {
        Verdict::Alike
    };
    Compared {
        lost,
        fallback,
        verdict,
    }
}

impl Compared {
    /// Why the canary must end: which threshold is exceeded by more than chance, with the figures. Never while
    /// there are too few hits.
    pub(in crate::hits) fn breach(&self, max_lost: Option<f64>, max_fallback: Option<f64>) -> Option<String> {
        if self.verdict == Verdict::TooFew {
            return None;
        }
        let told = |what: &str, difference: &Difference, allowed: Option<f64>| {
            let Difference { points, low, high } = difference;
            let allowed = allowed.filter(|_| difference.exceeds(allowed))?;
            Some(format!(
                "{what} {points:+.2} points ({low:+.2} to {high:+.2}), {allowed} allowed"
            ))
        };
        let breaches: Vec<_> = [
            told("lost", &self.lost, max_lost),
            told("fallback", &self.fallback, max_fallback),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!breaches.is_empty()).then(|| breaches.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn population(lost: i64, fallback: i64, hits: i64) -> Population {
        Population {
            redirect: hits - lost - fallback,
            product_fallback: 0,
            brand_fallback: fallback,
            lost,
        }
    }

    #[test]
    fn the_interval_of_a_difference_agrees_with_published_values() {
        // Newcombe 1998, "Interval estimation for the difference", table II, method 10: 56/70 − 48/80, 9/10 − 3/10.
        for (canary, stable, low, high) in [
            ((56, 70), (48, 80), 5.24, 33.39),
            ((9, 10), (3, 10), 17.05, 80.90),
        ] {
            let difference = Difference::of(Share::of(canary.0, canary.1), Share::of(stable.0, stable.1));
            assert!((difference.low - low).abs() < 0.01, "{difference:?}");
            assert!((difference.high - high).abs() < 0.01, "{difference:?}");
        }
    }

    #[test]
    fn a_verdict_needs_hits_and_more_than_chance() {
        let stable = population(100, 1_000, 10_000);
        let verdict = |canary| compare(&canary, &stable, 500).verdict;

        assert_eq!(verdict(population(400, 0, 499)), Verdict::TooFew);
        assert_eq!(verdict(population(6, 52, 500)), Verdict::Alike);
        assert_eq!(verdict(population(50, 50, 500)), Verdict::Worse);
        assert_eq!(verdict(population(5, 90, 500)), Verdict::Worse);
        assert_eq!(verdict(population(5, 10, 500)), Verdict::Better);
        assert_eq!(verdict(population(50, 10, 500)), Verdict::Worse, "in one of them");
    }

    #[test]
    fn a_breach_is_above_the_threshold_and_no_chance() {
        let stable = population(100, 1_000, 10_000);
        let worse = compare(&population(50, 50, 500), &stable, 500);

        let told = worse.breach(Some(5.0), Some(5.0)).unwrap();
        assert!(told.starts_with("lost +9.00 points ("), "{told}");
        assert!(!told.contains("fallback"), "{told}");
        assert_eq!(worse.breach(Some(9.5), None), None);
        assert_eq!(worse.breach(None, None), None, "only watched");
        // Three points more, of twenty visitors.
        let few = compare(&population(1, 2, 20), &stable, 20);
        assert_eq!(few.breach(Some(0.0), Some(0.0)), None);
        let too_few = compare(&population(50, 50, 500), &stable, 501);
        assert_eq!(too_few.breach(Some(5.0), None), None);
    }
}
