//! What can be asked of the hits.

mod blast;
mod canary;
mod cut;
mod day;
mod lost;
mod quarantine;
mod recent;
mod rules;
mod splits;
mod totals;
mod unused;

pub(super) use blast::replay;
pub use blast::{BlastRadius, BlastView, blast_radius};
pub(super) use canary::comparison;
pub use canary::{CanaryComparison, Fared, PopulationView, canary};
pub use lost::{LostZip, LostZips, Order, lost_zips};
pub use quarantine::{Quarantined, quarantine};
pub use recent::{RecentHit, recent};
pub use rules::{RuleTraffic, rules};
pub use splits::{Split, VariantShare, splits};
pub use totals::{Dimension, Group, Point, Totals, totals};
pub use unused::{RuleKind, Unused, UnusedRule, UnusedRules, unused_rules};

use marquee_shared::hit::Outcome;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::platform::paging::List;

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

/// Where a page starts, and how long it is.
#[derive(Clone, Debug)]
pub struct Paging {
    pub cursor: Option<String>,
    pub limit: usize,
}

impl Paging {
    /// How many rows to fetch: one too many tells whether there is another page.
    fn rows(&self) -> i64 {
        i64::try_from(self.limit).map_or(i64::MAX, |limit| limit.saturating_add(1))
    }

    /// The rows fetched, as a page whose cursor is that of its last row.
    fn list<T>(&self, mut rows: Vec<T>, cursor: impl Fn(&T) -> String) -> List<T> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let next_cursor = if more { rows.last().map(cursor) } else { None };
        List {
            items: rows,
            next_cursor,
        }
    }

    /// After which rule number to go on.
    fn after_rule(&self) -> Result<i32, Error> {
        self.cursor
            .as_deref()
            .map_or(Ok(-1), |cursor| cursor.parse().map_err(|_| Error::Cursor))
    }
}

/// Why a query has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the cursor is none of this list")]
    Cursor,
    #[error(transparent)]
    Range(#[from] super::domain::RangeError),
    /// There is no such brand or rule set.
    #[error(transparent)]
    Rules(#[from] crate::redirects::Error),
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Unexpected(error.into())
    }
}
