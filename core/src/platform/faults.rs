//! Named places where a test can pull the plug.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::config::Fault;

/// Compiled always, armed at most once per process, from the configuration.
#[derive(Debug)]
pub struct Faults {
    armed: Option<Fault>,
    passes: AtomicU32,
    crash: fn(),
}

impl Default for Faults {
    fn default() -> Self {
        Self::new(None)
    }
}

impl Faults {
    pub fn new(armed: Option<Fault>) -> Self {
        Self::crashing(armed, || std::process::abort())
    }

    /// With a crash of one's own: a test that shares its process with others panics instead, and drops what
    /// was being done.
    pub fn crashing(armed: Option<Fault>, crash: fn()) -> Self {
        Self {
            armed,
            passes: AtomicU32::new(0),
            crash,
        }
    }

    /// Crashes the process when this is the armed point and its turn. Otherwise free.
    pub fn hit(&self, point: &str) {
        let Some(fault) = self.armed.as_ref().filter(|fault| fault.point == point) else {
            return;
        };
        if self.passes.fetch_add(1, Ordering::Relaxed) + 1 == fault.pass {
            tracing::error!(point, "fault point {point} reached, crashing");
            (self.crash)();
        }
    }
}
