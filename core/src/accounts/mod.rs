//! Who may use the API: the keys of staff and of their programs. Turns a token into a
//! [`Principal`](crate::access::Principal); nothing else does.

pub mod commands;
mod domain;
mod store;

pub use commands::authenticate;
pub use domain::Token;
