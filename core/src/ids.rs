//! The ids every feature speaks.

use std::sync::Mutex;

use time::OffsetDateTime;
use uuid::timestamp::context::ContextV7;
use uuid::{Timestamp, Uuid};

/// Counts within a millisecond, so that the ids of one process sort in the order of their making.
static ORDER: Mutex<ContextV7> = Mutex::new(ContextV7::new());

/// A fresh id that sorts by the time of its making. Ids are public: they never serve as a secret.
pub fn fresh(now: OffsetDateTime) -> Uuid {
    let seconds = u64::try_from(now.unix_timestamp()).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(&ORDER, seconds, now.nanosecond()))
}
