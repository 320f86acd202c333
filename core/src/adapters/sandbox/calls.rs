//! One call of the sandbox, as its card has it go.

use time::OffsetDateTime;
use uuid::Uuid;

use super::cards::{Card, Goes};
use super::store::{self, Row, disputes};
use crate::money::Money;
use crate::payments::{Authorize, Renewal};

/// A call that is being done.
pub(super) struct Call<'a> {
    pub(super) conn: &'a mut sqlx::PgConnection,
    pub(super) key: Uuid,
    pub(super) now: OffsetDateTime,
    /// The payment that it names, as it is now.
    pub(super) row: Option<Row>,
    /// It failed under this key before.
    pub(super) again: bool,
}

/// How a call ended.
pub(super) enum Done {
    Now {
        reference: String,
        answers: bool,
    },
    Refused(&'static str),
    /// Without having done anything, and without an answer.
    Nothing,
    Busy,
}

impl Call<'_> {
    pub(super) async fn authorize(&mut self, authorize: &Authorize) -> anyhow::Result<Done> {
        let card = Card::of(&authorize.method);
        let done_at = match card.authorize {
            Goes::Lost if !self.again => return Ok(Done::Nothing),
            Goes::Busy if !self.again => return Ok(Done::Busy),
            Goes::Later(pause) => Some(self.now + pause),
            _ => None,
        };
        let customer = match &authorize.renewal {
            Renewal::Never => None,
            Renewal::Later => Some(format!("sc_{}", authorize.payment.simple())),
            Renewal::Of(customer) => Some(customer.clone()),
        };
        let (status, decline) = match &authorize.renewal {
            Renewal::Of(customer) if !store::is_known(self.conn, customer).await? => {
                ("declined", Some("customer_unknown"))
            }
            Renewal::Of(_) if card.status == "action_required" => {
                ("declined", Some("authentication_required"))
            }
            _ => (card.status, card.decline),
        };
        let row = store::NewRow {
            reference: &format!("sb_{}", authorize.payment.simple()),
            caller_reference: authorize.payment,
            customer: customer.as_deref(),
            method: &authorize.method,
            amount: authorize.amount,
            status,
            decline,
            done_at,
            capture_before: self.now + card.hold,
            created_at: self.now,
        };
        if !store::insert(self.conn, &row).await? {
            return Ok(Done::Refused("payment_exists"));
        }
        if done_at.is_none() {
            store::tell(self.conn, row.reference, status, self.now).await?;
        }
        Ok(Done::Now {
            reference: row.reference.to_owned(),
            answers: card.authorize != Goes::Unanswered,
        })
    }

    pub(super) async fn capture(&mut self, amount: Money) -> anyhow::Result<Done> {
        let Some(row) = self.row.clone() else {
            return Ok(Done::Refused("payment_unknown"));
        };
        let card = Card::of(&row.method);
        match row.status.as_str() {
            "authorized" if amount.amount_minor() != row.amount_minor => return Ok(Done::Refused("amount")),
            "authorized" => {}
            "lapsed" => return Ok(Done::Refused("lapsed")),
            "voided" => return Ok(Done::Refused("voided")),
            "captured" | "capturing" => return Ok(Done::Refused("already_captured")),
            _ => return Ok(Done::Refused("not_authorized")),
        }
        let (captured_minor, done_at) = match card.capture {
            Goes::Declined(code) => return Ok(Done::Refused(code)),
            Goes::Half => (row.amount_minor / 2, None),
            Goes::Later(pause) => (0, Some(self.now + pause)),
            _ => (row.amount_minor, None),
        };
        if let Some(dispute) = card.dispute {
            disputes::open(self.conn, &row, dispute.ends(), self.now).await?;
        }
        store::capture(self.conn, &row.reference, captured_minor, done_at, self.now).await?;
        Ok(Done::Now {
            answers: card.capture != Goes::Unanswered,
            reference: row.reference,
        })
    }

    pub(super) async fn void(&mut self) -> anyhow::Result<Done> {
        let Some(row) = self.row.clone() else {
            return Ok(Done::Refused("payment_unknown"));
        };
        match row.status.as_str() {
            "captured" | "capturing" => return Ok(Done::Refused("already_captured")),
            "voided" | "lapsed" | "declined" => {}
            _ => store::void(self.conn, &row.reference, self.now).await?,
        }
        Ok(Done::Now {
            reference: row.reference,
            answers: true,
        })
    }

    pub(super) async fn refund(&mut self, amount: Money) -> anyhow::Result<Done> {
        let Some(row) = self.row.clone() else {
            return Ok(Done::Refused("payment_unknown"));
        };
        let card = Card::of(&row.method);
        if let Goes::Declined(code) = card.refund {
            return Ok(Done::Refused(code));
        }
        if amount.amount_minor() > row.captured_minor - row.refunded_minor {
            return Ok(Done::Refused("refund_too_large"));
        }
        store::refund(
            self.conn,
            self.key,
            &row.reference,
            amount.amount_minor(),
            self.now,
        )
        .await?;
        Ok(Done::Now {
            answers: card.refund != Goes::Unanswered,
            reference: row.reference,
        })
    }
}
