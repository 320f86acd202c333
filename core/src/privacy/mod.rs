//! What we know of a person, given to them; and forgotten, where the books do not need it.
//!
//! Erasing leaves the rows that others refer to, without anybody in them: ids stay, so orders, postings and the audit
//! log still add up. The audit log itself can never be changed, so it holds no name and no address of customers in the
//! first place, only ids; those of members of the staff stay, and they are not erased.

mod commands;
mod error;
pub mod http;
mod queries;

pub use commands::erase;
pub use error::Error;
pub use queries::{Export, export};

/// What becomes of a column with personal data when its person is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Replaced by something that says nothing.
    Emptied,
    /// Its row goes.
    Deleted,
    /// Of members of the staff only, who are not erased: what they did must stay known.
    OfStaff,
    /// What was paid to whom must be known as long as the law says that books are kept.
    OfTheBooks,
    /// That an address gets no mail must be known as long as it may be written to.
    Kept,
}

/// Every column whose SQL comment begins with `pii:`.
pub const PERSONAL_DATA: &[(&str, Fate)] = &[
    ("accounts.email_change.email", Fate::Deleted),
    ("accounts.person.avatar", Fate::Emptied),
    ("accounts.person.email", Fate::Emptied),
    ("accounts.person.marketing_since", Fate::Emptied),
    ("accounts.person.name", Fate::Emptied),
    ("accounts.session.network", Fate::Deleted),
    ("accounts.session.user_agent", Fate::Deleted),
    ("accounts.sign_up.email", Fate::Deleted),
    ("accounts.sign_up.name", Fate::Deleted),
    ("catalogue.application.answer", Fate::Deleted),
    ("catalogue.application.decided_by_name", Fate::OfStaff),
    ("catalogue.application.email", Fate::Deleted),
    ("catalogue.application.handle", Fate::Deleted),
    ("catalogue.application.message", Fate::Deleted),
    ("catalogue.application.name", Fate::Deleted),
    ("catalogue.application.phone", Fate::Deleted),
    ("catalogue.application.question", Fate::Deleted),
    ("catalogue.application.reason", Fate::Deleted),
    ("catalogue.bank_details.account_hash", Fate::Deleted),
    ("catalogue.bank_details.details", Fate::Deleted),
    ("catalogue.price.principal_name", Fate::Emptied),
    ("catalogue.share.principal_name", Fate::OfStaff),
    ("catalogue.talent.description", Fate::Emptied),
    ("catalogue.talent.handle", Fate::Emptied),
    ("catalogue.talent.name", Fate::Emptied),
    ("catalogue.talent.phone", Fate::Emptied),
    ("catalogue.talent.plain_name", Fate::Emptied),
    ("catalogue.talent.search", Fate::Emptied),
    ("orders.history.reason", Fate::Emptied),
    ("orders.payer.details", Fate::Deleted),
    ("orders.purchase.email", Fate::Emptied),
    ("orders.purchase.instruction", Fate::Emptied),
    ("orders.purchase.is_from", Fate::Emptied),
    ("orders.purchase.is_to", Fate::Emptied),
    ("orders.purchase.occasion", Fate::Emptied),
    ("orders.redemption.customer_hash", Fate::Emptied),
    ("orders.redo.answer", Fate::Emptied),
    ("orders.redo.reason", Fate::Emptied),
    ("orders.refund.reason", Fate::Emptied),
    ("payouts.file.content", Fate::OfTheBooks),
    ("payouts.line.details", Fate::OfTheBooks),
    ("platform.audit.after", Fate::OfStaff),
    ("platform.audit.before", Fate::OfStaff),
    ("platform.audit.principal_name", Fate::OfStaff),
    ("platform.mail.context", Fate::Deleted),
    ("platform.mail.last_error", Fate::Deleted),
    ("platform.mail.recipient_address", Fate::Deleted),
    ("platform.mail.recipient_name", Fate::Deleted),
    ("platform.mail_suppression.address", Fate::Kept),
    ("platform.mail_suppression.detail", Fate::Kept),
];
