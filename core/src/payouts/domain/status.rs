use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far a payout is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = PayoutStatus)]
pub enum Status {
    /// Frozen, and waits for another person to approve it.
    Created,
    /// On its way.
    Approved,
    /// Every line is paid or rejected.
    Settled,
    /// Nobody is paid by it.
    Cancelled,
}

impl Status {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Approved => "approved",
            Self::Settled => "settled",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What became of one line.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = PayoutLineStatus)]
pub enum LineStatus {
    /// Waits for the payout to be approved.
    Frozen,
    /// The bank has it, or will.
    InTransit,
    Paid,
    /// The bank did not take it: it is owed again.
    Rejected,
    Cancelled,
}

impl LineStatus {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::InTransit => "in_transit",
            Self::Paid => "paid",
            Self::Rejected => "rejected",
            Self::Cancelled => "cancelled",
        }
    }
}
