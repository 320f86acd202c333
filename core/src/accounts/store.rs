//! Private SQL, on the caller's connection.

mod keys;
mod staff;

pub(super) use keys::*;
pub(super) use staff::*;
