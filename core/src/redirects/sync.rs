//! Makes KV equal to the database: missing blobs first, read back; then the manifest, read back.
//!
//! Two of these never work against each other: whoever writes holds the lease of the manifest's row, and asks
//! again right before the manifest goes out whether it still does and whether it is still the one to write.
//! The lease is short and kept by a heartbeat: what a killed process was at is taken up within half a minute.
//! KV itself has no compare-and-set; a write that was on its way when its lease lapsed is put right by the
//! next run, which reads what KV holds before anything else.

use std::convert::Infallible;
use std::time::Duration;

use anyhow::{Context, bail};
use marquee_shared::manifest::{self, KEY, Manifest, city_key, table_key};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::edge_kv::KvError;
use super::gates::hex;
use super::manifest::read;
use super::store::{self, Lease, Seen};
use crate::app::App;
use crate::platform::alerts::{Alert, Code};
use crate::platform::telemetry;

/// A blob that KV was seen to hold is looked at again after this.
const TRUST: time::Duration = time::Duration::hours(24);
/// Failing for longer than this is told to a person.
const PATIENCE: time::Duration = time::Duration::minutes(5);
/// How often a throttled call is made, at most.
const CALLS: u32 = 8;
/// The longest single wait, whatever KV asks for: the next run is a minute away.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How often a value just written is read, until it shows.
const READS: u32 = 4;

/// Runs until KV holds what the database says, or somebody else is at it.
///
/// # Errors
/// KV cannot be read or written, or does not give back what was put there. The row remembers why and since when.
pub(super) async fn sync(app: &App) -> anyhow::Result<()> {
    loop {
        let Some(lease) = lease(app).await? else {
            return Ok(());
        };
        let (generation, sequence) = (lease.generation, sequence(&lease.manifest));
        let outcome = keeping(app, &lease, carry_out(app, &lease)).await;
        let message = outcome.as_ref().err().map(|error| format!("{error:#}"));
        let seen = match (&outcome, &message) {
            (Ok(Outcome::Synced), _) => Seen::Synced,
            (Ok(Outcome::Behind(edge)), _) => Seen::Behind(*edge),
            (Ok(Outcome::Superseded), _) => {
                store::release(&mut *app.db.acquire().await?, generation).await?;
                continue;
            }
            (Err(_), message) => Seen::Failed(message.as_deref().unwrap_or_default()),
        };
        let finished = store::finish(
            &mut *app.db.acquire().await?,
            generation,
            sequence,
            seen,
            app.now(),
        )
        .await?;
        alert(app, finished.as_ref(), message.as_deref());
        if matches!(outcome, Ok(Outcome::Synced)) && lease.edge_sequence < Some(sequence) {
            let live = app.now().unix_timestamp() - lease.manifest.created_at;
            metrics::histogram!("marquee_publish_seconds").record(live.max(0) as f64);
        }
        outcome?;
        // Something went live while we wrote: once more. Not ours any longer: whoever has it goes on.
        if finished.is_none_or(|finished| finished.current) {
            return Ok(());
        }
    }
}

/// `None`: nothing was ever published, or somebody else is at it.
pub(super) async fn lease(app: &App) -> anyhow::Result<Option<Lease>> {
    let mut conn = app.db.acquire().await?;
    Ok(store::lease(&mut conn, app.now(), leased_until(app)).await?)
}

/// A heartbeat less than the job's own lease: whoever takes up the job of a killed worker finds this one
/// lapsed, too.
fn leased_until(app: &App) -> OffsetDateTime {
    app.now() + app.pace.lease - app.pace.heartbeat
}

/// Keeps the lease while `work` is done: a call to KV may take longer than a lease.
pub(super) async fn keeping<T>(app: &App, lease: &Lease, work: impl Future<Output = T>) -> T {
    tokio::select! {
        done = work => done,
        never = keep(app, lease) => match never {},
    }
}

/// A lease that is lost, or a database that cannot be told, stops nothing here: [`renew`] does, before the
/// next write.
async fn keep(app: &App, lease: &Lease) -> Infallible {
    loop {
        tokio::time::sleep(app.pace.heartbeat).await;
        let extended = async {
            let mut conn = app.db.acquire().await?;
            store::extend(&mut conn, lease.generation, leased_until(app)).await
        };
        if let Err(error) = extended.await {
            tracing::warn!(error = %error, "could not extend the lease, trying again");
        }
    }
}

enum Outcome {
    Synced,
    /// KV holds this sequence, which is newer: the database was restored from a backup.
    Behind(i64),
    /// The lease is lost, or there is a newer manifest to write.
    Superseded,
}

