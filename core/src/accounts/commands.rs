//! One function for each thing that can be done. Each begins and commits its own transaction.

mod authenticate;
mod keys;
mod staff;

pub use authenticate::authenticate;
pub use keys::{NewKey, create_key, revoke_key};
pub use staff::{NewStaff, StaffChange, change_staff, create_staff, reactivate_staff, suspend_staff};

fn is_name(name: &str) -> bool {
    (1..=100).contains(&name.chars().count())
}
