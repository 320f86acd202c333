//! What is paid out, to whom, and what becomes of it.

mod file;
mod month;
mod owed;
mod result;
mod statement;
mod status;

pub use file::Format;
#[cfg(test)]
pub(super) use file::example;
pub(super) use file::{ENGLISH, FileLine, PORTUGUESE, PORTUGUESE_MORE};
pub use month::{Month, NoMonth};
pub use owed::{Owed, Reason};
pub use result::{BadFile, Finding, FindingCode, Report};
pub(super) use result::{Elsewhere, Known, Paid, Said, Verdict, Whose, judge, read};
pub(super) use statement::{After, Moved, Sums, months, sums};
pub use status::{LineStatus, Status};
