//! Trying a rule set out: what the edge would answer a visitor, by the very code that answers there, and why.
//!
//! Pure and, for large rule sets, slow: run it off the async threads.

mod cases;
mod file;
mod landing;
mod profile;
mod stage;
#[cfg(test)]
mod tests;
mod trace;

pub use cases::CaseResult;
pub(super) use cases::{failing, run};
pub(super) use file::answer_all;
pub use landing::{Destination, Kind, Landing, Replay};
pub use profile::ProfileBody;
pub(super) use profile::Somebody;
pub use stage::{Answer, Attribute, Seen, Stage, VariantShare};
pub use trace::{Criterion, Matching, Miss, Reason, Trace};
pub(super) use trace::{Traced, trace};
