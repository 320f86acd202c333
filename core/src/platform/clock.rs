//! The time, as an argument.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use time::{Duration, OffsetDateTime};

use super::alerts::{Alert, Code};
use super::database;
use crate::app::App;

/// How often a process compares its clock with Postgres's.
const LOOK: std::time::Duration = std::time::Duration::from_secs(5);
/// A clock further from Postgres's than this is not believed: leases last twenty seconds, schedules a minute.
const MOST_SKEW: Duration = Duration::MINUTE;

/// Where the time comes from. Tests bring their own.
pub trait Clock: Send + Sync {
    fn now(&self) -> OffsetDateTime;

    /// Hears what Postgres's clock said at some moment of the last `within`. Returns how far before it the machine's clock
    /// is; one that cannot be wrong is where it is.
    fn compare(&self, _postgres: OffsetDateTime, _within: std::time::Duration) -> Duration {
        Duration::ZERO
    }
}

/// The machine's clock, to the microsecond: what Postgres keeps, so that a time reads back as written.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the machine for the time"
    )]
    fn now(&self) -> OffsetDateTime {
        micros(OffsetDateTime::now_utc())
    }
}

/// A clock that a machine's cannot mislead. Between two comparisons it goes on by itself, wherever the machine's jumps to;
/// and where that is not believed, from Postgres's time: all processes share the database, so they agree on leases, on
/// schedules and on what has expired.
pub struct SteadyClock {
    machine: Arc<dyn Clock>,
    /// What time it was, and when.
    since: RwLock<(Instant, OffsetDateTime)>,
}

impl SteadyClock {
    /// Begins with the machine's time, right or wrong.
    pub fn over(machine: Arc<dyn Clock>) -> Self {
        let since = RwLock::new((Instant::now(), machine.now()));
        Self { machine, since }
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> OffsetDateTime {
        let (at, time) = *self.since.read().unwrap_or_else(PoisonError::into_inner);
        micros(time + at.elapsed())
    }

    fn compare(&self, postgres: OffsetDateTime, within: std::time::Duration) -> Duration {
        let (at, machine) = (Instant::now(), self.machine.now());
        let skew = if machine < postgres {
            machine - postgres
        } else {
            (machine - postgres - within).max(Duration::ZERO)
        };
        let believed = if skew.abs() > MOST_SKEW { postgres } else { machine };
        *self.since.write().unwrap_or_else(PoisonError::into_inner) = (at, believed);
        skew
    }
}

fn micros(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_nanosecond(time.microsecond() * 1_000)
        .unwrap_or(time)
}

/// Compares this process's clock with Postgres's, and goes by Postgres's where they are too far apart: a person is told.
///
/// # Errors
/// Postgres does not answer; the clock goes on as it was.
pub async fn look(app: &App) -> sqlx::Result<()> {
    let skew = skew(app).await?;
    metrics::gauge!("marquee_clock_skew_seconds").set(skew.as_seconds_f64());
    if skew.abs() > MOST_SKEW {
        let side = if skew.is_positive() { "before" } else { "behind" };
        let detail = format!(
            "a machine's clock is {} s {side} Postgres's: the process goes by Postgres's meanwhile",
            skew.whole_seconds().abs()
        );
        app.alert(&Alert::new(Code::ProcessClock, "clock", detail));
    }
    Ok(())
}

/// How far before Postgres's clock this machine's is.
///
/// # Errors
/// Postgres does not answer; the clock goes on as it was.
pub async fn skew(app: &App) -> sqlx::Result<Duration> {
    let began = Instant::now();
    let postgres = database::time(&app.db).await?;
    Ok(app.clock.compare(postgres, began.elapsed()))
}

/// Looks every few seconds until the process is asked to stop.
pub async fn watch(app: &App) -> anyhow::Result<()> {
    while !app.stopping.is_cancelled() {
        if let Err(error) = look(app).await {
            tracing::debug!(error = %error, "the clock cannot be compared with Postgres's");
        }
        tokio::select! {
            () = app.stopping.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use time::macros::datetime;

    use super::*;

    const START: OffsetDateTime = datetime!(2026-07-01 12:00 UTC);
    const AT_ONCE: std::time::Duration = std::time::Duration::ZERO;

    struct Machine(Mutex<OffsetDateTime>);

    impl Machine {
        fn set(&self, to: OffsetDateTime) {
            *self.0.lock().unwrap() = to;
        }
    }

    impl Clock for Machine {
        fn now(&self) -> OffsetDateTime {
            *self.0.lock().unwrap()
        }
    }

    fn begun(at: OffsetDateTime) -> (Arc<Machine>, SteadyClock) {
        let machine = Arc::new(Machine(Mutex::new(at)));
        (machine.clone(), SteadyClock::over(machine))
    }

    /// Whether it is about that time: a test may be kept waiting.
    fn is_about(clock: &SteadyClock, time: OffsetDateTime) -> bool {
        (time..time + Duration::minutes(5)).contains(&clock.now())
    }

    #[test]
    fn a10_a_clock_that_jumps_moves_nothing() {
        let (machine, clock) = begun(START);
        for jump in [Duration::days(365), -Duration::HOUR] {
            machine.set(START + jump);
            assert!(is_about(&clock, START), "{jump}: {}", clock.now());
            assert_eq!(clock.compare(START, AT_ONCE), jump);
            assert!(is_about(&clock, START), "{jump}: {}", clock.now());
        }
    }

    #[test]
    fn a10_a_process_that_begins_at_a_wrong_time_goes_by_postgres_once_it_has_asked() {
        for wrong in [Duration::days(365), -Duration::HOUR] {
            let (_, clock) = begun(START + wrong);
            assert!(is_about(&clock, START + wrong));
            clock.compare(START, AT_ONCE);
            assert!(is_about(&clock, START), "{wrong}: {}", clock.now());
        }
    }

    #[test]
    fn a_clock_that_is_set_right_is_followed_and_an_answer_that_took_long_is_no_skew() {
        let (machine, clock) = begun(START);
        let later = START + Duration::seconds(30);
        machine.set(later);
        assert_eq!(clock.compare(START, AT_ONCE), Duration::seconds(30));
        assert!(is_about(&clock, later), "so far apart clocks may be");

        let minutes = std::time::Duration::from_secs(600);
        machine.set(START + Duration::minutes(9));
        assert_eq!(clock.compare(START, minutes), Duration::ZERO);
        assert!(is_about(&clock, START + Duration::minutes(9)));
    }
}
