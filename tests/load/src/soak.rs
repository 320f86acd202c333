//! The same modest load for a long time, on everything at once: does anything grow, is anything lost?

mod figures;
mod growth;
mod kept;
mod platform;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use sqlx::PgPool;
use tokio::runtime::Runtime;

use self::figures::Figures;
use self::growth::Kind;
use self::platform::{Platform, Round};
use crate::Arguments;
use crate::service::due_jobs;

/// Between two looks at everything.
const ROUND: Duration = Duration::from_secs(15);
/// Rounds from one publish to the next.
const PUBLISHED_EVERY: usize = 8;
/// Less says nothing of growth: programs take what they need for good in their first minutes.
const JUDGED_FROM: Duration = Duration::from_secs(15 * 60);
/// For what is still under way when the last has come.
const SETTLED_WITHIN: Duration = Duration::from_secs(300);
const POLL: Duration = Duration::from_millis(200);

/// What came of it.
pub(crate) struct Soak {
    /// In Markdown, what the machine is excepted.
    pub(crate) text: String,
    /// What grew, was lost or was answered wrongly, a sentence each.
    pub(crate) faults: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments, minutes: u32, runtime: &Runtime) -> Result<Soak> {
    let duration = Duration::from_secs(u64::from(minutes) * 60);
    runtime.block_on(soak(arguments, duration))
}

async fn soak(arguments: &Arguments, duration: Duration) -> Result<Soak> {
    let db = PgPool::connect(&arguments.database_url)
        .await
        .context("connecting to Postgres")?;
    let mut platform = Platform::start(arguments, &db).await?;
    let (mut figures, mut faults) = (Figures::default(), Vec::new());
    let began = Instant::now();
    let rounds = duration.div_duration_f64(ROUND).ceil() as usize;
    for n in 0..rounds {
        if n.is_multiple_of(PUBLISHED_EVERY) {
            platform.publish()?;
        }
        let round = platform.round(n, ROUND).await?;
        faults.extend(round.faults());
        look(&platform, &db, &round, began.elapsed(), &mut figures).await?;
        eprintln!(
            "  … round {} of {rounds}: {}",
            n + 1,
            figures.latest(Kind::Memory)
        );
    }
    settle(&platform, &db).await?;
    let kept = kept::check(&platform, &db).await?;
    faults.extend(kept.iter().filter_map(kept::Kept::fault));
    faults.extend(platform.check_books().err().map(|error| format!("{error:#}")));
    let judged = duration >= JUDGED_FROM;
    if judged {
        faults.extend(figures.grown());
    }
    let text = format!(
        "{}\n{}\n\n{}",
        platform::method(duration, ROUND),
        figures.text(judged),
        kept::text(&kept)
    );
    Ok(Soak { text, faults })
}

/// Notes how much everything has of everything.
async fn look(
    platform: &Platform,
    db: &PgPool,
    round: &Round,
    at: Duration,
    figures: &mut Figures,
) -> Result<()> {
    for (program, who) in platform.programs()? {
        let used = who.used()?;
        figures.add(program, Kind::Memory, at, used.own_bytes);
        figures.add(program, Kind::OpenFiles, at, used.open_files);
        figures.add(program, Kind::Threads, at, used.threads);
    }
    for (what, offered) in &round.offered {
        figures.add(what, Kind::Latency, at, offered.latency_ms.p50());
    }
    figures.add("jobs", Kind::Waiting, at, due_jobs(db).await? as f64);
    Ok(())
}

/// Waits until nothing is under way, for a while.
async fn settle(platform: &Platform, db: &PgPool) -> Result<()> {
    let began = Instant::now();
    while due_jobs(db).await? > 0 || kept::hits(db).await? < platform.sent().hits {
        if began.elapsed() > SETTLED_WITHIN {
            break;
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}
