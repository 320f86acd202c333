//! What can be asked; each answer is a view for the API and the command line.

mod keys;
mod people;
mod sessions;
mod staff;

pub use keys::{KeyFilter, KeyView, find_key, list_keys};
pub use people::{PersonFilter, PersonView, find_person, list_people, person_by_email};
pub use sessions::{SessionView, list_sessions};
pub use staff::{StaffFilter, StaffView, find_staff, granted_brands, list_staff, staff_by_email};
