//! Private SQL, on the caller's connection.

mod blobs;
mod drafts;
mod live;
mod manifest;
mod policies;
mod requests;
mod revisions;

pub(super) use blobs::*;
pub(super) use drafts::*;
pub(super) use live::*;
pub(super) use manifest::*;
pub(super) use policies::*;
pub(super) use requests::*;
pub(super) use revisions::*;
