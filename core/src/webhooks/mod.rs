//! Telling others' systems what happened here, by the Standard Webhooks specification
//! (standardwebhooks.com): signed, retried for three days, never to a private address, and with a log of every attempt.
//!
//! An event that a feature emits becomes one delivery to each endpoint of the brand that wants it, in one job; each
//! delivery is then tried alone. A receiver knows a repetition by `webhook-id`.

mod commands;
mod deliver;
mod domain;
pub mod http;
pub mod jobs;
pub mod queries;
mod sender;
mod store;

pub use commands::{
    Changes, Created, Error, NewEndpoint, change_endpoint, create_endpoint, remove_endpoint, resend,
    rotate_secret, send_test,
};
pub use domain::{EVENTS, sign};
pub use sender::{Reply, SendError, WebhookSender};
