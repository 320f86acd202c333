//! Private SQL, on the caller's connection.

mod deliveries;
mod endpoints;

pub(super) use deliveries::*;
pub(super) use endpoints::*;
