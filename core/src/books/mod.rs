//! Whether the books are right: what must hold of them, looked for all at once.
//!
//! The ledger refuses what is wrong when it is posted. This asks again, of everything that is there, as if nothing had
//! been refused: triggers can be switched off, files can be damaged, and programs have mistakes. It runs every night, and
//! tells a person; `marquee books check` asks at once.

pub mod jobs;
pub mod queries;
mod watch;
