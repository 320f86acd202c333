//! Private SQL, on the caller's connection.

mod blobs;
mod brands;
mod drafts;
mod live;
mod manifest;
mod policies;
mod requests;
mod revisions;
mod rules;

pub(super) use blobs::*;
pub(super) use brands::*;
pub(super) use drafts::*;
pub(super) use live::*;
pub(super) use manifest::*;
pub(super) use policies::*;
pub(super) use requests::*;
pub(super) use revisions::*;
pub(super) use rules::*;
