//! Private SQL, on the caller's connection.

mod applications;
mod categories;
mod talents;

pub(super) use applications::{
    Application, accept_application, answer_question, ask_applicant, insert_application, is_talent,
    lock_application, reject_application,
};
pub(super) use categories::{
    Names, delete_category, insert_category, known_categories, lock_categories, lock_category,
    order_categories, rename_category,
};
pub(super) use talents::{NewPrice, Talent, insert_price, insert_talent, lock_talent, update_talent};
