//! Private SQL, on the caller's connection.

mod batches;
mod files;
mod lines;

pub(super) use batches::{Batch, NewBatch, approve, cancel, insert_batch, lock_batch, settle_if_done};
pub(super) use files::{NewFile, NewResult, file, insert_file, insert_result, result};
pub(super) use lines::{
    Line, NewLine, Told, insert_lines, lines, lock_lines, release_batch, set_in_transit, settle_lines,
};
