//! Who may use the API: members of the staff, what each may do on which brand, and keys, theirs and those of
//! programs. Turns a token into a [`Principal`](crate::access::Principal); nothing else does.

mod commands;
mod domain;
mod error;
pub mod http;
mod queries;
mod store;

pub use commands::{
    NewKey, NewStaff, StaffChange, authenticate, change_staff, create_key, create_staff, reactivate_staff,
    revoke_key, suspend_staff,
};
pub use domain::Token;
pub use error::Error;
pub use queries::{
    KeyFilter, KeyView, StaffFilter, StaffView, find_key, find_staff, list_keys, list_staff, staff_by_email,
};
