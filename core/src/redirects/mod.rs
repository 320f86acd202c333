//! Brands, their rules, and what of them is live at the edge.
//!
//! A brand has one **draft**: settings and rules, with a version. Freezing makes it a **revision**, numbered,
//! compiled and never changed again; publishing moves the brand's **live** pointer to a revision and takes the
//! next **sequence**, over all brands. The job [`jobs::SYNC`] then makes the edge's KV equal to the database.
//! Rolling back is publishing an old revision under a new sequence; a **canary** is a second revision for some
//! of the visitors; the kill switch sends everybody to the brand's fallback.

mod analysis;
mod cities;
pub mod commands;
mod compare;
mod csv;
mod diagram;
mod domain;
mod edge_health;
mod edge_kv;
mod error;
pub mod events;
mod export;
mod gates;
pub mod http;
mod import;
pub mod jobs;
mod manifest;
mod policy;
pub mod queries;
mod retention;
mod rule_view;
mod sample;
pub mod simulation;
mod stale;
mod store;
mod sync;
mod traffic;

pub use analysis::{
    Change, Changes, Decider, Example, Finding, FindingCount, Gap, Gaps, Rest, Severity, SplitRule,
    SplitVariant, Splits, StateChanges, StateRest, StateZips, Unreachable, VariableChanges, Why,
};
pub use domain::{BulkAction, Dimension, Matching, RuleFilter, RuleKind, Senseless, Window};
pub use edge_health::{EdgeHealth, EdgeReport};
pub use edge_kv::{EdgeKv, KvError};
pub use error::Error;
pub use gates::Refusal;
pub use import::{Format, Found, Noted, Problem, Progress, Repair, Report, Step, WholeSet};
pub use policy::{Policy, Reason};
pub use rule_view::RuleView;
pub use traffic::{Moved, Traffic};
