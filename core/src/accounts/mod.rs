//! People: how they get an account, prove who they are and are let in; members of the staff, what each may do on
//! which brand; and keys, theirs and those of programs. Turns a token into a
//! [`Principal`](crate::access::Principal); nothing else does.
//!
//! Nobody learns from an answer whether an address has an account: what differs is in the mail.

mod commands;
mod domain;
mod email;
mod error;
pub mod http;
pub mod jobs;
pub mod mails;
mod picture;
mod queries;
mod store;

pub use commands::{
    Admitted, Device, LinkFault, NewKey, NewSession, NewStaff, ProfileChange, SignIn, SignUp, StaffChange,
    admit, authenticate, begin_second_factor, change_email, change_password, change_profile, change_staff,
    complete_reset, confirm_email, confirm_second_factor, confirm_sign_up, create_key, create_staff, erase,
    reactivate, reactivate_staff, remove_avatar, remove_second_factor, remove_second_factor_of,
    request_reset, revoke_key, set_avatar, show_password, sign_in, sign_out, sign_out_everywhere, sign_up,
    start_reset, suspend, suspend_staff,
};
pub use domain::{Kind as TokenKind, Token, Weak};
pub use error::Error;
pub use queries::{
    KeyFilter, KeyView, PersonFilter, PersonView, SessionView, StaffFilter, StaffView, find_key, find_person,
    find_staff, granted_brands, list_keys, list_people, list_sessions, list_staff, person_by_email,
    staff_by_email,
};
