//! Load at a fixed rate: requests come when they are due, as from people who do not know of each other.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use marquee_bench::stats::Samples;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};

/// Requests on their way at once; more wait, and their waiting counts.
const AT_ONCE: usize = 1_000;
/// For the last answers, once nothing more is asked.
const GRACE: Duration = Duration::from_secs(5);
/// What was due in the last moment is answered a moment later.
const MOMENT: Duration = Duration::from_millis(200);

/// What became of load at one rate.
#[derive(Debug)]
pub(crate) struct Offered {
    pub(crate) per_second: f64,
    /// Answered rightly while load came, a second.
    pub(crate) achieved: f64,
    /// From when each was due until it was answered, in milliseconds. What was not answered has waited until the end.
    pub(crate) latency_ms: Samples,
    /// Answered wrongly, or not at all.
    pub(crate) failed: usize,
    /// What one of those was answered.
    pub(crate) failure: Option<String>,
}

/// What became of the nth call, by the time since the first was due.
struct Answer {
    n: usize,
    at: Duration,
    outcome: Result<()>,
}

impl Offered {
    /// Nearly all of what was offered was answered in time.
    pub(crate) fn kept_up(&self) -> bool {
        self.failed == 0 && self.achieved >= 0.95 * self.per_second
    }

    fn of(per_second: f64, duration: Duration, answers: Vec<Answer>) -> Self {
        let count = calls(per_second, duration);
        let due = |n: usize| n as f64 / per_second;
        // Whoever was not answered has waited until nobody listened any more.
        let mut waited: Vec<f64> = (0..count)
            .map(|n| (duration + GRACE).as_secs_f64() - due(n))
            .collect();
        let (mut answered, mut in_time, mut right, mut failure) = (0, 0, 0, None);
        for Answer { n, at, outcome } in answers {
            answered += 1;
            if let Some(waited) = waited.get_mut(n) {
                *waited = at.as_secs_f64() - due(n);
            }
            match outcome {
                Ok(()) => {
                    right += 1;
                    in_time += usize::from(at <= duration + MOMENT);
                }
                Err(error) => failure = Some(format!("{error:#}")),
            }
        }
        let silent = count - answered;
        Self {
            per_second,
            achieved: in_time as f64 / duration.as_secs_f64(),
            latency_ms: waited.into_iter().map(|seconds| seconds * 1e3).collect(),
            failed: count - right,
            failure: failure.or_else(|| (silent > 0).then(|| format!("{silent} had no answer"))),
        }
    }
}

/// So many come.
pub(crate) fn calls(per_second: f64, duration: Duration) -> usize {
    (per_second * duration.as_secs_f64()).round().max(1.0) as usize
}

/// Calls `call` with 0, 1, 2 … at that rate for so long.
pub(crate) async fn offer<F>(per_second: f64, duration: Duration, call: impl Fn(usize) -> F) -> Offered
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let began = Instant::now();
    let mut on_their_way = JoinSet::new();
    for n in 0..calls(per_second, duration) {
        sleep_until(began + Duration::from_secs_f64(n as f64 / per_second)).await;
        let (places, call) = (places.clone(), call(n));
        on_their_way.spawn(async move {
            // Nobody closes the semaphore.
            let _place = places.acquire_owned().await;
            let outcome = call.await;
            Answer {
                n,
                at: began.elapsed(),
                outcome,
            }
        });
    }
    let mut answers = Vec::new();
    while let Ok(Some(ended)) = timeout_at(began + duration + GRACE, on_their_way.join_next()).await {
        // One that panicked had no answer.
        answers.extend(ended);
    }
    Offered::of(per_second, duration, answers)
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    const TWO_SECONDS: Duration = Duration::from_secs(2);

    #[test]
    fn who_waits_behind_slow_answers_waits_since_they_were_due() {
        // One at a time, 100 ms each, which is half of what is offered.
        let slow = |n: usize| Answer {
            n,
            at: Duration::from_millis(100 * (n as u64 + 1)),
            outcome: Ok(()),
        };
        let offered = Offered::of(20.0, TWO_SECONDS, (0..40).map(slow).collect());
        assert!(!offered.kept_up());
        assert_eq!((offered.failed, offered.achieved), (0, 11.0));
        // The last of them was due after 1.95 s and answered after 4 s.
        assert!((offered.latency_ms.p100() - 2_050.0).abs() < 1.0, "{offered:?}");
    }

    #[test]
    fn what_is_answered_wrongly_or_never_is_counted() {
        let answer = |n, outcome| Answer {
            n,
            at: Duration::from_millis(500 * n as u64 + 10),
            outcome,
        };
        let answers = vec![
            answer(1, Err(anyhow!("503"))),
            answer(2, Ok(())),
            answer(3, Ok(())),
        ];
        let offered = Offered::of(2.0, TWO_SECONDS, answers);
        assert_eq!((offered.failed, offered.failure.as_deref()), (2, Some("503")));
        assert_eq!(offered.achieved, 1.0);
        // The first had no answer when all was over.
        assert!((offered.latency_ms.p100() - 7_000.0).abs() < 1.0, "{offered:?}");
        let silent = Offered::of(2.0, TWO_SECONDS, vec![]);
        assert_eq!(silent.failure.as_deref(), Some("4 had no answer"));
    }

    #[tokio::test]
    async fn each_comes_once_and_none_before_it_is_due() {
        let began = Instant::now();
        let offered = offer(100.0, Duration::from_millis(200), |n| async move {
            let early = began.elapsed() < Duration::from_millis(10 * n as u64);
            if early {
                Err(anyhow!("{n} is early"))
            } else {
                Ok(())
            }
        })
        .await;
        assert_eq!((offered.failed, offered.failure.as_deref()), (0, None));
    }
}
