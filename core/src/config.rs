//! Everything the process is told from outside, read and checked once. Nothing else reads the environment.
//!
//! Each setting is a flag and a variable. What a developer's machine needs has a default, which holds only
//! for `MARQUEE_ENV=local`: elsewhere an unset value, or a value everybody knows, refuses to start.

mod alerts;
mod data_keys;
mod defaults;
mod fault;
mod gateway;
mod keys;
mod limits;
mod mail;
mod origins;
mod settings;
mod shown;
mod signing_keys;
mod storage;
#[cfg(test)]
mod tests;
mod traces;

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

pub use alerts::{Alerts, Telegram};
pub use data_keys::DataKeys;
pub use fault::Fault;
pub use gateway::{GatewayChoice, Stripe};
pub use mail::{Mail, MailTo};
pub use settings::Settings;
pub use shown::{Setting, Source};
pub use signing_keys::SigningKeys;
pub use storage::Storage;
pub use traces::Traces;

use crate::calendar::Zone;
use crate::money::Currency;

/// The name of the environment in which development defaults hold.
pub const LOCAL: &str = "local";

/// Settings that have been checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Each setting, as it is shown to those who run this.
    pub settings: Vec<Setting>,
    pub env: String,
    pub database_url: SecretString,
    pub pool_size: u32,
    pub listen: SocketAddr,
    pub metrics_listen: Option<SocketAddr>,
    pub log: String,
    /// How long stopping may take.
    pub stop_within: Duration,
    /// How long a request may take.
    pub answer_within: Duration,
    pub requests_at_once: usize,
    /// How long a client may send nothing where it should, or take nothing of an answer.
    pub client_within: Duration,
    pub connections_at_once: usize,
    pub base_url: Url,
    /// The frontend that people see.
    pub site_url: Url,
    /// From where `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whose pages may use the API from a browser.
    pub cors_origins: Vec<String>,
    pub signing_keys: SigningKeys,
    pub data_keys: DataKeys,
    /// Whether webhooks may go to addresses that are not public, and by http.
    pub webhooks_to_private: bool,
    pub mail: Mail,
    pub storage: Storage,
    pub gateway: GatewayChoice,
    /// What talents may set their prices in; the first is what clients get who name none. Never empty.
    pub currencies: Vec<Currency>,
    /// How long before a hold lapses a talent may still deliver: what is left is for looking at the video and for the money.
    pub deadline_margin: Duration,
    /// How long making what is shown of a video may take; the margin is longer.
    pub transcode_within: Duration,
    /// By whose clocks people are told times.
    pub payout_minimum_minor: i64,
    pub zone: Zone,
    pub kv: Kv,
    pub sqs: Sqs,
    /// Where the Worker answers, to be asked how it is; often none.
    pub edge_urls: Vec<Url>,
    pub alerts: Alerts,
    /// Often nowhere.
    pub traces: Option<Traces>,
    pub fault: Option<Fault>,
}

/// Workers KV as Cloudflare's API addresses it.
#[derive(Clone, Debug)]
pub struct Kv {
    pub api_url: Url,
    pub api_token: SecretString,
    /// `None`: wrangler's local store, which has no accounts and no such part in its paths.
    pub account_id: Option<String>,
    pub namespace_id: String,
}

#[derive(Clone, Debug)]
pub struct Sqs {
    /// `None`: AWS's own, with the region and credentials of the AWS SDK's usual chain.
    pub endpoint_url: Option<Url>,
    pub queue_url: Url,
    /// The endpoint is an emulator, which takes any credentials.
    pub emulated: bool,
}

/// A setting that cannot be worked with, and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{0} is not set: {1}; for a developer's machine set MARQUEE_ENV=local")]
    Missing(&'static str, &'static str),
    #[error("{0} has its development value, which everybody knows: set a real one in {1}")]
    Development(&'static str, String),
    #[error("{0}: {1}")]
    Invalid(&'static str, String),
}

impl Config {
    pub fn is_local(&self) -> bool {
        self.env == LOCAL
    }

    /// The address of one of our own answers.
    pub fn api(&self, path: &str) -> String {
        format!("{}/v1/{path}", self.base_url.as_str().trim_end_matches('/'))
    }

    /// The address of a page of the frontend.
    pub fn page(&self, page: &str) -> String {
        format!("{}/{page}", self.site_url.as_str().trim_end_matches('/'))
    }
}
