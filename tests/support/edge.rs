//! The built Worker on workerd, the runtime of production, with its bindings at the tests' mercy.
//!
//! `cargo xtask edge` builds what runs here.

mod http;
mod publication;
mod runtime;

pub use http::Reply;
pub use publication::{Publication, Signer, hits_of, rule_set, sha256_hex};
pub use runtime::{Edge, Variant};
