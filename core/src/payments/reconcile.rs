//! Whether the gateway and we say the same of the same payments, asked in both directions.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::domain::{DifferenceKind, differences};
use super::gateway::News;
use super::queries::DifferenceView;
use super::store::{self, Found, Ours};
use super::{jobs, queries};
use crate::app::App;
use crate::ids;
use crate::platform::alerts::{Alert, Severity};
use crate::platform::paging::Page;

/// What is younger may be known to one of us only.
pub const SETTLES_WITHIN: Duration = Duration::minutes(10);
/// How far back the daily look goes: what is captured and refunded changes some days later.
const DAILY: Duration = Duration::days(10);

/// What was compared, and what differs.
#[derive(Clone, Debug, Serialize)]
pub struct Reconciled {
    #[serde(with = "time::serde::rfc3339")]
    pub from: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub to: OffsetDateTime,
    /// How many payments were looked at.
    pub compared: usize,
    /// At most 100 of what differs in this time or did before and was not settled, newest first.
    pub differences: Vec<DifferenceView>,
}

/// Compares all payments that were begun in a time with what the gateway says of them, and the other way round. What
/// differs is noted until it is so no longer; a payment that differs is looked at anew, which settles what was only
/// missed. `progress` hears how many were compared.
///
/// # Errors
/// The gateway or the database does not answer.
pub async fn reconcile(
    app: &App,
    (from, to): (OffsetDateTime, OffsetDateTime),
    progress: impl Fn(usize) + Send,
) -> anyhow::Result<Reconciled> {
    let since = app.now();
    let mut compared = HashSet::new();
    let mut after = None;
    loop {
        let page = app.gateway.list(from, to, after.as_deref()).await?;
        let ids: Vec<Uuid> = page.items.iter().filter_map(|listed| listed.payment).collect();
        let ours = store::named(&mut *app.db.acquire().await?, &ids).await?;
        let ours: HashMap<Uuid, Ours> = ours.into_iter().map(|ours| (ours.id, ours)).collect();
        let (mut found, mut looked) = (vec![], vec![]);
        for listed in &page.items {
            match listed.payment.and_then(|id| ours.get(&id)) {
                Some(ours) => {
                    compared.insert(ours.id);
                    looked.push(ours.id.to_string());
                    found.extend(compare(ours, &listed.news));
                }
                None => {
                    looked.push(listed.reference.clone());
                    found.push(Found {
                        kind: DifferenceKind::UnknownToUs,
                        subject: listed.reference.clone(),
                        payment: None,
                        detail: format!("{:?} there, and none of ours", listed.news.status),
                    });
                }
            }
        }
        note(app, since, &looked, &found).await?;
        progress(compared.len());
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    other_way_round(app, (from, to), since, &mut compared, progress).await?;
    let page = Page {
        after: None,
        limit: i64::from(Page::MAX_LIMIT),
    };
    let open = queries::differences(&mut *app.db.acquire().await?, Some(false), page).await?;
    Ok(Reconciled {
        from,
        to,
        compared: compared.len(),
        differences: open.items,
    })
}

/// Ours that the gateway did not list: it may have begun them at another time, or know nothing of them.
async fn other_way_round(
    app: &App,
    window: (OffsetDateTime, OffsetDateTime),
    since: OffsetDateTime,
    compared: &mut HashSet<Uuid>,
    progress: impl Fn(usize),
) -> anyhow::Result<()> {
    let (gateway, mut last) = (app.gateway.name(), None);
    loop {
        let begun = store::begun(&mut *app.db.acquire().await?, gateway, window, last).await?;
        let Some(latest) = begun.last() else {
            return Ok(());
        };
        last = Some(latest.id);
        let (mut found, mut looked) = (vec![], vec![]);
        for ours in begun {
            if !compared.insert(ours.id) {
                continue;
            }
            looked.push(ours.id.to_string());
            match app.gateway.fetch(ours.id, ours.reference.as_deref()).await? {
                Some(seen) => found.extend(compare(&ours, &seen.news)),
                None => found.push(Found {
                    kind: DifferenceKind::UnknownToGateway,
                    subject: ours.id.to_string(),
                    payment: Some(ours.id),
                    detail: format!("{} here, and unknown there", ours.here.status.name()),
                }),
            }
            progress(compared.len());
        }
        note(app, since, &looked, &found).await?;
    }
}

fn compare(ours: &Ours, news: &News) -> Vec<Found> {
    if ours.busy {
        return vec![];
    }
    let differences = differences(&ours.here, news).into_iter();
    let found = differences.map(|(kind, detail)| Found {
        kind,
        subject: ours.id.to_string(),
        payment: Some(ours.id),
        detail,
    });
    found.collect()
}

async fn note(app: &App, since: OffsetDateTime, looked: &[String], found: &[Found]) -> anyhow::Result<()> {
    let (now, gateway) = (app.now(), app.gateway.name());
    let mut tx = app.db.begin().await?;
    for found in found {
        store::note_difference(&mut tx, ids::fresh(now), gateway, found, now).await?;
        if let Some(payment) = found.payment {
            jobs::ask_to_look(&mut tx, now, payment).await?;
        }
    }
    store::settle_differences(&mut tx, gateway, looked, since, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Every day, of the days before; somebody is told what differs.
pub(super) async fn daily(app: &App) -> anyhow::Result<()> {
    let now = app.now();
    let reconciled = reconcile(app, (now - DAILY, now - SETTLES_WITHIN), |_| {}).await?;
    if let Some(first) = reconciled.differences.first() {
        app.alert(&Alert {
            code: "payments.differences",
            severity: Severity::Serious,
            subject: app.gateway.name(),
            detail: format!(
                "the gateway and we say different things of {} payments, such as {}: {}; see `marquee reconcile`",
                reconciled.differences.len(),
                first.subject,
                first.detail
            ),
        });
    }
    Ok(())
}
