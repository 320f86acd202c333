//! Who may use the API: the keys of staff and of their programs. Turns a token into a
//! [`Principal`](crate::access::Principal); nothing else does.

mod commands;
mod domain;
pub mod http;
mod queries;
mod store;

pub use commands::{Error, NewKey, authenticate, create_key, revoke_key};
pub use domain::Token;
pub use queries::{KeyView, find_key, list_keys};
