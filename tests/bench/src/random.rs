//! Reproducible draws: the same seed asks the same requests on every machine.

/// SplitMix64: enough for picking requests, and nothing else.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// 0 ≤ x < 1.
    pub(crate) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of `items`, each as likely.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let index = (self.share() * items.len() as f64) as usize;
        items.get(index)
    }

    /// One of `items`, early ones far more often: a third of the draws fall on the first thirtieth.
    pub(crate) fn pick_skewed<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let index = (self.share().powi(3) * items.len() as f64) as usize;
        items.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_of_the_skewed_draws_fall_on_the_first_thirtieth() {
        let items: Vec<usize> = (0..3000).collect();
        let mut random = Random::new(1);
        let draws = (0..10_000).filter_map(|_| random.pick_skewed(&items));
        let early = draws.filter(|item| **item < 100).count();
        assert!((3_000..3_500).contains(&early), "{early}");
    }
}
