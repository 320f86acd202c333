//! What processes of this machine use of it, as Linux counts.

use std::fs;
use std::ops::Add;
use std::time::Instant;

use anyhow::{Context, Result};
use sqlx::PgPool;

/// In a second: what Linux counts the time of a processor in, on every machine.
const TICKS: f64 = 100.0;

/// A process, or one with all that it started.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Who {
    One(u32),
    WithChildren(u32),
}

/// Processor time from now on.
#[derive(Debug)]
pub(crate) struct Meter {
    who: Who,
    began: Instant,
    before: f64,
}

impl Meter {
    pub(crate) fn start(who: Who) -> Result<Self> {
        Ok(Self {
            who,
            began: Instant::now(),
            before: who.seconds()?,
        })
    }

    /// Seconds of a processor, since the start.
    pub(crate) fn seconds(&self) -> Result<f64> {
        Ok(self.who.seconds()? - self.before)
    }

    /// Processors in use on average, since the start.
    pub(crate) fn cores(&self) -> Result<f64> {
        Ok(self.seconds()? / self.began.elapsed().as_secs_f64())
    }
}

impl Who {
    /// Of all their life.
    pub(crate) fn seconds(self) -> Result<f64> {
        match self {
            Self::One(id) => Ok(fields(id)?.own),
            Self::WithChildren(id) => {
                let parent = fields(id)?;
                let alive: f64 = children(id)?.into_iter().map(|(_, child)| child.own).sum();
                Ok(parent.own + parent.reaped + alive)
            }
        }
    }

    /// What there is of it now.
    pub(crate) fn used(self) -> Result<Used> {
        match self {
            Self::One(id) => Used::of(id),
            Self::WithChildren(id) => {
                // Some end while we look.
                let children = children(id)?.into_iter();
                let alive = children.filter_map(|(child, _)| Used::of(child).ok());
                Ok(alive.fold(Used::of(id)?, Used::add))
            }
        }
    }
}

/// What nobody uses of the machine from now on.
#[derive(Debug)]
pub(crate) struct Idle {
    began: Instant,
    before: f64,
}

impl Idle {
    pub(crate) fn start() -> Result<Self> {
        Ok(Self {
            began: Instant::now(),
            before: idle_seconds()?,
        })
    }

    /// Processors without work on average, since the start.
    pub(crate) fn processors(&self) -> Result<f64> {
        Ok((idle_seconds()? - self.before) / self.began.elapsed().as_secs_f64())
    }
}

/// Of all processors together, waiting for a disk included.
fn idle_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/stat").context("reading /proc/stat")?;
    let all = stat.lines().find_map(|line| line.strip_prefix("cpu "));
    let fields: Vec<f64> = all
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|field| field.parse().ok())
        .collect();
    let [_user, _nice, _system, idle, waiting, ..] = fields.as_slice() else {
        anyhow::bail!("/proc/stat says nothing of processors");
    };
    Ok((idle + waiting) / TICKS)
}

/// The server whose child answers `db`.
///
/// # Errors
/// When it is not on this machine.
pub(crate) async fn postmaster(db: &PgPool) -> Result<Who> {
    let child: i32 = sqlx::query_scalar("select pg_backend_pid()")
        .fetch_one(db)
        .await
        .context("asking Postgres")?;
    let child = fields(child.unsigned_abs()).context("Postgres is not on this machine")?;
    Ok(Who::WithChildren(child.parent))
}

/// What there is of a process, or of one and all that it started.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Used {
    /// In memory, and no other process'.
    pub(crate) own_bytes: f64,
    pub(crate) open_files: f64,
    pub(crate) threads: f64,
}

impl Used {
    fn of(id: u32) -> Result<Self> {
        let files = fs::read_dir(format!("/proc/{id}/fd")).context("reading a process' open files")?;
        let threads = status(id, "Threads:")?;
        Ok(Self {
            own_bytes: status(id, "RssAnon:")? * 1024.0,
            open_files: files.count() as f64,
            threads,
        })
    }
}

impl Add for Used {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            own_bytes: self.own_bytes + other.own_bytes,
            open_files: self.open_files + other.open_files,
            threads: self.threads + other.threads,
        }
    }
}

/// Bytes of a process in memory now.
pub(crate) fn resident_bytes(id: u32) -> Result<f64> {
    Ok(status(id, "VmRSS:")? * 1024.0)
}

/// A number that Linux tells of a process; of memory, in kilobytes.
fn status(id: u32, name: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).context("reading a process' status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let value = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    value.with_context(|| format!("process {id} has no {name}"))
}

struct Fields {
    parent: u32,
    /// Its own time, in seconds.
    own: f64,
    /// That of children that have ended.
    reaped: f64,
}

fn fields(id: u32) -> Result<Fields> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).with_context(|| format!("process {id}"))?;
    parse(&stat).with_context(|| format!("process {id}"))
}

fn parse(stat: &str) -> Option<Fields> {
    // Behind the name, which may have spaces in it, the state is the third field of all.
    let rest: Vec<&str> = stat.rsplit_once(") ")?.1.split_whitespace().collect();
    let ticks = |field: usize| rest.get(field - 3)?.parse::<u64>().ok();
    let seconds = |user: usize, system: usize| Some((ticks(user)? + ticks(system)?) as f64 / TICKS);
    Some(Fields {
        parent: rest.get(1)?.parse().ok()?,
        own: seconds(14, 15)?,
        reaped: seconds(16, 17)?,
    })
}

/// By their ids.
fn children(of: u32) -> Result<Vec<(u32, Fields)>> {
    let ids = fs::read_dir("/proc").context("reading /proc")?;
    let ids = ids.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    // Some end while we look.
    Ok(ids
        .filter_map(|id| Some((id, fields(id).ok()?)))
        .filter(|(_, fields)| fields.parent == of)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_read_behind_a_name_of_any_kind() {
        let stat = "7 (a ) b) S 3 7 7 0 -1 4194560 900 800 0 0 150 50 20 10 20 0 1 0 100 1 1";
        let fields = parse(stat).unwrap();
        assert_eq!((fields.parent, fields.own, fields.reaped), (3, 2.0, 0.3));
        assert!(parse("7 (short) S 3").is_none());
    }

    #[test]
    fn what_we_use_ourselves_is_seen() {
        let meter = Meter::start(Who::One(std::process::id())).unwrap();
        let began = Instant::now();
        let mut turns = 0_u64;
        while meter.seconds().unwrap() < 0.05 {
            turns += 1;
            assert!(began.elapsed().as_secs() < 60, "{turns}");
        }
        assert!(resident_bytes(std::process::id()).unwrap() > 1e5);

        let files: Vec<_> = (0..50)
            .map(|_| fs::File::open("/proc/self/stat").unwrap())
            .collect();
        let used = Who::One(std::process::id()).used().unwrap();
        assert!(used.own_bytes > 1e5 && used.threads >= 1.0, "{used:?}");
        assert!(used.open_files > files.len() as f64, "{used:?}");
    }
}
