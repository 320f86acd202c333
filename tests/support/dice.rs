use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// Seeded chance (SplitMix64): the same seed throws the same numbers everywhere.
#[derive(Clone, Debug)]
pub struct Dice(u64);

/// Where a run of chance began; print it, so that a failing run can be had again with `MARQUEE_SEED`.
#[derive(Clone, Copy, Debug)]
pub struct Seed(pub u64);

impl Seed {
    /// The one in `MARQUEE_SEED`, or else another every time.
    #[expect(
        clippy::disallowed_methods,
        reason = "a seed of no run before; tests have no other clock"
    )]
    pub fn choose() -> Self {
        let given = std::env::var("MARQUEE_SEED")
            .ok()
            .map(|seed| seed.parse().expect("MARQUEE_SEED is a number"));
        let now = || {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.subsec_nanos().into())
        };
        Self(given.unwrap_or_else(now))
    }
}

/// Whether there is time for all that chance could bring, as `cargo xtask nightly` has it; on every other day a part of it
/// must do.
pub fn is_nightly() -> bool {
    std::env::var_os("MARQUEE_NIGHTLY").is_some()
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MARQUEE_SEED={}", self.0)
    }
}

impl From<Seed> for Dice {
    fn from(seed: Seed) -> Self {
        Self(seed.0)
    }
}

impl Dice {
    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.throw() % end.max(1)
    }

    /// True in `percent` of a hundred throws.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let index = usize::try_from(self.below(of.len() as u64)).expect("an index");
        &of[index]
    }
}
