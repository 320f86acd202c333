use clap::Subcommand;
use serde_json::json;
use std::io::Write as _;
use uuid::Uuid;

use super::Outcome;
use super::output::{instant, more, show, show_one, stdout};
use super::table::Table;
use crate::access::Principal;
use crate::app::App;
use crate::platform::cron::{ScheduleView, schedules};
use crate::platform::jobs::{self, Error, Filter, Retried, Status};
use crate::platform::paging::Page;

#[derive(Subcommand)]
pub(super) enum Jobs {
    /// Show jobs that are not done, newest first
    List {
        #[arg(long, value_enum)]
        status: Option<Status>,
        /// Such as redirects.sync
        #[arg(long)]
        name: Option<String>,
        /// At most 100
        #[arg(long)]
        limit: Option<u32>,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Show everything about one job
    Show { id: Uuid },
    /// Try a dead job again, or all of one kind
    Retry {
        #[arg(required_unless_present = "name")]
        id: Option<Uuid>,
        /// All of this kind, such as videos.transcode
        #[arg(long, conflicts_with = "id")]
        name: Option<String>,
    },
    /// Give a dead job up
    Discard { id: Uuid },
    /// What runs by the clock: when it ran, runs next, and how it is. Exits with 3 when something fails
    Cron,
}

impl Jobs {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        match self {
            Self::List {
                status,
                name,
                limit,
                cursor,
            } => {
                let page = Page::new(cursor.as_deref(), limit)?;
                let filter = Filter { status, name };
                let jobs = jobs::list(&mut *app.db.acquire().await?, &filter, page).await?;
                let mut table = Table::new(&["id", "name", "status", "attempts", "due", "error"]);
                for job in &jobs.items {
                    table.row([
                        job.id.to_string(),
                        job.name.clone(),
                        format!("{:?}", job.status).to_lowercase(),
                        job.attempts.to_string(),
                        instant(job.due_at),
                        job.last_error.clone().unwrap_or_default(),
                    ]);
                }
                show(&jobs, &table, json, "no jobs")?;
                more(jobs.next_cursor.as_deref(), json)?;
            }
            Self::Show { id } => {
                let job = jobs::find(&mut *app.db.acquire().await?, id)
                    .await?
                    .ok_or(Error::Unknown)?;
                writeln!(stdout(), "{}", serde_json::to_string_pretty(&job)?)?;
            }
            Self::Retry { id, name } => retry(app, id, name, json).await?,
            Self::Discard { id } => {
                jobs::discard(app, &Principal::operator(), id).await?;
                show_one(&json!({ "discarded": id }), json, "it is given up")?;
            }
            Self::Cron => return cron(app, json).await,
        }
        Ok(Outcome::Done)
    }
}

async fn retry(app: &App, id: Option<Uuid>, name: Option<String>, json: bool) -> anyhow::Result<()> {
    let by = Principal::operator();
    if let Some(id) = id {
        let job = jobs::retry(app, &by, id).await?;
        show_one(&job, json, "it is tried again")?;
    }
    if let Some(name) = name {
        let told = jobs::retry_all(app, &by, &name).await?;
        let Retried { retried, left } = told;
        show_one(
            &told,
            json,
            &format!("{retried} are tried again, {left} are left"),
        )?;
    }
    Ok(())
}

async fn cron(app: &App, json: bool) -> anyhow::Result<Outcome> {
    let schedules = schedules(app).await?;
    let mut table = Table::new(&["name", "every", "last", "next", "how it is", "error"]);
    for schedule in &schedules.items {
        table.row([
            schedule.name.clone(),
            told_every(schedule.every_seconds),
            schedule.last_tick_at.map_or("never".to_owned(), instant),
            instant(schedule.next_tick_at),
            format!("{:?}", schedule.status).to_lowercase(),
            schedule.last_error.clone().unwrap_or_default(),
        ]);
    }
    show(&schedules, &table, json, "nothing runs by the clock")?;
    let fails = |schedule: &ScheduleView| schedule.status.is_bad();
    Ok(if schedules.items.iter().any(fails) {
        Outcome::Findings
    } else {
        Outcome::Done
    })
}

fn told_every(seconds: i64) -> String {
    match seconds {
        60 => "minute".to_owned(),
        3_600 => "hour".to_owned(),
        86_400 => "day".to_owned(),
        other => format!("{other} s"),
    }
}
