//! What can be asked; each answer is a view for the API and the command line.

mod brands;
mod canary;
mod diff;
mod files;
mod kept;
mod live_since;
mod policy;
mod products;
mod publishing;
mod requests;
mod revisions;
mod rules;
mod simulate;
mod status;
mod validation;
mod which;

pub use brands::{BrandFilter, BrandView, CanaryView, DraftView, LiveView, brand, brands, unknown_brands};
pub use canary::{RunningCanary, canaries, canary};
pub use diff::{
    Base, Between, DiffView, RuleChange, RulesChanged, SettingChange, SideView, compared_rules, diff,
    rule_changes,
};
pub use files::{FileKind, draft_file, draft_settings, revision_file};
pub use kept::Validations;
pub use live_since::{last_change, live_since};
pub use policy::policy;
pub use products::{ProductView, products};
pub use publishing::{PublishingView, edge_sequence, publishing};
pub use requests::{RequestStatus, RequestView, request, requests};
pub use revisions::{RevisionFilter, RevisionView, revision, revisions};
pub use rules::{RulesPage, draft_rule, find_revision_rules, find_rules};
pub use simulate::{Simulate, Simulated, TestRun, run_tests, simulate, simulate_file};
pub use status::{DatabaseLayer, EdgeLayer, KvLayer, LayersView, StatusView, layers, status};
pub use validation::{TableView, ValidationView, validated, validation};
pub use which::{Of, Which, rule_set, stage};

use serde::Serialize;
use sqlx::{Postgres, Transaction};
use utoipa::ToSchema;

use super::{Error, store};
use crate::app::App;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// For `cursor`, to go on; `null` at the end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// From one item more than asked for, if there are more.
    fn new(mut items: Vec<T>, limit: i64, cursor: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(0);
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(cursor);
        Self { items, next_cursor }
    }
}

/// A brand's draft, in a transaction that sees its version and its rules as of one moment.
async fn open_draft(
    app: &App,
    brand: &str,
) -> Result<(Transaction<'static, Postgres>, store::DraftRow), Error> {
    let mut tx = app
        .db
        .begin_with("begin isolation level repeatable read read only")
        .await?;
    let draft = store::draft(&mut tx, brand).await?;
    let draft = draft.ok_or_else(|| Error::NoBrand(brand.to_owned()))?;
    Ok((tx, draft))
}
