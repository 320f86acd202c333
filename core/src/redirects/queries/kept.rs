//! Validations that were made lately. To prove and to analyse a brand's rules takes long, and whoever opens its page asks
//! again, mostly about the same rules.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use marquee_shared::rules::RuleSet;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use tokio::sync::OnceCell;

use super::ValidationView;
use crate::redirects::Error;

/// How many are kept: some megabytes.
const KEPT: usize = 32;

/// Of everything that a validation depends on. Two of one key are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key([u8; 32]);

impl Key {
    /// The rules themselves, not their version: nothing that is edited can be missed. Time counts by how many of the
    /// rules' windows have begun or ended, since nothing of a validation changes between two of those.
    pub(super) fn of(set: &RuleSet, taken: &[(String, String)], now: OffsetDateTime) -> anyhow::Result<Self> {
        // Windows are compared with whole seconds.
        let now = now.replace_nanosecond(0)?;
        let instants = set.rules.iter().flat_map(|rule| [rule.from, rule.until]);
        let passed = instants.flatten().filter(|instant| *instant <= now).count();
        let written = serde_json::to_vec(&(set, taken, passed))?;
        Ok(Self(Sha256::digest(&written).into()))
    }
}

type Cell = Arc<OnceCell<Arc<ValidationView>>>;

/// A few dozen of them, in memory; the one that was asked for longest ago goes first.
#[derive(Default)]
pub struct Validations(Mutex<VecDeque<(Key, Cell)>>);

impl Validations {
    /// What was made for the key before, or is being made just now; else what `make` makes. A failure is not kept.
    pub(super) async fn of(
        &self,
        key: Key,
        make: impl Future<Output = Result<ValidationView, Error>> + Send,
    ) -> Result<Arc<ValidationView>, Error> {
        let cell = self.cell(key);
        let made = cell
            .get_or_try_init(|| async { make.await.map(Arc::new) })
            .await?;
        Ok(Arc::clone(made))
    }

    fn cell(&self, key: Key) -> Cell {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|(known, _)| *known == key);
        let (_, cell) = known
            .and_then(|at| kept.remove(at))
            .unwrap_or((key, Cell::default()));
        kept.push_back((key, Arc::clone(&cell)));
        if kept.len() > KEPT {
            kept.pop_front();
        }
        cell
    }
}

impl fmt::Debug for Validations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Validations").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;
    use time::macros::datetime;
    use tokio::sync::Notify;

    use super::*;

    const AT: OffsetDateTime = datetime!(2026-07-01 12:00 UTC);

    fn set(until: &str) -> RuleSet {
        let set = json!({
            "brand": "acme",
            "settings": {
                "languages": ["en"], "default_language": "en", "destinations": ["q.example"],
                "products": [{ "code": "auto" }],
            },
            "rules": [{
                "kind": "route", "rule": 1, "until": until,
                "target": { "variants": [{ "name": "a", "url": "https://q.example/1" }] },
            }],
        });
        serde_json::from_value(set).unwrap()
    }

    fn key(number: u8) -> Key {
        Key([number; 32])
    }

    /// Counts how often it is made.
    async fn make(made: &AtomicUsize) -> Result<ValidationView, Error> {
        let rules = made.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(ValidationView {
            rules,
            ..ValidationView::default()
        })
    }

    #[test]
    fn another_rule_another_brands_host_or_a_window_that_ends_is_another_key() {
        let of = |set: &RuleSet, taken: &[(String, String)], now| Key::of(set, taken, now).unwrap();
        let rules = set("2026-07-01T12:00:10.5Z");
        let before = of(&rules, &[], AT);
        let taken = [("q.example".to_owned(), "beta".to_owned())];

        assert_eq!(before, of(&rules, &[], AT + time::Duration::milliseconds(10_900)));
        assert_ne!(before, of(&rules, &[], AT + time::Duration::seconds(11)));
        assert_ne!(before, of(&rules, &taken, AT));
        assert_ne!(before, of(&set("2026-07-01T12:00:11Z"), &[], AT));
    }

    #[tokio::test]
    async fn of_two_who_ask_at_once_for_the_same_one_makes_it() {
        let (kept, made, go) = (Validations::default(), AtomicUsize::new(0), Notify::new());
        let slow = async {
            go.notified().await;
            make(&made).await
        };
        let other = async {
            let asking = kept.of(key(1), make(&made));
            tokio::pin!(asking);
            // It has begun to wait for the first before that may go on.
            assert!(futures::poll!(&mut asking).is_pending());
            go.notify_one();
            asking.await
        };
        let (one, other) = tokio::join!(kept.of(key(1), slow), other);

        assert_eq!((one.unwrap().rules, other.unwrap().rules), (1, 1));
        assert_eq!(kept.of(key(1), make(&made)).await.unwrap().rules, 1);
        assert_eq!(kept.of(key(2), make(&made)).await.unwrap().rules, 2);
    }

    #[tokio::test]
    async fn a_failure_is_not_kept_and_nobody_waits_for_one_who_left() {
        let (kept, made) = (Validations::default(), AtomicUsize::new(0));
        let failed = kept.of(key(1), async { Err(Error::NoCanary) }).await;
        assert!(matches!(failed, Err(Error::NoCanary)));
        {
            let leaves = kept.of(key(1), std::future::pending());
            tokio::pin!(leaves);
            assert!(futures::poll!(&mut leaves).is_pending());
        }
        assert_eq!(kept.of(key(1), make(&made)).await.unwrap().rules, 1);
    }

    #[tokio::test]
    async fn what_was_asked_for_longest_ago_goes_first() {
        let (kept, made) = (Validations::default(), AtomicUsize::new(0));
        let all = u8::try_from(KEPT).unwrap();
        for number in 0..all {
            kept.of(key(number), make(&made)).await.unwrap();
        }
        assert_eq!(kept.of(key(0), make(&made)).await.unwrap().rules, 1);
        kept.of(key(all), make(&made)).await.unwrap();

        assert_eq!(kept.of(key(0), make(&made)).await.unwrap().rules, 1);
        assert_eq!(kept.of(key(1), make(&made)).await.unwrap().rules, KEPT + 2);
    }
}
