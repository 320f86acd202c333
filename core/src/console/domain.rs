//! What is written in pages and forms, and what it means for the API.

mod address;
mod body;
mod operations;
mod page;
mod sheet;

pub(crate) use address::escaped;
pub(crate) use body::body;
pub(crate) use operations::{Operations, params};
pub(crate) use page::{Audience, Page};
pub(crate) use sheet::as_csv;
