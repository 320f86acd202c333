//! What a person decides who has looked at what does not add up.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::Principal;
use crate::app::App;
use crate::payments::domain::OperationStatus;
use crate::payments::{Error, jobs, settle, store};
use crate::platform::audit;

/// What is to become of what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
#[schema(as = PaymentRelease)]
pub enum Release {
    /// It has been put right: ask the gateway how it is, and go on
    Look,
    /// It was surely not done: send it again
    Retry,
    /// It was surely not done, and never will be
    GiveUp,
}

/// Goes on with a held payment, or with a payment's held operations, as a person has decided. Whatever still does not add
/// up is held again.
pub async fn release(
    app: &App,
    by: &Principal,
    payment: Uuid,
    release: Release,
    reason: &str,
) -> Result<(), Error> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 500 {
        return Err(Error::NoReason);
    }
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let payment = store::lock(&mut tx, payment).await?.ok_or(Error::Unknown)?;
    let anew = release == Release::Retry;
    let operations = store::release_operations(&mut tx, payment.id, anew, now).await?;
    if operations.is_empty() && payment.held_reason.is_none() {
        return Err(Error::NotHeld);
    }
    store::release(&mut tx, payment.id, now).await?;
    for operation in &operations {
        if release == Release::GiveUp {
            let of = (operation.id, operation.kind, operation.amount_minor);
            settle::refuse(app, &mut tx, &payment, of.0, of.1, of.2, ("given_up", reason)).await?;
        } else {
            jobs::ask(&mut tx, now, operation.id, None).await?;
        }
    }
    jobs::ask_to_look(&mut tx, now, payment.id).await?;
    let held: Vec<_> = operations
        .iter()
        .map(|of| json!({ "operation": of.id, "kind": of.kind }))
        .collect();
    let before = json!({ "held_reason": payment.held_reason, "held": held, "status": OperationStatus::Held });
    let after = json!({ "release": release, "reason": reason });
    let subject = format!("payment/{}", payment.id);
    audit::record(
        &mut tx,
        now,
        by,
        "payments.release",
        &subject,
        Some(before),
        Some(after),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}
