//! `Prefer: wait=5` (RFC 7240): whoever pays wants to know at once whether it worked.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::app::App;
use crate::http::ApiError;
use crate::orders::Status;
use crate::orders::queries;

pub(super) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const PREFER: &str = "prefer";
/// However long somebody would wait.
const AT_MOST: u64 = 10;
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// For how many seconds the client would wait, if it says so.
pub(super) fn preferred(headers: &HeaderMap) -> Option<u64> {
    let values = headers
        .get_all(PREFER)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let preferences = values.flat_map(|value| value.split(','));
    let wait = preferences.filter_map(|one| one.trim().split_once('='));
    let mut wait = wait.filter(|(name, _)| name.trim().eq_ignore_ascii_case("wait"));
    let seconds = wait.next()?.1.trim().parse::<u64>().ok()?;
    Some(seconds.min(AT_MOST))
}

/// Waits until the gateway has answered for the order, at most so long.
pub(super) async fn until_answered(app: &App, order: Uuid, seconds: u64) -> Result<(), ApiError> {
    let until = Instant::now() + Duration::from_secs(seconds);
    loop {
        let status = queries::status(&mut *app.db.acquire().await?, order).await?;
        if status != Some(Status::Authorizing) || Instant::now() >= until || app.stopping.is_cancelled() {
            return Ok(());
        }
        sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preference_to_wait_is_read_and_bounded() {
        for (value, seconds) in [
            ("wait=5", Some(5)),
            ("respond-async, Wait = 3", Some(3)),
            ("wait=100000", Some(10)),
            ("wait=-1", None),
            ("wait", None),
            ("return=minimal", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(PREFER, value.parse().unwrap());
            assert_eq!(preferred(&headers), seconds, "{value}");
        }
        assert_eq!(preferred(&HeaderMap::new()), None);
    }
}
