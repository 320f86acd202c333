//! What the worker does for payments, in a role of its own.

use anyhow::Context as _;
use serde_json::json;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{hear, operate, store};
use crate::app::App;
use crate::platform::bus;
use crate::platform::jobs::{Attempts, Job, Kind, Role};

/// Sends one operation, or asks after it. What the gateway does is no failure of the job's.
pub const OPERATE: Kind = Kind {
    name: "payments.operate",
    role: Role::Payments,
    attempts: Attempts::Limited(12),
};
/// Acts on something that a gateway told us.
pub const HEAR: Kind = Kind {
    name: "payments.hear",
    role: Role::Payments,
    attempts: Attempts::Limited(12),
};
/// Asks the gateway how a payment is.
pub const LOOK: Kind = Kind {
    name: "payments.look",
    role: Role::Payments,
    attempts: Attempts::Limited(12),
};
/// Minutely: whatever is due and whose job was lost, calls that are not over in time, holds that may have lapsed.
pub const SWEEP: Kind = Kind {
    name: "payments.sweep",
    role: Role::Payments,
    attempts: Attempts::Endless,
};
/// Minutely, and after each operation: what a gateway in our own process does by itself.
pub const TEND: Kind = Kind {
    name: "payments.tend",
    role: Role::Payments,
    attempts: Attempts::Endless,
};
/// Daily: whether the gateway and we say the same.
pub const RECONCILE: Kind = Kind {
    name: "payments.reconcile",
    role: Role::Payments,
    attempts: Attempts::Limited(12),
};
/// Daily: what gateways told us long ago.
pub const FORGET: Kind = Kind {
    name: "payments.forget",
    role: Role::Cron,
    attempts: Attempts::Endless,
};

const NOTICES_KEPT: Duration = Duration::days(90);
/// When a look whose job is lost is asked for again.
const LOOK_AGAIN: Duration = Duration::minutes(10);

/// Asks for an operation to be sent or asked after, now or at a time.
pub(super) async fn ask(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    operation: Uuid,
    at: Option<OffsetDateTime>,
) -> anyhow::Result<()> {
    let key = operation.to_string();
    bus::enqueue(
        conn,
        now,
        &OPERATE,
        json!({ "operation": operation }),
        Some(&key),
        at,
    )
    .await
}

/// Asks for a notice to be acted upon, now or at a time.
pub(super) async fn ask_to_hear(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    notice: Uuid,
    at: Option<OffsetDateTime>,
) -> anyhow::Result<()> {
    let key = notice.to_string();
    bus::enqueue(conn, now, &HEAR, json!({ "notice": notice }), Some(&key), at).await
}

/// Asks for a payment to be looked at.
pub(super) async fn ask_to_look(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    payment: Uuid,
) -> anyhow::Result<()> {
    let key = payment.to_string();
    bus::enqueue(conn, now, &LOOK, json!({ "payment": payment }), Some(&key), None).await
}

pub async fn operate(app: &App, job: &Job) -> anyhow::Result<()> {
    operate::operate(app, id(job, "operation")?).await?;
    let mut conn = app.db.acquire().await?;
    bus::enqueue(&mut conn, app.now(), &TEND, json!({}), Some(TEND.name), None).await
}

pub async fn hear(app: &App, job: &Job) -> anyhow::Result<()> {
    hear::hear(app, id(job, "notice")?).await
}

pub async fn look(app: &App, job: &Job) -> anyhow::Result<()> {
    hear::look(app, id(job, "payment")?).await
}

fn id(job: &Job, name: &str) -> anyhow::Result<Uuid> {
    let id = job.payload.get(name).and_then(|id| id.as_str());
    Ok(id.with_context(|| format!("which {name}?"))?.parse()?)
}

pub async fn sweep(app: &App) -> anyhow::Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    for operation in store::due_operations(&mut tx, now).await? {
        ask(&mut tx, now, operation, None).await?;
    }
    for notice in store::due_notices(&mut tx, now).await? {
        ask_to_hear(&mut tx, now, notice, None).await?;
    }
    for payment in store::due_looks(&mut tx, now).await? {
        store::look_later(&mut tx, payment, now + LOOK_AGAIN).await?;
        ask_to_look(&mut tx, now, payment).await?;
    }
    tx.commit().await?;
    Ok(())
}

pub async fn tend(app: &App) -> anyhow::Result<()> {
    app.gateway.tend().await
}

pub async fn reconcile(app: &App) -> anyhow::Result<()> {
    super::reconcile::daily(app).await
}

pub async fn forget(app: &App) -> anyhow::Result<()> {
    let before = app.now() - NOTICES_KEPT;
    store::forget_notices(&mut *app.db.acquire().await?, before).await?;
    Ok(())
}
