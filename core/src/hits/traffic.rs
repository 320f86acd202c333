use std::sync::Arc;

use async_trait::async_trait;
use time::Duration;

use super::queries;
use crate::app::App;
use crate::redirects::simulation::Stage;
use crate::redirects::{Moved, Traffic};

/// As many as a blast radius replays unless told otherwise: what an admin looks at is what publishing goes by.
pub(super) const DAYS: u16 = 7;

/// The hits that were counted, as publishing asks for them.
#[derive(Clone, Copy, Debug)]
pub struct RecentHits;

#[async_trait]
impl Traffic for RecentHits {
    async fn moved(
        &self,
        app: &App,
        brand: &str,
        live: Arc<Stage>,
        candidate: Arc<Stage>,
    ) -> anyhow::Result<Moved> {
        let now = app.now();
        let since = now.date().saturating_sub(Duration::days(i64::from(DAYS) - 1));
        let blast = queries::replay(app, brand, since, (live, candidate), now).await?;
        Ok(Moved {
            hits: blast.hits,
            percent: blast.moved.percent,
            days: DAYS,
        })
    }
}
