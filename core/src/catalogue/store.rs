//! Private SQL, on the caller's connection.

mod agencies;
mod applications;
mod bank_details;
mod categories;
mod shares;
mod talents;
mod weeks;

pub(super) use agencies::{agency_of, insert_agency, lock_agency, rename_agency, set_agency, set_manager};
pub(super) use applications::{
    Application, accept_application, answer_question, ask_applicant, delete_applications, insert_application,
    is_talent, lock_application, reject_application,
};
pub(super) use bank_details::{
    BankDetailsRow, bank_details, bank_details_of, delete_bank_details, delete_bank_details_of, lock_payee,
    replace_bank_details,
};
pub(super) use categories::{
    Names, delete_category, insert_category, known_categories, lock_categories, lock_category,
    order_categories, rename_category,
};
pub(super) use shares::{insert_share, lock_shares, over_shared, share};
pub(super) use talents::{
    NewPrice, Talent, empty_talent, insert_price, insert_talent, lock_presentation, lock_talent,
    set_presentation, update_talent,
};
pub(super) use weeks::{give_back, take};
