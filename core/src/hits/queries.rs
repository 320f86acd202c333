//! What can be asked of the hits.

mod lost;
mod quarantine;
mod recent;
mod rules;
mod splits;
mod totals;

pub use lost::{LostZip, LostZips, Order, lost_zips};
pub use quarantine::{Quarantined, quarantine};
pub use recent::{RecentHit, recent};
pub use rules::{RuleTraffic, rules};
pub use splits::{Split, VariantShare, splits};
pub use totals::{Dimension, Group, Point, Totals, totals};

use marquee_shared::hit::Outcome;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which hits; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub brand: Option<String>,
    pub product: Option<String>,
    pub state: Option<String>,
    pub rule: Option<i32>,
    pub variant: Option<String>,
    pub outcome: Option<Outcome>,
    pub bots: Bots,
}

impl Filter {
    fn outcome(&self) -> Option<&'static str> {
        self.outcome.map(Outcome::as_str)
    }
}

/// What to do with bots, previews and prefetches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Bots {
    #[default]
    Exclude,
    Include,
    Only,
}

impl Bots {
    /// As SQL wants it: `bot = $n`, or null for both.
    fn flag(self) -> Option<bool> {
        match self {
            Self::Exclude => Some(false),
            Self::Include => None,
            Self::Only => Some(true),
        }
    }
}

/// One page of a list, in the shape that all lists of the API have.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// What to ask for as `cursor` to go on; null at the end.
    pub next_cursor: Option<String>,
}

/// Where a page starts, and how long it is.
#[derive(Clone, Debug)]
pub struct Paging {
    pub cursor: Option<String>,
    /// From 1 to 100.
    pub limit: usize,
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the cursor is none of this list")]
    Cursor,
    #[error(transparent)]
    Range(#[from] super::domain::RangeError),
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Unexpected(error.into())
    }
}
