use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// What an account is for.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    ToSchema,
    clap::ValueEnum,
    sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum AccountKind {
    /// What the gateway has of ours.
    Gateway,
    /// What customers paid for and have not got yet.
    CustomerFunds,
    /// What a talent is owed.
    Talent,
    /// What an agency is owed.
    Agency,
    /// What is ours.
    Platform,
    /// What promotions cost us.
    PromoCost,
    /// What the gateway keeps.
    Fees,
    /// What the gateway withholds while a customer disputes a payment.
    DisputeHold,
    /// What is on its way to talents and agencies.
    InTransit,
    /// What has left for good.
    Bank,
}

impl AccountKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::CustomerFunds => "customer_funds",
            Self::Talent => "talent",
            Self::Agency => "agency",
            Self::Platform => "platform",
            Self::PromoCost => "promo_cost",
            Self::Fees => "fees",
            Self::DisputeHold => "dispute_hold",
            Self::InTransit => "in_transit",
            Self::Bank => "bank",
        }
    }
}

/// An account, in whatever currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    Gateway,
    CustomerFunds,
    Talent(Uuid),
    Agency(Uuid),
    Platform,
    PromoCost,
    Fees,
    DisputeHold,
    InTransit,
    Bank,
}

impl Account {
    pub fn kind(self) -> AccountKind {
        match self {
            Self::Gateway => AccountKind::Gateway,
            Self::CustomerFunds => AccountKind::CustomerFunds,
            Self::Talent(_) => AccountKind::Talent,
            Self::Agency(_) => AccountKind::Agency,
            Self::Platform => AccountKind::Platform,
            Self::PromoCost => AccountKind::PromoCost,
            Self::Fees => AccountKind::Fees,
            Self::DisputeHold => AccountKind::DisputeHold,
            Self::InTransit => AccountKind::InTransit,
            Self::Bank => AccountKind::Bank,
        }
    }

    pub fn owner(self) -> Option<Uuid> {
        match self {
            Self::Talent(id) | Self::Agency(id) => Some(id),
            _ => None,
        }
    }

    /// `None` for a talent or an agency that is nobody.
    pub fn of(kind: AccountKind, owner: Option<Uuid>) -> Option<Self> {
        Some(match kind {
            AccountKind::Gateway => Self::Gateway,
            AccountKind::CustomerFunds => Self::CustomerFunds,
            AccountKind::Talent => Self::Talent(owner?),
            AccountKind::Agency => Self::Agency(owner?),
            AccountKind::Platform => Self::Platform,
            AccountKind::PromoCost => Self::PromoCost,
            AccountKind::Fees => Self::Fees,
            AccountKind::DisputeHold => Self::DisputeHold,
            AccountKind::InTransit => Self::InTransit,
            AccountKind::Bank => Self::Bank,
        })
    }
}

/// What happened to money.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum TransactionKind {
    /// A customer paid.
    Capture,
    /// A customer got what they paid for.
    Sale,
    /// The gateway kept something.
    Fee,
    /// It gave back some of that.
    FeeReturned,
    /// A customer got money back.
    Refund,
    /// A customer's bank took money back, for now.
    DisputeOpened,
    /// It came again.
    DisputeWon,
    /// It stays with the customer.
    DisputeLost,
    /// Somebody is to be paid.
    PayoutApproved,
    /// They were.
    PayoutPaid,
    /// They could not be, and are owed it again.
    PayoutRejected,
}

impl TransactionKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Sale => "sale",
            Self::Fee => "fee",
            Self::FeeReturned => "fee_returned",
            Self::Refund => "refund",
            Self::DisputeOpened => "dispute_opened",
            Self::DisputeWon => "dispute_won",
            Self::DisputeLost => "dispute_lost",
            Self::PayoutApproved => "payout_approved",
            Self::PayoutPaid => "payout_paid",
            Self::PayoutRejected => "payout_rejected",
        }
    }
}
