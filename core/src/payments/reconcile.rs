//! Whether the gateway and we say the same of the same payments, asked in both directions.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::domain::{DifferenceKind, differences};
use super::gateway::News;
use super::queries::DifferenceView;
use super::store::{self, Found, Ours};
use super::{jobs, operate, queries};
use crate::app::App;
use crate::ids;
use crate::platform::alerts::{Alert, Code};
use crate::platform::paging::Page;
use crate::platform::telemetry;

/// What is younger may be known to one of us only.
pub const SETTLES_WITHIN: Duration = Duration::minutes(10);
/// Payments whose rows are read at once.
const TOGETHER: usize = 500;
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
    let compared = reconcile_all(app, (from, to), &[], progress).await?;
    let page = Page {
        after: None,
        limit: i64::from(Page::MAX_LIMIT),
    };
    let open = queries::differences(&mut *app.db.acquire().await?, Some(false), page).await?;
    Ok(Reconciled {
        from,
        to,
        compared,
        differences: open.items,
    })
}

/// The same, and of these payments besides, whenever they were begun. How many were compared.
///
/// # Errors
/// The gateway or the database does not answer.
pub async fn reconcile_all(
    app: &App,
    (from, to): (OffsetDateTime, OffsetDateTime),
    besides: &[Uuid],
    progress: impl Fn(usize) + Send,
) -> anyhow::Result<usize> {
    let since = app.now();
    let mut compared = HashSet::new();
    let mut after = None;
    loop {
        let asking = app.gateway.list(from, to, after.as_deref());
        let page = telemetry::call("gateway", "list", asking, telemetry::ended).await?;
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
    let (gateway, mut last) = (app.gateway.name(), None);
    loop {
        let begun = store::begun(&mut *app.db.acquire().await?, gateway, (from, to), last).await?;
        let Some(latest) = begun.last() else {
            break;
        };
        last = Some(latest.id);
        ask_for(app, since, begun, &mut compared).await?;
        progress(compared.len());
    }
    for some in besides.chunks(TOGETHER) {
        let ours = store::named(&mut *app.db.acquire().await?, some).await?;
        ask_for(app, since, ours, &mut compared).await?;
        progress(compared.len());
    }
    Ok(compared.len())
}

/// Ours that the gateway did not list: it may have begun them at another time, or know nothing of them.
async fn ask_for(
    app: &App,
    since: OffsetDateTime,
    some: Vec<Ours>,
    compared: &mut HashSet<Uuid>,
) -> anyhow::Result<()> {
    let (mut found, mut looked) = (vec![], vec![]);
    for ours in some {
        if !compared.insert(ours.id) {
            continue;
        }
        looked.push(ours.id.to_string());
        match operate::fetch(app, ours.id, ours.reference.as_deref()).await? {
            Some(seen) => found.extend(compare(&ours, &seen.news)),
            None => found.push(Found {
                kind: DifferenceKind::UnknownToGateway,
                subject: ours.id.to_string(),
                payment: Some(ours.id),
                detail: format!("{} here, and unknown there", ours.here.status.name()),
            }),
        }
    }
    note(app, since, &looked, &found).await
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
        let detail = format!(
            "the gateway and we say different things of {} payments, such as {}: {}; see `marquee reconcile`",
            reconciled.differences.len(),
            first.subject,
            first.detail
        );
        app.alert(&Alert::new(Code::PaymentsDifferences, app.gateway.name(), detail));
    }
    Ok(())
}
