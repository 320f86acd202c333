use std::sync::Mutex;

use marquee_core::platform::clock::Clock;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

/// A clock that stands still until it is moved.
pub struct ManualClock(Mutex<OffsetDateTime>);

impl ManualClock {
    /// Where every test begins: noon of the first of July 2026.
    pub const START: OffsetDateTime = datetime!(2026-07-01 12:00 UTC);

    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }

    pub fn set(&self, to: OffsetDateTime) {
        *self.0.lock().unwrap() = to;
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self(Mutex::new(Self::START))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap()
    }
}
