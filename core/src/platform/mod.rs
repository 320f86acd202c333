//! Mechanisms that know no feature: what every feature builds on.
//!
//! - [`bus`]: what is to be done later ([`bus::enqueue`]) and what happened ([`bus::emit`]), both part of the
//!   caller's transaction.
//! - [`jobs`]: how that work is claimed, run, retried and given up.
//! - [`audit`], [`idempotency`], [`alerts`], [`faults`], [`clock`], [`database`].

pub mod alerts;
pub mod audit;
pub mod bus;
pub mod clock;
pub mod database;
pub mod faults;
pub mod idempotency;
pub mod jobs;