async fn carry_out(app: &App, lease: &Lease) -> anyhow::Result<Outcome> {
    let wanted = manifest::sign(&lease.manifest, app.config.signing_keys.as_slice());
    let found = read(app).await.context("reading the manifest")?;
    let edge = found
        .as_ref()
        .and_then(|found| found.manifest.as_ref())
        .map(sequence);
    if let Some(edge) = edge.filter(|edge| *edge > sequence(&lease.manifest)) {
        return Ok(Outcome::Behind(edge));
    }
    if found.is_none() && lease.edge_sequence.is_some() {
        // It was there before: the namespace was emptied, and the tables with it.
        store::doubt_blobs(&mut *app.db.acquire().await?).await?;
    }
    upload_blobs(app, lease).await?;
    app.faults.hit("redirects.sync.after_blobs");
    if found.is_some_and(|found| found.bytes == wanted) {
        return Ok(Outcome::Synced);
    }

    app.faults.hit("redirects.sync.before_manifest");
    let mut calls = 0;
    loop {
        if !renew(app, lease).await? {
            return Ok(Outcome::Superseded);
        }
        match telemetry::call(
            "kv",
            "put",
            app.edge_kv.put(KEY, wanted.clone()),
            telemetry::ended,
        )
        .await
        {
            Ok(()) => break,
            Err(error) => wait(&mut calls, error).await.context("writing the manifest")?,
        }
    }
    app.faults.hit("redirects.sync.after_manifest");
    read_back(app, KEY, |bytes| bytes == wanted)
        .await
        .context("reading the manifest back")?;
    Ok(Outcome::Synced)
}

/// Puts every blob that the manifest names where the Worker finds it, unless KV was lately seen to hold it.
async fn upload_blobs(app: &App, lease: &Lease) -> anyhow::Result<()> {
    let named = super::manifest::blobs(&lease.manifest);
    let since = app.now() - TRUST;
    let blobs = store::unverified_blobs(&mut *app.db.acquire().await?, &named, since).await?;
    for blob in blobs {
        let key = if blob.kind == "city" {
            city_key(&blob.sha256)
        } else {
            table_key(&blob.sha256)
        };
        let whole = |bytes: &[u8]| hex(&Sha256::digest(bytes)) == blob.sha256;
        if !renew(app, lease).await? {
            // Found out again, and acted upon, before the manifest goes out.
            return Ok(());
        }
        if blob.verified {
            let held = app
                .edge_kv
                .get(&key)
                .await
                .with_context(|| format!("reading {key}"))?;
            if held.is_some_and(|bytes| whole(&bytes)) {
                store::blob_verified(&mut *app.db.acquire().await?, &blob.sha256, app.now()).await?;
                continue;
            }
            tracing::warn!(key, "{key} is not in KV as it was");
        }
        let mut conn = app.db.acquire().await?;
        store::blob_sent(&mut conn, &blob.sha256, app.now()).await?;
        let bytes = store::blob(&mut conn, &blob.sha256).await?;
        drop(conn);
        app.faults.hit("redirects.sync.before_blob");
        let mut calls = 0;
        while let Err(error) = telemetry::call(
            "kv",
            "put",
            app.edge_kv.put(&key, bytes.clone()),
            telemetry::ended,
        )
        .await
        {
            wait(&mut calls, error)
                .await
                .with_context(|| format!("writing {key}"))?;
            renew(app, lease).await?;
        }
        app.faults.hit("redirects.sync.after_blob");
        read_back(app, &key, whole)
            .await
            .with_context(|| format!("reading {key} back"))?;
        store::blob_verified(&mut *app.db.acquire().await?, &blob.sha256, app.now()).await?;
    }
    Ok(())
}

pub(super) async fn renew(app: &App, lease: &Lease) -> anyhow::Result<bool> {
    let (generation, sequence) = (lease.generation, sequence(&lease.manifest));
    let mut conn = app.db.acquire().await?;
    Ok(store::renew(&mut conn, generation, sequence, leased_until(app)).await?)
}

/// Waits as long as KV asks, or gives the error back when waiting will not help.
async fn wait(calls: &mut u32, error: KvError) -> Result<(), KvError> {
    *calls += 1;
    let KvError::Throttled { retry_after } = error else {
        return Err(error);
    };
    if *calls >= CALLS {
        return Err(error);
    }
    // One write a second and key is what KV allows.
    tokio::time::sleep(retry_after.unwrap_or(Duration::from_secs(1)).min(LONGEST_WAIT)).await;
    Ok(())
}

/// Reads until what was put shows; KV may show what was there before for a while.
async fn read_back(app: &App, key: &str, is_right: impl Fn(&[u8]) -> bool) -> anyhow::Result<()> {
    for read in 1..=READS {
        match telemetry::call("kv", "get", app.edge_kv.get(key), telemetry::ended).await? {
            Some(bytes) if is_right(&bytes) => return Ok(()),
            _ if read < READS => tokio::time::sleep(Duration::from_millis(100) * 4_u32.pow(read - 1)).await,
            Some(_) => bail!("KV holds other bytes than were put there"),
            None => bail!("KV does not hold what was put there"),
        }
    }
    Ok(())
}

fn alert(app: &App, finished: Option<&store::Finished>, message: Option<&str>) {
    let Some(since) = finished.and_then(|finished| finished.failing_since) else {
        return;
    };
    let failing = app.now() - since;
    let (code, detail) = match message {
        None => {
            let detail = "the edge has a newer sequence than the database: was it restored? `marquee rules take-over` goes on";
            (Code::RedirectsBehind, detail.to_owned())
        }
        Some(message) if failing >= PATIENCE => {
            let minutes = failing.whole_minutes();
            let detail = format!("the edge has not followed for {minutes} minutes: {message}");
            (Code::RedirectsSync, detail)
        }
        Some(_) => return,
    };
    app.alert(&Alert::new(code, "manifest", detail));
}

fn sequence(manifest: &Manifest) -> i64 {
    i64::try_from(manifest.sequence).unwrap_or(i64::MAX)
}
