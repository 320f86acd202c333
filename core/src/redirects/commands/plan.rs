//! What is to go live, prepared outside any transaction: compiled, compared with what is live, and judged by the
//! brand's policy. Publishing at once, on request and at a set time differ only in who may carry it out.

use std::sync::Arc;

use anyhow::Context as _;
use serde_json::json;
use sqlx::PgConnection;

use super::freeze::{Draft, Fresh, look};
use super::live::{Change, Published, go_live};
use super::publish::{Move, move_live};
use super::store;
use crate::access::Principal;
use crate::app::App;
use crate::redirects::compare;
use crate::redirects::domain::same_at_the_edge;
use crate::redirects::gates::{Refusal, hex};
use crate::redirects::policy::FOUR_EYES;
use crate::redirects::queries::{self, Which};
use crate::redirects::simulation::{self, Stage};
use crate::redirects::{Error, Policy};

pub enum What {
    /// The draft, frozen when it goes live or is asked for; `seen` is the version the caller has in mind.
    Draft {
        seen: Option<i64>,
    },
    Revision(i32),
}

/// Who is to see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    Everybody,
    /// So many percent of the visitors, by hash: 1 to 99.
    Some(i16),
}

impl Audience {
    pub(super) fn percent(self) -> Option<i16> {
        match self {
            Self::Everybody => None,
            Self::Some(percent) => Some(percent),
        }
    }
}

pub(super) struct Plan {
    pub(super) draft: Draft,
    pub(super) audience: Audience,
    /// What it was compared with.
    pub(super) from: Option<i32>,
    /// Why one person's word is not enough; nothing if it is.
    pub(super) reasons: Vec<Refusal>,
    /// What it was judged by.
    policy: Policy,
}

/// # Errors
/// What makes it impossible, whoever wants it. That another person must approve is no error here.
pub(super) async fn plan(app: &App, brand: &str, what: What, audience: Audience) -> Result<Plan, Error> {
    if let Audience::Some(percent) = audience
        && !(1..=99).contains(&percent)
    {
        return Err(Error::BadPercent);
    }
    let draft = match what {
        What::Draft { seen } => look(app, brand, seen).await?,
        What::Revision(number) => Draft::Frozen(number),
    };
    let candidate = candidate(app, brand, &draft).await?;
    let mut conn = app.db.acquire().await?;
    let live = store::live(&mut conn, brand).await?;
    let policy = store::policy(&mut conn, brand).await?;
    drop(conn);
    let mut reasons = four_eyes(&policy);
    match (&live, audience) {
        (None, Audience::Everybody) => {}
        (None, Audience::Some(_)) => return Err(Error::NotLive(brand.to_owned())),
        (Some(live), _) => {
            if possible(live, &draft, &candidate, audience)? {
                let (_, live) = queries::stage(app, brand, Which::Revision(live.revision)).await?;
                let percent = policy.max_changed_percent;
                reasons.extend(compare::distance(app, live, &candidate, percent).await?);
            } else {
                // Showing less of what is shown already is what one does when it looks bad.
                reasons.clear();
            }
        }
    }
    Ok(Plan {
        draft,
        audience,
        from: live.map(|live| live.revision),
        reasons,
        policy,
    })
}

/// What is to go live, ready to answer.
async fn candidate(app: &App, brand: &str, draft: &Draft) -> Result<Arc<Stage>, Error> {
    match draft {
        Draft::Frozen(number) => {
            let (_, stage) = queries::stage(app, brand, Which::Revision(*number)).await?;
            let stage = Arc::new(stage);
            still_passes(app, &stage).await?;
            Ok(stage)
        }
        Draft::Fresh(fresh) => {
            let Fresh { built, .. } = &**fresh;
            let built = Arc::clone(built);
            let stage = tokio::task::spawn_blocking(move || built.stage());
            Ok(Arc::new(stage.await.context("reading the table back")??))
        }
    }
}

/// The test cases of a revision passed when it was frozen; by now a window may have begun or ended.
async fn still_passes(app: &App, stage: &Arc<Stage>) -> Result<(), Error> {
    let (stage, now) = (Arc::clone(stage), app.now());
    let failing = tokio::task::spawn_blocking(move || simulation::failing(&stage, now));
    let failing = failing.await.context("running the test cases")?;
    if failing.is_empty() {
        Ok(())
    } else {
        Err(Error::Refused(failing))
    }
}

