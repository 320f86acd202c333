use clap::Subcommand;
use std::io::Write as _;
use uuid::Uuid;

use super::Outcome;
use super::output::{instant, more, show, show_one, stdout};
use super::table::Table;
use crate::access::Principal;
use crate::app::App;
use crate::payments::queries::{self, DisputeFilter, DisputeView, Filter, PaymentDetail};
use crate::payments::{self, DisputeStatus, Error, Release, Status};
use crate::platform::paging::Page;

#[derive(Subcommand)]
pub(super) enum Payments {
    /// What customers pay, newest first
    List {
        #[arg(long, value_enum)]
        status: Option<Status>,
        /// Of this order
        #[arg(long)]
        order: Option<Uuid>,
        /// Only those that wait for somebody to look at them
        #[arg(long)]
        held: bool,
        /// At most 100
        #[arg(long)]
        limit: Option<u32>,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// A payment, with everything that was asked of the gateway for it
    Show { payment: Uuid },
    /// What customers dispute with their banks, newest first
    Disputes {
        #[arg(long, value_enum)]
        status: Option<DisputeStatus>,
        /// Of this payment
        #[arg(long)]
        payment: Option<Uuid>,
        /// At most 100
        #[arg(long)]
        limit: Option<u32>,
        /// The next page of an earlier list
        #[arg(long)]
        cursor: Option<String>,
    },
    /// Go on with a payment that was held for somebody to look at
    Release {
        payment: Uuid,
        /// What is to become of it
        #[arg(long, value_enum)]
        how: Release,
        /// Kept in the audit log
        #[arg(long)]
        reason: String,
    },
}

impl Payments {
    pub(super) async fn run(self, app: &App, json: bool) -> anyhow::Result<Outcome> {
        let mut conn = app.db.acquire().await?;
        match self {
            Self::List {
                status,
                order,
                held,
                limit,
                cursor,
            } => {
                let filter = Filter {
                    status,
                    order,
                    held: held.then_some(true),
                };
                let page = Page::new(cursor.as_deref(), limit)?;
                let list = queries::list(&mut conn, &filter, page).await?;
                let mut table = Table::new(&[
                    "payment", "made", "order", "amount", "currency", "status", "captured", "refunded",
                    "held",
                ]);
                for payment in &list.items {
                    table.row([
                        payment.id.to_string(),
                        instant(payment.created_at),
                        payment.order_id.to_string(),
                        payment.amount_minor.to_string(),
                        payment.currency.clone(),
                        payment.status.name().to_owned(),
                        payment.captured_minor.to_string(),
                        payment.refunded_minor.to_string(),
                        payment.held_reason.clone().unwrap_or_default(),
                    ]);
                }
                show(&list, &table, json, "no such payments")?;
                more(list.next_cursor.as_deref(), json)?;
            }
            Self::Show { payment } => {
                let payment = queries::find(&mut conn, payment).await?.ok_or(Error::Unknown)?;
                if !json {
                    writeln!(stdout(), "{}", told(&payment))?;
                }
                let mut table = Table::new(&["asked", "what", "amount", "status", "sent", "next", "why"]);
                for operation in &payment.operations {
                    table.row([
                        instant(operation.created_at),
                        operation.kind.name().to_owned(),
                        operation.amount_minor.to_string(),
                        operation.status.name().to_owned(),
                        operation.attempts.to_string(),
                        operation.due_at.map(instant).unwrap_or_default(),
                        operation.code.clone().unwrap_or_default(),
                    ]);
                }
                show(&payment, &table, json, "nothing was asked of the gateway")?;
                if !json && !payment.disputes.is_empty() {
                    write!(stdout(), "{}", dispute_table(&payment.disputes).render())?;
                }
            }
            Self::Disputes {
                status,
                payment,
                limit,
                cursor,
            } => {
                let page = Page::new(cursor.as_deref(), limit)?;
                let list = queries::disputes(&mut conn, &DisputeFilter { status, payment }, page).await?;
                show(&list, &dispute_table(&list.items), json, "no such disputes")?;
                more(list.next_cursor.as_deref(), json)?;
            }
            Self::Release { payment, how, reason } => {
                payments::release(app, &Principal::operator(), payment, how, &reason).await?;
                let view = queries::find(&mut conn, payment).await?.ok_or(Error::Unknown)?;
                show_one(
                    &view,
                    json,
                    "released: a worker of the role `payments` goes on with it",
                )?;
            }
        }
        Ok(Outcome::Done)
    }
}

fn dispute_table(disputes: &[DisputeView]) -> Table {
    let mut table = Table::new(&[
        "dispute",
        "payment",
        "amount",
        "currency",
        "reason",
        "status",
        "evidence until",
    ]);
    for dispute in disputes {
        table.row([
            dispute.id.to_string(),
            dispute.payment_id.to_string(),
            dispute.amount_minor.to_string(),
            dispute.currency.clone(),
            dispute.reason.clone(),
            dispute.status.name().to_owned(),
            dispute.evidence_due_at.map(instant).unwrap_or_default(),
        ]);
    }
    table
}

/// In sentences.
fn told(detail: &PaymentDetail) -> String {
    let payment = &detail.payment;
    let mut lines = vec![
        format!(
            "{} {} of the order {}: {}",
            payment.amount_minor,
            payment.currency,
            payment.order_id,
            payment.status.name()
        ),
        format!(
            "{} calls it {}",
            payment.gateway,
            payment.reference.as_deref().unwrap_or("nothing yet")
        ),
    ];
    lines.extend(
        payment
            .decline_code
            .as_ref()
            .map(|code| format!("declined: {code}")),
    );
    lines.extend(
        payment
            .held_reason
            .as_ref()
            .map(|reason| format!("held: {reason}")),
    );
    lines.join("\n")
}
