//! One function for each thing that can be done. Each begins and commits its own transaction.

mod applications;
mod categories;
mod talents;

pub use applications::{accept_application, answer_question, apply, ask_applicant, reject_application};
pub use categories::{
    CategoryNames, NewCategory, change_category, create_category, order_categories, remove_category,
};
pub use talents::{NewTalent, Whom, change_talent, create_talent};