fn four_eyes(policy: &Policy) -> Vec<Refusal> {
    let detail = "this brand wants a second person to approve whatever goes live";
    let refusal = policy.four_eyes.then(|| Refusal::new(FOUR_EYES, detail));
    refusal.into_iter().collect()
}

/// Whether more visitors than now are to see it; an error if it cannot be beside what is live.
fn possible(
    live: &store::LiveRow,
    draft: &Draft,
    candidate: &Stage,
    audience: Audience,
) -> Result<bool, Error> {
    let number = match draft {
        Draft::Frozen(number) => Some(*number),
        Draft::Fresh(_) => None,
    };
    let Audience::Some(percent) = audience else {
        return match live.canary_revision {
            Some(_) => Err(Error::CanaryRunning),
            None => Ok(true),
        };
    };
    if let Some(number) = number.filter(|number| *number == live.revision) {
        return Err(Error::AlreadyLive(number));
    }
    if live.canary_revision.is_some() && live.canary_revision != number {
        return Err(Error::CanaryRunning);
    }
    if !same_at_the_edge(&candidate.set.settings, &live.settings.0) {
        return Err(Error::CanaryChangesSettings);
    }
    // The manifest has one city table a brand, and a canary may not bring another.
    if candidate.uses_city() && !live.uses_city {
        return Err(Error::CanaryNeedsCities);
    }
    Ok(live.canary_percent.is_none_or(|shown| percent > shown))
}

/// On whose word something goes live.
#[derive(Clone, Copy)]
pub(super) struct Word<'a> {
    /// Who acts now.
    pub(super) principal: &'a Principal,
    /// What is carried out, if it was asked for before.
    pub(super) request: Option<&'a store::RequestRow>,
    /// Why, for people to read.
    pub(super) note: &'a str,
}

impl<'a> Word<'a> {
    /// Of one person, who asks nobody.
    pub(super) fn of(principal: &'a Principal, note: &'a str) -> Self {
        Self {
            principal,
            request: None,
            note,
        }
    }
}

/// Carries the plan out with its draft as `revision`, in the caller's transaction, which holds the manifest's lock.
pub(super) async fn carry_out(
    conn: &mut PgConnection,
    app: &App,
    edge_sequence: Option<i64>,
    brand: &str,
    plan: &Plan,
    revision: i32,
    word: Word<'_>,
) -> Result<Published, Error> {
    // It may have been tightened while this was compared; nobody can do so now, under the lock.
    if store::policy(conn, brand).await? != plan.policy {
        return Err(Error::LiveChanged);
    }
    match plan.audience {
        Audience::Everybody => {
            let change = Move {
                brand,
                from: plan.from,
                to: revision,
                action: "publish",
                word,
            };
            move_live(conn, app, edge_sequence, change).await
        }
        Audience::Some(percent) => {
            let canary = (revision, percent);
            show(conn, app, edge_sequence, brand, plan.from, canary, word).await
        }
    }
}

async fn show(
    conn: &mut PgConnection,
    app: &App,
    edge_sequence: Option<i64>,
    brand: &str,
    from: Option<i32>,
    (revision, percent): (i32, i16),
    word: Word<'_>,
) -> Result<Published, Error> {
    let live = store::live(conn, brand).await?;
    let live = live
        .filter(|live| Some(live.revision) == from)
        .ok_or(Error::LiveChanged)?;
    let salt = match (live.canary_revision, live.canary_salt) {
        (Some(running), _) if running != revision => return Err(Error::CanaryRunning),
        (Some(_), Some(salt)) => salt,
        _ => fresh_salt()?,
    };
    store::set_canary(conn, brand, Some((revision, percent, &salt))).await?;
    let change = Change {
        brand,
        revision,
        action: "canary",
        word,
        before: json!({ "canary": live.canary_revision, "percent": live.canary_percent }),
        after: json!({ "canary": revision, "percent": percent }),
    };
    go_live(conn, app, edge_sequence, change).await
}

/// Another canary draws other visitors.
fn fresh_salt() -> Result<String, Error> {
    let mut salt = [0; 8];
    getrandom::fill(&mut salt).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(hex(&salt))
}
