//! What a hit must look like to be counted, how long counts are kept, and the arithmetic on them. No clock, no I/O.

mod blast;
mod grain;
mod populations;
mod range;
mod read;
mod record;
mod refused;
mod share;

pub use blast::{Blast, Blaster, Cell};
pub use grain::Grain;
pub(super) use populations::{Compared, Population, compare};
pub use populations::{Difference, Verdict};
pub use range::{Range, RangeError};
pub(super) use read::read;
pub(super) use record::Record;
pub use refused::Reason;
pub(super) use refused::Refused;
pub use share::Share;

use time::Duration;

/// A hit may be this late: each of the two queues on its way keeps messages for 14 days at most, and the second
/// empties in minutes.
pub const MAX_AGE: Duration = Duration::days(15);
/// A hit may be this far ahead of our clock.
pub const MAX_AHEAD: Duration = Duration::minutes(5);
/// How far a hit's two clocks, in its id and in `at_ms`, may be apart.
pub const MAX_DRIFT: Duration = Duration::minutes(1);
/// A longer message is not looked into.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// Raw hits: they hold a whole ZIP, so they go first. Longer than [`MAX_AGE`], else a late hit would have no day.
pub const KEEP_HITS: Duration = Duration::days(30);
/// Cells: as many days as a blast radius may replay, and a few to spare. Nearly as many as there are hits, since
/// few visitors of one day share every dimension.
pub const KEEP_CELLS: Duration = Duration::days(35);
/// Populations: longer than anybody lets a canary run.
pub const KEEP_POPULATIONS: Duration = Duration::days(35);
/// Quarantine: long enough to notice, mend and look again.
pub const KEEP_QUARANTINE: Duration = Duration::days(30);
/// Rows in quarantine, at most; the newest are kept.
pub const QUARANTINE_ROWS: i64 = 100_000;
