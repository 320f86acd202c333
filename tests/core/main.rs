//! The core as its clients see it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod accounts;
mod books;
mod catalogue;
mod console;
mod hits;
mod ledger;
mod orders;
mod payments;
mod payouts;
mod platform;
mod privacy;
mod redirects;
mod restore;
mod sample;
mod videos;
mod viggio;
mod webhooks;
