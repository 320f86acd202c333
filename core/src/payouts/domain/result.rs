//! The file that comes back from the bank, read and compared with what went out, line by line.

mod judge;
mod read;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub(in crate::payouts) use judge::judge;
pub(in crate::payouts) use read::read;

use super::LineStatus;
use crate::money::Money;

/// Why a file is not read at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFile {
    #[error("the file is empty")]
    Empty,
    #[error("the file is not UTF-8 (Windows-1252 and UTF-16 are not): save it as \"CSV UTF-8\"")]
    NotUtf8,
    #[error(
        "this is no heading of ours: {0:?}; give back the file that was exported, with `Pago?` or `Paid?` filled in"
    )]
    Heading(Vec<String>),
    #[error("line {line}: {detail}")]
    Csv { line: u64, detail: String },
}

/// What a row says, and on which line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::payouts) struct Said {
    pub(in crate::payouts) line: u64,
    /// By which it is known which line of the payout it is.
    pub(in crate::payouts) whose: Whose,
    /// As it is written, as is the number of videos.
    pub(in crate::payouts) total: String,
    pub(in crate::payouts) sales: String,
    /// `None`: it cannot be told.
    pub(in crate::payouts) paid: Option<Paid>,
    pub(in crate::payouts) reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::payouts) enum Whose {
    /// In a full file: batch, line and hash, as written.
    Line { batch: String, id: String, hash: String },
    /// In a compatible one: a talent's address.
    Email(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::payouts) enum Paid {
    Yes,
    No,
    NotSaid,
}

/// What other rows of the file say of a row's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::payouts) enum Elsewhere {
    Nothing,
    /// An earlier row was about it, too.
    Repeated,
    /// One says that it was paid, and another that it was not.
    Contradicted,
}

/// The line that a row is about, as it went out and as it is now.
#[derive(Clone, Debug)]
pub(in crate::payouts) struct Known {
    pub(in crate::payouts) amount: Money,
    pub(in crate::payouts) sales: i32,
    pub(in crate::payouts) hash: String,
    pub(in crate::payouts) status: LineStatus,
}

/// What is to be done for a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::payouts) enum Verdict {
    Pay,
    Reject(Option<String>),
    /// Nothing, and that is as it should be.
    Leave,
    /// It was done before, by this or another file.
    Done,
    Refuse(FindingCode),
}

/// Why nothing was done for a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PayoutFindingCode)]
pub enum FindingCode {
    /// The payout has no such line.
    UnknownLine,
    /// Another payout has it.
    OtherBatch,
    /// Amount or number of videos are not those of the line.
    AmountDiffers,
    /// It is not the row that went out for this line.
    HashDiffers,
    /// The same line is in the file twice.
    RowRepeated,
    /// The file has the same line as paid and as rejected.
    RowContradicted,
    /// Whether it was paid is written in words that nobody knows.
    PaidUnclear,
    /// It was rejected before, and is said to be paid now.
    RejectedBefore,
    /// It was paid before, and is said to be rejected now.
    PaidBefore,
}

impl FindingCode {
    pub fn detail(self) -> &'static str {
        match self {
            Self::UnknownLine => "this payout has no such line",
            Self::OtherBatch => "this line is another payout's",
            Self::AmountDiffers => "amount or number of videos are not those that went out: nothing was done",
            Self::HashDiffers => "this is not the row that went out for this line: nothing was done",
            Self::RowRepeated => "this line is in the file twice: the first counts",
            Self::RowContradicted => {
                "the file says of this line that it was paid and that it was not: ask the bank; nothing was done"
            }
            Self::PaidUnclear => "write `sim` or `não`, `yes` or `no`, or nothing",
            Self::RejectedBefore => "it was rejected before and is owed again: see that it is not paid twice",
            Self::PaidBefore => "it was paid before: ask the bank which is true",
        }
    }
}

/// A row for which nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PayoutFinding)]
pub struct Finding {
    /// Of the file, the heading is 1
    #[schema(example = 7)]
    pub line: u64,
    #[schema(inline)]
    pub code: FindingCode,
    #[schema(example = "amount or number of videos are not those that went out: nothing was done")]
    pub detail: String,
}

/// What came of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PayoutReport)]
pub struct Report {
    /// Without the heading
    #[schema(example = 120)]
    pub rows: u64,
    /// Lines that are paid now
    #[schema(example = 117)]
    pub paid: u64,
    /// Lines that were rejected, and are owed again
    #[schema(example = 2)]
    pub rejected: u64,
    /// Rows that say nothing of it
    #[schema(example = 0)]
    pub left: u64,
    /// Lines that were settled before
    #[schema(example = 0)]
    pub done_before: u64,
    /// Rows for which nothing was done
    pub findings: Vec<Finding>,
    /// Nothing was done: it was only looked at
    #[schema(example = false)]
    pub dry_run: bool,
    /// The same file came before
    #[schema(example = false)]
    pub imported_before: bool,
}

impl Report {
    pub(in crate::payouts) fn note(&mut self, line: u64, verdict: &Verdict) {
        self.rows += 1;
        match verdict {
            Verdict::Pay => self.paid += 1,
            Verdict::Reject(_) => self.rejected += 1,
            Verdict::Leave => self.left += 1,
            Verdict::Done => self.done_before += 1,
            Verdict::Refuse(code) => self.findings.push(Finding {
                line,
                code: *code,
                detail: code.detail().to_owned(),
            }),
        }
    }
}
