//! What the service that sold videos before had wrong (its defects, `d20_…`), and what its own tests held: what no other
//! test says already. `tests/README.md` lists all of it.

mod accounts;
mod fulfil;
mod talents;
