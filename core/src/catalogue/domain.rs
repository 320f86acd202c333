mod application;
mod bank_details;
mod check;
mod network;
mod phone;
mod tax_document;
mod terms;
mod whose;

pub(super) use application::words;
pub use application::{NewApplication, Status};
pub(super) use bank_details::masked;
pub use bank_details::{AccountType, BankDetails, Payee};
pub(super) use check::is_slug;
pub use check::{Fault, Faults, line, paragraph};
pub use network::Network;
pub use terms::TalentChange;
pub(super) use terms::Terms;
pub use whose::Whose;
