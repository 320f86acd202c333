//! Sets of a dimension's values.

const WORDS: usize = 4;

/// The most values that a dimension may have.
pub(crate) const MAX_VALUES: usize = WORDS * 64;

/// A set of values below [`MAX_VALUES`], or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Mask([u64; WORDS]);

impl Mask {
    pub(crate) const ANY: Self = Self([u64::MAX; WORDS]);

    pub(crate) fn is_any(&self) -> bool {
        *self == Self::ANY
    }

    pub(crate) fn has(&self, value: usize) -> bool {
        self.0
            .get(value / 64)
            .is_some_and(|word| word >> (value % 64) & 1 == 1)
    }

    /// Whether all of the other's values are in it.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        self.0
            .iter()
            .zip(&other.0)
            .all(|(ours, theirs)| theirs & !ours == 0)
    }

    /// The values of both.
    pub(crate) fn and(&self, other: &Self) -> Self {
        let mut words = self.0;
        for (ours, theirs) in words.iter_mut().zip(other.0) {
            *ours &= theirs;
        }
        Self(words)
    }

    /// Its values below `size`, ascending.
    pub(crate) fn values(&self, size: usize) -> impl Iterator<Item = usize> {
        (0..size).filter(|value| self.has(*value))
    }
}

impl FromIterator<usize> for Mask {
    /// Values of [`MAX_VALUES`] and above are left out.
    fn from_iter<T: IntoIterator<Item = usize>>(values: T) -> Self {
        let mut words = [0; WORDS];
        for value in values {
            if let Some(word) = words.get_mut(value / 64) {
                *word |= 1 << (value % 64);
            }
        }
        Self(words)
    }
}
