//! Percentiles and medians of samples.

/// Samples of one quantity, sorted.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    pub fn p50(&self) -> f64 {
        self.quantile(0.50)
    }

    pub fn p95(&self) -> f64 {
        self.quantile(0.95)
    }

    pub fn p99(&self) -> f64 {
        self.quantile(0.99)
    }

    /// The worst of all.
    pub fn p100(&self) -> f64 {
        self.quantile(1.0)
    }

    /// The nearest sample at or above the share `q` of all; not a number without samples.
    fn quantile(&self, q: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let index = (q * last as f64).ceil() as usize;
        self.0.get(index).copied().unwrap_or(f64::NAN)
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<T: IntoIterator<Item = f64>>(samples: T) -> Self {
        let mut samples: Vec<f64> = samples.into_iter().collect();
        samples.sort_by(f64::total_cmp);
        Self(samples)
    }
}

/// The middle value: what rounds of a noisy machine agree on.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().collect::<Samples>().p50()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples_that_were_taken() {
        let samples: Samples = (1..=100).rev().map(f64::from).collect();
        assert_eq!((samples.p50(), samples.p99()), (51.0, 100.0));
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert!(median([]).is_nan());
    }
}
