//! What visitors have done lately, as far as publishing asks. Who counts hits comes after this feature, so it is
//! reached through a port.

use std::sync::Arc;

use async_trait::async_trait;

use super::simulation::Stage;
use crate::app::App;

/// The hits of the last days.
#[async_trait]
pub trait Traffic: Send + Sync {
    /// How much of a brand's traffic would land elsewhere if `candidate` took the place of `live` now.
    ///
    /// # Errors
    /// The database's.
    async fn moved(
        &self,
        app: &App,
        brand: &str,
        live: Arc<Stage>,
        candidate: Arc<Stage>,
    ) -> anyhow::Result<Moved>;
}

/// A share of the traffic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    /// Hits that were replayed, bots left out.
    pub hits: i64,
    /// Of them that would land elsewhere, at least; 0 without hits.
    pub percent: f64,
    /// Whose hits these are, today included.
    pub days: u16,
}
