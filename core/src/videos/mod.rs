//! Videos, until it is known what they are: somebody announces an upload, sends it, and it waits in quarantine until a
//! worker has looked into it.
//!
//! ```text
//! open ──sent──▶ received ──a worker takes it──▶ checking ──▶ accepted
//!   │ in time: no        │ its owner                │      └▶ refused, with a reason
//!   ▼                    ▼ changes their mind       ▼
//! expired              aborted ◀────────────────────┘
//! ```
//!
//! Nothing that was sent is believed: not its name, not its type, not what it says of itself. The tool that looks into
//! it is given a file, never an address, in a folder of its own, and stopped when it takes too much of anything.
//! Another way to send (in parts, or straight to the store) is another way from open to received.

mod commands;
mod domain;
mod error;
pub mod events;
pub mod http;
pub mod jobs;
mod probe;
pub mod queries;
mod store;

pub use commands::{Announced, Closed, abort, close, erase, open_upload, receive, remove, take};
pub use domain::{Facts, Found, Length, Purpose, Reason, Status, Stream, Unreadable, judge};
pub use error::Error;
pub use probe::VideoProbe;
