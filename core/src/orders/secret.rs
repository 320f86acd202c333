//! By what a customer without an account opens their order.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::app::App;
use crate::platform::sealed;

/// 256 random bits. Found by its SHA-256, and kept sealed beside it: each mail to the customer has it, and whoever asks
/// again with the same idempotency key is given it again.
#[derive(Clone)]
pub struct OrderKey([u8; 32]);

impl OrderKey {
    /// # Errors
    /// The system has no randomness to give.
    pub(super) fn fresh() -> anyhow::Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        Ok(Self(secret))
    }

    /// `None`: not one of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let secret = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self(secret.try_into().ok()?))
    }

    /// As the customer is to show it.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub(super) fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// Takes the same time whatever differs.
    pub(super) fn matches(&self, sha256: &[u8]) -> bool {
        self.sha256().ct_eq(sha256).into()
    }

    pub(super) fn seal(&self, app: &App, order: Uuid) -> anyhow::Result<Vec<u8>> {
        sealed::seal(&app.config.data_keys, &place(order), &self.0)
    }

    pub(super) fn open(app: &App, order: Uuid, sealed: &[u8]) -> anyhow::Result<Self> {
        let secret = sealed::open(&app.config.data_keys, &place(order), sealed)?;
        let secret = secret.try_into();
        Ok(Self(
            secret.map_err(|_| anyhow::anyhow!("an order's key is cut"))?,
        ))
    }
}

fn place(order: Uuid) -> String {
    format!("orders.purchase/{order}")
}

impl fmt::Debug for OrderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrderKey(…)")
    }
}
