//! What talents and agencies are owed is paid out, month by month, by files that go to a bank and come back.
//!
//! ```text
//! created ──another person approves──▶ approved ──the last line is settled──▶ settled
//!    └──▶ cancelled                       each line: in_transit ─▶ paid, or rejected, and owed again
//! ```
//!
//! A payout is frozen when it is made: its lines name the entries of the ledger that they pay, each entry in one line
//! only, and come to exactly those. What is taken back later is less the month after; who is owed less than nothing, or
//! less than a payout is worth, is carried.

mod commands;
mod domain;
mod error;
mod file;
pub mod http;
pub mod jobs;
pub mod mails;
pub mod queries;
mod remind;
pub mod statement;
mod store;

pub use commands::{Created, Progress, approve, cancel, create, export, import};
pub use domain::{
    BadFile, Finding, FindingCode, Format, LineStatus, Month, NoMonth, Owed, Reason, Report, Status,
};
pub use error::Error;
