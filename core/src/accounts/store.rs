//! Private SQL, on the caller's connection.

mod avatars;
mod keys;
mod links;
mod people;
mod sessions;
mod staff;
mod totp;

pub(super) use avatars::*;
pub(super) use keys::*;
pub(super) use links::*;
pub(super) use people::*;
pub(super) use sessions::*;
pub(super) use staff::*;
pub(super) use totp::*;
