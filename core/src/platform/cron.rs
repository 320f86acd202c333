//! What runs by the clock. However many workers there are, a tick asks for its job once.

pub mod http;
mod queries;

use serde_json::json;
use time::{Duration, OffsetDateTime};

pub use queries::{ScheduleStatus, ScheduleView, schedules};

use super::bus;
use super::jobs::{self, Kind};
use crate::app::App;

/// How often the clock is looked at.
const LOOK: std::time::Duration = std::time::Duration::from_secs(1);
/// With a lease, the longest that the work of a killed worker waits.
const SWEEP_EVERY: Duration = Duration::seconds(5);
/// How far before ours another worker's clock may be.
const OF_OTHERS: Duration = Duration::minutes(2);

/// A job that is due every so often, in UTC. It runs with an empty payload and its name as key: never twice
/// at once. Ticks missed while nobody worked are made up for by one run.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    kind: Kind,
    every: Duration,
    offset: Duration,
}

impl Schedule {
    /// At every full minute.
    pub const fn minutely(kind: Kind) -> Self {
        Self {
            kind,
            every: Duration::MINUTE,
            offset: Duration::ZERO,
        }
    }

    /// At `minute` past every hour.
    pub const fn hourly(kind: Kind, minute: i64) -> Self {
        Self {
            kind,
            every: Duration::HOUR,
            offset: Duration::minutes(minute),
        }
    }

    /// At `hour` every day.
    pub const fn daily(kind: Kind, hour: i64) -> Self {
        Self {
            kind,
            every: Duration::DAY,
            offset: Duration::hours(hour),
        }
    }

    /// The first tick after `now`.
    fn next(&self, now: OffsetDateTime) -> OffsetDateTime {
        self.tick(now) + self.every
    }

    /// The newest tick at or before `now`.
    fn tick(&self, now: OffsetDateTime) -> OffsetDateTime {
        tick(now, self.every, self.offset)
    }
}

fn tick(now: OffsetDateTime, every: Duration, offset: Duration) -> OffsetDateTime {
    let since = now - OffsetDateTime::UNIX_EPOCH - offset;
    let into = since.whole_seconds().rem_euclid(every.whole_seconds().max(1));
    now - Duration::seconds(into) - Duration::nanoseconds(i64::from(now.nanosecond()))
}

/// Looks at the clock until the process is asked to stop.
pub(crate) async fn run(app: &App) -> anyhow::Result<()> {
    let (mut asked_at, mut swept_at) = (None, None);
    while !app.stopping.is_cancelled() {
        let now = app.now();
        // Every schedule ticks on a full minute: between two of them none has to be looked at.
        let minute = tick(now, Duration::MINUTE, Duration::ZERO);
        if asked_at != Some(minute) {
            ask(app).await?;
            asked_at = Some(minute);
        }
        let moment = tick(now, SWEEP_EVERY, Duration::ZERO);
        if swept_at != Some(moment) {
            sweep(app).await?;
            swept_at = Some(moment);
        }
        tokio::select! {
            () = app.stopping.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
    Ok(())
}

/// Asks for every job whose tick has come and was not yet taken by another worker, and sweeps. Returns how
/// many were asked for.
pub async fn run_ticks(app: &App) -> anyhow::Result<usize> {
    let asked = ask(app).await?;
    sweep(app).await?;
    Ok(asked)
}

async fn ask(app: &App) -> anyhow::Result<usize> {
    let now = app.now();
    let mut asked = 0;
    for schedule in app.handler.schedules() {
        let mut tx = app.db.begin().await?;
        if take(&mut tx, schedule.kind.name, schedule.tick(now), schedule.every).await? {
            let key = Some(schedule.kind.name);
            bus::enqueue(&mut tx, now, &schedule.kind, json!({}), key, None).await?;
            asked += 1;
        }
        tx.commit().await?;
    }
    Ok(asked)
}

async fn sweep(app: &App) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    let tick = tick(app.now(), SWEEP_EVERY, Duration::ZERO);
    let ours = take(&mut tx, "sweep", tick, SWEEP_EVERY).await?;
    tx.commit().await?;
    if ours {
        let woken = jobs::sweep::sweep(app).await?;
        if woken > 0 {
            tracing::info!(woken, "woke workers for {woken} overdue jobs");
        }
    }
    Ok(())
}

/// Whether the tick is ours: newer than any taken. Two workers that ask at once wait for each other here. One of the
/// future was taken by a clock that was wrong, and must not keep the rest from theirs until then.
async fn take(
    conn: &mut sqlx::PgConnection,
    name: &str,
    tick_at: OffsetDateTime,
    every: Duration,
) -> sqlx::Result<bool> {
    let taken = sqlx::query!(
        "insert into platform.cron (name, tick_at) values ($1, $2)
        on conflict (name) do update set tick_at = excluded.tick_at
        where cron.tick_at < excluded.tick_at or cron.tick_at > $3",
        name,
        tick_at,
        tick_at + every + OF_OTHERS,
    )
    .execute(conn)
    .await?;
    Ok(taken.rows_affected() == 1)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::platform::jobs::{Attempts, Role};

    #[test]
    fn ticks_are_the_full_minute_the_minute_of_the_hour_and_the_hour_of_the_day() {
        let kind = Kind {
            name: "x.y",
            role: Role::Cron,
            attempts: Attempts::Endless,
        };
        let now = datetime!(2026-03-01 02:30:59.123456 UTC);

        assert_eq!(
            Schedule::minutely(kind).tick(now),
            datetime!(2026-03-01 02:30 UTC)
        );
        assert_eq!(
            Schedule::hourly(kind, 15).tick(now),
            datetime!(2026-03-01 02:15 UTC)
        );
        assert_eq!(
            Schedule::hourly(kind, 45).tick(now),
            datetime!(2026-03-01 01:45 UTC)
        );
        assert_eq!(
            Schedule::daily(kind, 2).tick(now),
            datetime!(2026-03-01 02:00 UTC)
        );
        assert_eq!(
            Schedule::daily(kind, 4).tick(now),
            datetime!(2026-02-28 04:00 UTC)
        );
        assert_eq!(
            Schedule::minutely(kind).tick(datetime!(2026-03-01 02:30 UTC)),
            datetime!(2026-03-01 02:30 UTC)
        );
    }
}
