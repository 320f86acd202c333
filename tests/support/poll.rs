use std::fmt::Display;
use std::time::Duration;

use tokio::time::{Instant, sleep};

const PAUSE: Duration = Duration::from_millis(50);

/// Asks `probe` again and again until it is content, and returns what it found.
///
/// # Panics
/// When it is not content `within` that time; the message says `what` was waited for and what was seen last.
pub async fn eventually<T, E: Display>(
    what: &str,
    within: Duration,
    mut probe: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let deadline = Instant::now() + within;
    loop {
        match probe().await {
            Ok(found) => return found,
            Err(seen) if Instant::now() >= deadline => {
                panic!("{what}: not within {} s; last seen: {seen}", within.as_secs())
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}
