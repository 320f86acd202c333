//! One function for each thing that can be done. Each begins and commits its own transaction.

mod agencies;
mod applications;
mod bank_details;
mod categories;
mod erase;
mod presentations;
mod shares;
mod talents;
mod weeks;

pub use agencies::{create_agency, join_agency, leave_agency, rename_agency, set_manager};
pub use applications::{accept_application, answer_question, apply, ask_applicant, reject_application};
pub use bank_details::{remove_bank_details, set_bank_details};
pub use categories::{
    CategoryNames, NewCategory, change_category, create_category, order_categories, remove_category,
};
pub use erase::erase;
pub(super) use presentations::present;
pub use presentations::remove_presentation;
pub use shares::set_share;
pub use talents::{NewTalent, Whom, change_talent, create_talent};
pub use weeks::{release, reserve};
