//! The whole platform, for real: the `marquee` binary, Postgres, the SQS emulator and the Worker under wrangler,
//! with a proxy of our own where tests let things go wrong.

mod api;
mod background;
mod binary;
mod core_service;
mod database;
mod database_proxy;
mod edge;
mod kv;
mod platform;
mod sqs;
mod sqs_proxy;
mod weather;

use std::sync::LazyLock;

/// Without it visits count as a bot's, and default totals leave those out.
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

pub use api::Api;
pub use binary::{Printed, marquee};
pub use core_service::Core;
pub use database::Database;
pub use database_proxy::DatabaseProxy;
pub use edge::{Answer as EdgeAnswer, Edge};
pub use kv::Kv;
pub use platform::{Platform, manifest_keys, signing_keys};
pub use sqs::Sqs;
pub use sqs_proxy::SqsProxy;
pub use weather::{Fault, Weather};

/// The one client of the harness.
///
/// Keeps no connection: tests share servers, and each has a runtime of its own that takes its connections along
/// when it ends. Follows no redirect, and is no bot: those are left out of totals.
fn client() -> &'static reqwest::Client {
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
        // Wanted even by those who speak plain HTTP only; an error says that it was done before.
        let _done = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .pool_max_idle_per_host(0)
            .user_agent(BROWSER);
        client
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client")
    });
    &CLIENT
}
