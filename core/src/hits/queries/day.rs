//! A day in JSON, as ISO 8601 has it: 2026-11-22.

use serde::Serializer;
use time::Date;

pub(super) fn serialize<S: Serializer>(day: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    // Its own `Display`; `Serialize` would be a list of numbers.
    serializer.collect_str(day)
}
