//! One function for each thing that can be asked.

mod agencies;
mod applications;
mod bank_details;
mod categories;
mod cursor;
mod offers;
mod prices;
mod profiles;
mod related;
mod search;
mod shares;
mod shown;
mod talents;

pub use agencies::{AgencyView, Manager, MemberView, find_agency, list_agencies, list_members};
pub use applications::{ApplicationFilter, ApplicationView, find_application, list_applications};
pub use bank_details::{
    BankDetailsView, PayeeReader, accounts_to_pay, find_bank_details, is_payee, payee_readers,
    readers_of_payees,
};
pub use categories::{CategoryView, Names, list_categories};
pub(super) use offers::taker;
pub use offers::{Offer, Taker, offer};
pub use prices::{PriceView, list_prices};
pub use profiles::{ProfileFilter, ProfileView, find_profile, list_profiles, profile_of};
pub use related::related;
pub use search::{Search, Sort, search};
pub use shares::{ShareView, SharesView, list_shares, shares_of};
pub use shown::PresentationView;
pub use talents::{TalentView, find_talent};
