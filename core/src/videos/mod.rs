//! Videos: somebody announces an upload, sends it, and it waits in quarantine until a worker has looked into it. Of what
//! is accepted another worker makes what is shown, and when that is proven, what was sent is removed.
//!
//! ```text
//! open ──sent──▶ received ──a worker takes it──▶ checking ──▶ accepted ──▶ waiting ──▶ making ──▶ playable
//!   │ in time: no        │ its owner                │      └▶ refused, with a reason ◀──┘ failed │ shown no more
//!   ▼                    ▼ changes their mind       ▼                                            ▼
//! expired              aborted ◀────────────────────┘                                         removed
//! ```
//!
//! Nothing that was sent is believed: not its name, not its type, not what it says of itself. The tools that look into
//! it and that read it are given a file, never an address, in a folder of its own, and stopped when they take too much of
//! anything. What they make is proven like what was sent.
//! It may be sent whole, in parts, or straight to the store; what was sent lies in parts until something is made of it,
//! see [`source`].

mod commands;
mod domain;
mod error;
pub mod events;
pub mod http;
pub mod jobs;
mod pass;
mod probe;
pub mod queries;
pub mod source;
mod store;
pub mod transcoder;

pub use commands::{
    Announced, Closed, NewPart, Piece, abort, abort_anybodys, close, complete, count_view, erase,
    open_upload, put_back, put_links, receive, receive_piece, release, remake, remove, take_down, withhold,
};
pub use domain::{
    Checksum, Expected, Facts, Flaw, Found, Length, Picture, Plan, Progress, ProgressReader, Purpose, Ratio,
    Reason, SEGMENT_SECONDS, Segments, Size, Sound, Status, Stream, Unreadable, VideoStatus, Visibility,
    begins_with_index, judge, prove,
};
pub use error::Error;
pub use pass::Pass;
pub use probe::VideoProbe;
pub use transcoder::{Outcome, Transcoder, Work};
