//! How far an import is, for whoever waits for it.

use std::sync::Arc;

/// Where an import is; in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many bytes of the file are understood.
    Reading(u64),
    /// All of it is; now the rules are looked at together, as a publish would.
    Checking(usize),
    /// So many rules are in the database, once the transaction is through.
    Storing { stored: usize, of: usize },
}

/// Told every step. Called often: cheap, please.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(Step) + Send + Sync>);

impl Progress {
    pub fn new(told: impl Fn(Step) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }

    /// For nobody.
    #[must_use]
    pub fn untold() -> Self {
        Self::new(|_| {})
    }

    pub(in crate::redirects) fn at(&self, step: Step) {
        (self.0)(step);
    }
}
