//! One attempt of one delivery.

use time::{Duration, OffsetDateTime};
use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

use super::domain::{FAILING_LIMIT, parse_url, pause, secret_place, sign};
use super::jobs::ask;
use super::sender::{Reply, SendError};
use super::store::{self, Attempt, Leased};
use crate::app::App;
use crate::platform::alerts::{Alert, Code};
use crate::platform::{sealed, telemetry};

/// Longer than a sender takes to give up.
const LEASE: Duration = Duration::minutes(2);
/// Characters of an answer that are kept.
const KEPT_CHARS: usize = 1_000;

/// Tries a delivery that is due, and notes how it went. Does nothing where another worker tries it or nothing is due.
pub(super) async fn deliver(app: &App, id: Uuid) -> anyhow::Result<()> {
    let now = app.now();
    let leased = store::lease(&mut *app.db.acquire().await?, id, now, now + LEASE).await?;
    let Some(leased) = leased else {
        return Ok(());
    };
    if leased.disabled_at.is_some() {
        store::settle(
            &mut *app.db.acquire().await?,
            id,
            leased.generation,
            "failed",
            None,
        )
        .await?;
        return Ok(());
    }
    let begun = Instant::now();
    let result = send(app, &leased, now).await?;
    let latency_ms = i32::try_from(begun.elapsed().as_millis()).unwrap_or(i32::MAX);
    app.faults.hit("webhooks.deliver.after_send");
    note(app, id, &leased, result, latency_ms).await
}

/// A URL, or what a host resolves to, may be refused as well as fail: both are the receiver's doing.
async fn send(app: &App, leased: &Leased, now: OffsetDateTime) -> anyhow::Result<Result<Reply, SendError>> {
    let place = secret_place(leased.endpoint);
    let mut secrets = vec![sealed::open(&app.config.data_keys, &place, &leased.secret)?];
    if let (Some(old), Some(until)) = (&leased.old_secret, leased.old_secret_until)
        && now < until
    {
        secrets.push(sealed::open(&app.config.data_keys, &place, old)?);
    }
    let message = format!("msg_{}", leased.message.simple());
    let seconds = now.unix_timestamp();
    let signatures: Vec<String> = secrets
        .iter()
        .map(|secret| sign(secret, &message, seconds, &leased.body))
        .collect();
    let headers = [
        ("webhook-id", message),
        ("webhook-timestamp", seconds.to_string()),
        ("webhook-signature", signatures.join(" ")),
    ];
    let url: Url = match parse_url(&leased.url, app.config.webhooks_to_private) {
        Ok(url) => url,
        Err(error) => return Ok(Err(SendError::Failed(error.to_string()))),
    };
    let posting = app.webhook_sender.post(&url, &headers, &leased.body);
    Ok(telemetry::call("webhooks", "post", posting, |sent| match sent {
        Ok(reply) if (200..300).contains(&reply.status) => "ok",
        Ok(_) => "refused",
        Err(_) => "failed",
    })
    .await)
}

async fn note(
    app: &App,
    id: Uuid,
    leased: &Leased,
    result: Result<Reply, SendError>,
    latency_ms: i32,
) -> anyhow::Result<()> {
    let now = app.now();
    let (status_code, error, answer) = match &result {
        Ok(reply) => (i16::try_from(reply.status).ok(), None, reply.body.as_str()),
        Err(error) => (None, Some(error.to_string()), ""),
    };
    let delivered = status_code.is_some_and(|status| (200..300).contains(&status));
    let gone = status_code == Some(410);
    let attempts = leased.attempts + 1;
    let due_at = if delivered || gone {
        None
    } else {
        pause(u32::try_from(attempts).unwrap_or(u32::MAX), jitter()?).map(|pause| now + pause)
    };
    let status = match (delivered, due_at) {
        (true, _) => "delivered",
        (false, Some(_)) => "pending",
        (false, None) => "failed",
    };

    let mut tx = app.db.begin().await?;
    if !store::settle(&mut tx, id, leased.generation, status, due_at).await? {
        // Whoever has the lease now notes its own attempt.
        return Ok(());
    }
    // Postgres has no text with a null byte.
    let answer: String = answer
        .chars()
        .filter(|char| *char != '\0')
        .take(KEPT_CHARS)
        .collect();
    let attempt = Attempt {
        number: attempts,
        at: now,
        status_code,
        error: error.as_deref(),
        answer: &answer,
        latency_ms,
    };
    store::insert_attempt(&mut tx, id, &attempt).await?;
    let failing = store::note_failing(&mut tx, leased.endpoint, (!delivered).then_some(now)).await?;
    let given_up = failing.is_some_and(|since| now - since >= FAILING_LIMIT);
    if gone || given_up {
        let by = if gone { "gone" } else { "failing" };
        store::disable_endpoint(&mut tx, leased.endpoint, Some((now, by))).await?;
    }
    if let Some(due_at) = due_at {
        ask(&mut tx, now, id, Some(due_at)).await?;
    }
    tx.commit().await?;
    if gone || given_up {
        let why = if gone {
            "it answered 410"
        } else {
            "nothing got through for days"
        };
        let detail = format!(
            "an endpoint of `{}` is no longer told anything: {why}",
            leased.brand
        );
        let alert = Alert::new(Code::WebhooksDisabled, &leased.brand, detail);
        app.alert(&alert.about("endpoint", leased.endpoint));
    }
    metrics::counter!("marquee_webhook_deliveries_total", "status" => status).increment(1);
    tracing::info!(delivery = %id, event = leased.event, status, attempts, "webhook delivery {id}: {status}");
    Ok(())
}

fn jitter() -> anyhow::Result<f64> {
    let mut byte = [0];
    getrandom::fill(&mut byte).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(f64::from(byte[0]) / 255.0)
}
