use std::fmt;

/// So many of so many: pictures of seconds, the width of a pixel of its height. Neither is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    of: u32,
    per: u32,
}

impl Ratio {
    /// `None`: one of the two is 0.
    pub const fn new(of: u32, per: u32) -> Option<Self> {
        if of == 0 || per == 0 {
            return None;
        }
        Some(Self { of, per })
    }

    pub const fn whole(of: u32) -> Option<Self> {
        Self::new(of, 1)
    }

    /// `30000/1001` or `4:3`.
    pub fn parse(text: &str) -> Option<Self> {
        let (of, per) = text.split_once(['/', ':'])?;
        Self::new(of.parse().ok()?, per.parse().ok()?)
    }

    pub fn value(self) -> f64 {
        f64::from(self.of) / f64::from(self.per)
    }

    pub(super) fn halved(self) -> Self {
        let per = self.per.saturating_mul(2);
        Self { per, ..self }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.of, self.per)
    }
}
