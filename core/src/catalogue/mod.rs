//! The shop window: categories, and talents with their terms, as the public sees them, as they see themselves and as
//! staff do.
//!
//! A talent is a person who was accepted: who applied, or whom staff took in. The public sees one who has a price, unless the person is suspended; who is
//! not `available` is shown and takes no orders. Terms change by [`change_talent`] only, which writes the audit and
//! keeps every price that ever was.

mod commands;
mod domain;
mod error;
pub mod http;
pub mod mails;
mod queries;
mod store;

pub use commands::{
    CategoryNames, NewCategory, NewTalent, Whom, accept_application, answer_question, apply, ask_applicant,
    change_category, change_talent, create_category, create_talent, order_categories, reject_application,
    remove_category,
};
pub use domain::{Fault, Network, NewApplication, Status, TalentChange};
pub use error::Error;
pub use queries::{
    ApplicationFilter, ApplicationView, CategoryView, Names, PriceView, ProfileFilter, ProfileView, Search,
    Sort, TalentView, find_application, find_profile, find_talent, list_applications, list_categories,
    list_prices, list_profiles, profile_of, related, search,
};
