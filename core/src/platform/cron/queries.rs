use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::app::App;
use crate::platform::jobs::Status;
use crate::platform::paging::List;

/// How what runs by the clock fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleStatus {
    /// Its time has not come since this database is there.
    Never,
    /// Waits for a worker.
    Waiting,
    Running,
    /// It failed, and is tried again.
    Failing,
    /// Its attempts are used up; its next time is another try.
    Dead,
    /// The last time it was asked for.
    Done,
}

impl ScheduleStatus {
    /// Whether somebody should look at it.
    pub fn is_bad(self) -> bool {
        matches!(self, Self::Failing | Self::Dead)
    }
}

/// What runs by the clock
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Schedule)]
pub struct ScheduleView {
    /// Of its job
    #[schema(example = "redirects.sync")]
    pub name: String,
    #[schema(example = 60)]
    pub every_seconds: i64,
    /// When it was asked for last
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_tick_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    pub next_tick_at: OffsetDateTime,
    #[schema(inline)]
    pub status: ScheduleStatus,
    /// Of the job, if it failed
    pub last_error: Option<String>,
}

/// Everything that runs by the clock, in the order of the features.
pub async fn schedules(app: &App) -> sqlx::Result<List<ScheduleView>> {
    let (now, schedules) = (app.now(), app.handler.schedules());
    let names: Vec<String> = schedules
        .iter()
        .map(|schedule| schedule.kind.name.to_owned())
        .collect();
    let rows = sqlx::query!(
        r#"select tick_at "tick_at?", job.status "status?: Status", last_error "last_error?"
        from unnest($1::text[]) with ordinality as wanted (wanted_name, place)
        left join platform.cron on name = wanted_name
        left join lateral (
            select status, last_error from platform.job
            where job.name = wanted_name and key = wanted_name
            order by id desc
            limit 1
        ) as job on true
        order by place"#,
        &names,
    )
    .fetch_all(&app.db)
    .await?;
    let views = schedules.iter().zip(rows).map(|(schedule, row)| ScheduleView {
        name: schedule.kind.name.to_owned(),
        every_seconds: schedule.every.whole_seconds(),
        last_tick_at: row.tick_at,
        next_tick_at: schedule.next(now),
        status: match (row.tick_at, row.status) {
            (_, Some(Status::Dead)) => ScheduleStatus::Dead,
            (_, Some(Status::Leased)) => ScheduleStatus::Running,
            (_, Some(Status::Ready)) if row.last_error.is_some() => ScheduleStatus::Failing,
            (_, Some(Status::Ready)) => ScheduleStatus::Waiting,
            (Some(_), None) => ScheduleStatus::Done,
            (None, None) => ScheduleStatus::Never,
        },
        last_error: row.last_error,
    });
    Ok(List {
        items: views.collect(),
        next_cursor: None,
    })
}
