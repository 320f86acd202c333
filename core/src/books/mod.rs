//! Whether the books are right: what must hold of them, looked for all at once, and months that are closed with it.
//!
//! The ledger refuses what is wrong when it is posted. This asks again, of everything that is there, as if nothing had
//! been refused: triggers can be switched off, files can be damaged, and programs have mistakes. It runs every night, and
//! tells a person; `marquee books check` asks at once.
//!
//! A month is *closed* once ledger, gateway, payouts and bank say the same of it: [`close`] keeps what it came to, and
//! Postgres refuses every posting into it from then on. Whatever is heard of it later is posted into the first month that
//! is open, and says to when it belongs. Months are closed in order, and none is opened again: what was wrong is put right
//! by a posting of its own, in the month in which it is found, so that what somebody was shown of a closed month stays
//! true. The nightly proof asks whether its entries are still those that it was closed with.

mod commands;
mod error;
pub mod http;
pub mod jobs;
pub mod queries;
mod store;
mod watch;

pub use commands::{Closing, close};
pub use error::Error;

pub use crate::payouts::Month;
