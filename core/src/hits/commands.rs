//! Storing and counting what the queue brought.

use anyhow::Context as _;
use time::OffsetDateTime;

use super::domain::{self, Grain, Record, Refused};
use super::store;
use crate::app::App;
use crate::platform::alerts::{Alert, Code};

/// What became of the hits in some messages. A message that cannot be taken apart counts as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    pub received: u64,
    /// Stored and counted now.
    pub accepted: u64,
    /// Stored, or in quarantine, already.
    pub duplicates: u64,
    /// Put into quarantine now.
    pub quarantined: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Postgres answers, but has no place for something in these messages. Trying again cannot help.
    #[error("the hits cannot be stored")]
    Refused(#[source] anyhow::Error),
    /// Nothing was stored, or we do not know. Trying again is safe and the right thing to do.
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

/// Stores and counts every hit of the messages that is not stored yet, and puts into quarantine what is none: in one
/// transaction, so that the messages may be deleted once this returns. Safe to repeat, in any order, in any
/// grouping, by several processes at once.
pub async fn accept(app: &App, bodies: impl IntoIterator<Item = &[u8]>) -> Result<Receipt, Error> {
    let batch = Batch::read(bodies, app.now());
    let receipt = match store(app, &batch).await {
        // A day, or its minutes, that has no partition yet: the schedule has not come round, or a hit is very late.
        Err(Error::Refused(error)) if is_check_violation(&error) && !batch.records.is_empty() => {
            open_partitions(app, &batch).await?;
            store(app, &batch).await
        }
        stored => stored,
    }?;
    report(app, &batch, &receipt);
    Ok(receipt)
}

/// Some messages, taken apart.
struct Batch {
    records: Vec<Record>,
    refused: Vec<Refused>,
    read_at: OffsetDateTime,
}

impl Batch {
    fn read<'a>(bodies: impl IntoIterator<Item = &'a [u8]>, now: OffsetDateTime) -> Self {
        let mut batch = Self {
            records: vec![],
            refused: vec![],
            read_at: now,
        };
        for hit in bodies.into_iter().flat_map(|body| domain::read(body, now)) {
            match hit {
                Ok(record) => batch.records.push(record),
                Err(refused) => batch.refused.push(refused),
            }
        }
        // The time comes first in a UUIDv7, so this is the order of (day, id) too: see `store::insert`.
        batch.records.sort_unstable_by_key(|record| record.id);
        batch
    }
}

async fn store(app: &App, batch: &Batch) -> Result<Receipt, Error> {
    let mut tx = app.db.begin().await.map_err(classify)?;
    // A minute's partition is dropped once all of it is older than this.
    let minutes_from = batch.read_at - Grain::Minute.kept();
    let accepted = match batch.records.as_slice() {
        [] => 0,
        records => store::insert(&mut tx, records, minutes_from)
            .await
            .map_err(classify)?,
    };
    let quarantined = match batch.refused.as_slice() {
        [] => 0,
        refused => store::quarantine(&mut tx, refused, batch.read_at)
            .await
            .map_err(classify)?,
    };
    let receipt = Receipt::balance(batch, accepted, quarantined)?;
    app.faults.hit("hits.before_commit");
    tx.commit().await.map_err(classify)?;
    app.faults.hit("hits.after_commit");
    Ok(receipt)
}

impl Receipt {
    /// Every hit received is accepted, a duplicate or in quarantine: anything else must not be committed.
    fn balance(batch: &Batch, accepted: i64, quarantined: i64) -> anyhow::Result<Self> {
        let known = |whole: usize, fresh: i64| {
            usize::try_from(fresh)
                .ok()
                .and_then(|fresh| whole.checked_sub(fresh))
        };
        let known_hits = known(batch.records.len(), accepted).context("more hits accepted than received")?;
        let known_rest =
            known(batch.refused.len(), quarantined).context("more in quarantine than was refused")?;
        let receipt = Self {
            received: (batch.records.len() + batch.refused.len()) as u64,
            accepted: accepted.unsigned_abs(),
            duplicates: (known_hits + known_rest) as u64,
            quarantined: quarantined.unsigned_abs(),
        };
        Ok(receipt)
    }
}

async fn open_partitions(app: &App, batch: &Batch) -> Result<(), Error> {
    let (Some(first), Some(last)) = (batch.records.first(), batch.records.last()) else {
        return Ok(());
    };
    let mut conn = app.db.acquire().await.map_err(classify)?;
    store::open_partitions(&mut conn, first.day(), last.day())
        .await
        .map_err(classify)
}

fn report(app: &App, batch: &Batch, receipt: &Receipt) {
    metrics::counter!("marquee_hits_received_total").increment(receipt.received);
    metrics::counter!("marquee_hits_accepted_total").increment(receipt.accepted);
    metrics::counter!("marquee_hits_duplicates_total").increment(receipt.duplicates);
    metrics::counter!("marquee_hits_quarantined_total").increment(receipt.quarantined);
    if let Some(newest) = batch.records.last() {
        let lag = app.now() - newest.at;
        metrics::gauge!("marquee_hits_lag_seconds").set(lag.as_seconds_f64());
    }
    if let Some(oldest) = batch.records.first() {
        let delay = app.now() - oldest.at;
        metrics::histogram!("marquee_hits_delay_seconds").record(delay.as_seconds_f64().max(0.0));
    }
    for refused in &batch.refused {
        metrics::counter!("marquee_hits_refused_total", "reason" => refused.reason.name()).increment(1);
    }
    if receipt.quarantined > 0
        && let Some(Refused { reason, detail, .. }) = batch.refused.first()
    {
        let detail = format!(
            "{} of {} hits went to quarantine; the first: {detail}",
            receipt.quarantined, receipt.received
        );
        app.alert(&Alert::new(Code::HitsQuarantined, reason.name(), detail));
    }
}

/// What Postgres calls a row without a partition, too.
fn is_check_violation(error: &anyhow::Error) -> bool {
    let error = error
        .downcast_ref::<sqlx::Error>()
        .and_then(sqlx::Error::as_database_error);
    error.is_some_and(|error| error.is_check_violation())
}

/// Data exceptions (class 22) and integrity violations (23) are about the rows; all else is about Postgres, the way
/// to it or our schema, which a later attempt may find mended.
fn classify(error: sqlx::Error) -> Error {
    let code = error.as_database_error().and_then(|error| error.code());
    if code.is_some_and(|code| code.starts_with("22") || code.starts_with("23")) {
        Error::Refused(error.into())
    } else {
        Error::Unexpected(anyhow::Error::new(error).context("storing hits"))
    }
}
