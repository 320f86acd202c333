//! Pages for admins, talents and customers.
//!
//! A client of the API that runs in the same process: what a page shows it asks of `/v1` routes as whoever looks at it,
//! and what its forms do they do by `/v1` routes. So nobody may here what they may not there, every check is made once,
//! and whoever would rather have another frontend finds nothing here that the API cannot do.

mod assets;
mod domain;
pub mod http;
mod templates;
