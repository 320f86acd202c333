//! One function for each thing that can be done. Each begins and commits its own transaction.

mod authenticate;
mod avatar;
mod email_change;
mod erase;
mod hashing;
mod keys;
mod links;
mod passwords;
mod people;
mod profile;
mod sessions;
mod sign_up;
mod staff;
mod throttles;
mod totp;

pub use authenticate::authenticate;
pub use avatar::{remove_avatar, set_avatar};
pub use email_change::{change_email, confirm_email};
pub use erase::erase;
pub use keys::{NewKey, create_key, revoke_key};
pub use links::LinkFault;
pub use passwords::{change_password, complete_reset, request_reset, show_password};
pub use people::{reactivate, remove_second_factor_of, start_reset, suspend};
pub use profile::{ProfileChange, change_profile};
pub use sessions::{Device, NewSession, SignIn, sign_in, sign_out, sign_out_everywhere};
pub use sign_up::{Admitted, SignUp, admit, confirm_sign_up, sign_up};
pub use staff::{NewStaff, StaffChange, change_staff, create_staff, reactivate_staff, suspend_staff};
pub use totp::{begin_second_factor, confirm_second_factor, remove_second_factor};

use super::Error;

fn is_name(name: &str) -> bool {
    (1..=100).contains(&name.chars().count())
}

/// What a person is called, without blanks around it. No links: mails greet people by what strangers sign them up as.
fn checked_name(name: &str) -> Result<&str, Error> {
    let name = name.trim();
    let fine = is_name(name) && !name.chars().any(char::is_control) && !name.contains("://");
    fine.then_some(name).ok_or(Error::Name)
}
