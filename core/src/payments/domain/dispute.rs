//! What becomes of a dispute.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far a dispute is, in the order of rank: it only rises.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    clap::ValueEnum,
    sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = DisputeStatus)]
pub enum DisputeStatus {
    /// The money is withheld.
    Opened,
    /// It is ours again.
    Won,
    /// It is the customer's.
    Lost,
}

impl DisputeStatus {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}
