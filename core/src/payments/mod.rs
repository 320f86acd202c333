//! What customers pay: holding it, taking it, letting it go, giving it back, by a gateway that may answer late, twice or
//! not at all.
//!
//! Every call of the gateway is a row first, an *operation*, and its id is the idempotency key of the call, however often
//! it is made:
//!
//! ```text
//! ready ──commit, call──▶ sent ──▶ succeeded | refused | action_required
//!   ▲                       │ no answer, or the worker died
//!   │ surely not done       ▼
//!   └────────────────── unknown ──asked after: 10 s, 1 m, 5 m, 30 m, hourly──▶ succeeded | refused
//!                           └ nowhere after a day, or it does not add up ▶ held, for a person
//! ```
//!
//! What a gateway says of a payment, by whatever way we hear it, is folded into the payment's row: ranks only rise and
//! totals only grow, so any order and any repetition come to the same. News by webhook only makes us look: the gateway is
//! asked how the payment is, and that is what counts. What happened is told to others as `payments.authorized` and so on,
//! see [`events`]; what was captured and refunded is in the ledger in the same transaction.

mod commands;
mod domain;
mod error;
pub mod events;
mod gateway;
mod hear;
pub mod http;
pub mod jobs;
mod operate;
pub mod queries;
mod reconcile;
mod settle;
mod store;

pub use commands::{Open, Release, abandon, accept_notice, capture, open, refund, release, renew};
pub use domain::{BadSignature, DifferenceKind, DisputeStatus, Kind, OperationStatus, Status, sign, verify};
pub use error::Error;
pub use gateway::{
    Action, Answer, Authorize, CardForm, Gateway, GatewayError, Listed, Listing, News, Notice, Outside,
    RefundStatus, Refunded, Renewal, Seen, SeenDispute, SeenStatus,
};
pub use reconcile::{Reconciled, SETTLES_WITHIN, reconcile, reconcile_all};
