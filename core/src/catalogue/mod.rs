//! The shop window: categories, and talents with their terms, as the public sees them, as they see themselves and as
//! staff do.
//!
//! A talent is a person who was accepted: who applied, or whom staff took in. The public sees one who has a price,
//! unless the person is suspended; who is not `available` is shown and takes no orders. Terms change by
//! [`change_talent`] only, which writes the audit and keeps every price that ever was.
//!
//! A talent is shown with their person's picture, and with the last video that they sent as a presentation and that was
//! accepted; the one before goes.
//!
//! Of each sale the talent has a share, the default or one of their own, and their agency another; together never more
//! than 10000 basis points. Whoever changes shares or members holds the one lock on `catalogue.share`.
//!
//! Where talents and agencies are paid out to is kept sealed, shown by its end only, and told by mail when it changes.

mod commands;
mod domain;
mod error;
pub mod http;
pub mod jobs;
pub mod mails;
mod queries;
mod store;

pub use commands::{
    CategoryNames, NewCategory, NewTalent, Whom, accept_application, answer_question, apply, ask_applicant,
    change_category, change_talent, create_agency, create_category, create_talent, erase, join_agency,
    leave_agency, order_categories, reject_application, release, remove_bank_details, remove_category,
    remove_presentation, rename_agency, reserve, set_bank_details, set_manager, set_share,
};
pub use domain::{
    AccountType, BankDetails, Fault, Faults, Network, NewApplication, Payee, Status, TalentChange, Whose,
    line, masked, paragraph, phone, tax_document,
};
pub use error::Error;
pub use queries::{
    AgencyView, ApplicationFilter, ApplicationView, BankDetailsView, CategoryView, Manager, MemberView,
    Names, Offer, PayeeReader, PresentationView, PriceView, ProfileFilter, ProfileView, Search, ShareView,
    SharesView, Sort, Taker, TalentView, accounts_to_pay, find_agency, find_application, find_bank_details,
    find_profile, find_talent, is_payee, list_agencies, list_applications, list_categories, list_members,
    list_prices, list_profiles, list_shares, offer, payee_readers, profile_of, readers_of_payees, related,
    search, shares_of,
};
