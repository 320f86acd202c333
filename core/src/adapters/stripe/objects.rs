//! What Stripe's objects say, as far as we ask.

use std::collections::HashMap;

use serde::Deserialize;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::payments::{Action, DisputeStatus, News, RefundStatus, Refunded, SeenDispute, SeenStatus};

/// Under which our payment's id stands with a payment intent.
pub(super) const PAYMENT: &str = "payment";
/// Under which our operation's id stands with a refund.
pub(super) const OPERATION: &str = "operation";

#[derive(Deserialize)]
pub(super) struct PaymentIntent {
    pub(super) id: String,
    status: String,
    amount: i64,
    currency: String,
    #[serde(default)]
    amount_capturable: i64,
    #[serde(default)]
    amount_received: i64,
    cancellation_reason: Option<String>,
    next_action: Option<NextAction>,
    last_payment_error: Option<PaymentError>,
    pub(super) latest_charge: Option<Expandable<Charge>>,
    customer: Option<Expandable<Customer>>,
    #[serde(default)]
    metadata: HashMap<String, String>,
}

#[derive(Deserialize)]
pub(super) struct Customer {
    id: String,
}

/// Its id, or, where that was asked for, the whole of it.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Expandable<T> {
    Whole(Box<T>),
    Id(String),
}

#[derive(Deserialize)]
struct NextAction {
    redirect_to_url: Option<RedirectToUrl>,
}

#[derive(Deserialize)]
struct RedirectToUrl {
    url: Option<String>,
}

#[derive(Deserialize)]
struct PaymentError {
    code: Option<String>,
    decline_code: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Charge {
    status: String,
    #[serde(default)]
    amount_refunded: i64,
    #[serde(default)]
    pub(super) disputed: bool,
    balance_transaction: Option<Expandable<BalanceTransaction>>,
    payment_method_details: Option<MethodDetails>,
    pub(super) refunds: Option<List<Refund>>,
}

#[derive(Deserialize)]
struct BalanceTransaction {
    fee: i64,
    currency: String,
}

#[derive(Deserialize)]
struct MethodDetails {
    card: Option<CardDetails>,
}

#[derive(Deserialize)]
struct CardDetails {
    capture_before: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    #[serde(default)]
    pub(super) has_more: bool,
}

#[derive(Deserialize)]
pub(super) struct Refund {
    pub(super) id: String,
    amount: i64,
    status: Option<String>,
    failure_reason: Option<String>,
    #[serde(default)]
    metadata: Option<HashMap<String, String>>,
}

#[derive(Deserialize)]
pub(super) struct Dispute {
    id: String,
    amount: i64,
    reason: String,
    status: String,
    evidence_details: Option<EvidenceDetails>,
    currency: String,
    /// What it withdrew from us and reinstated, each with what Stripe wants for it or gives back of that.
    #[serde(default)]
    balance_transactions: Vec<BalanceTransaction>,
}

#[derive(Deserialize)]
struct EvidenceDetails {
    due_by: Option<i64>,
}

fn named(metadata: &HashMap<String, String>, name: &str) -> Option<Uuid> {
    metadata.get(name)?.parse().ok()
}

impl PaymentIntent {
    /// Ours, unless it is somebody else's.
    pub(super) fn payment(&self) -> Option<Uuid> {
        named(&self.metadata, PAYMENT)
    }

    /// Stripe's name for who pays, if they are a customer of Stripe's.
    pub(super) fn customer(&self) -> Option<String> {
        Some(match self.customer.as_ref()? {
            Expandable::Whole(customer) => customer.id.clone(),
            Expandable::Id(id) => id.clone(),
        })
    }

    /// Its charge, if it was asked for.
    pub(super) fn charge(&self) -> Option<&Charge> {
        match &self.latest_charge {
            Some(Expandable::Whole(charge)) => Some(charge),
            _ => None,
        }
    }

    /// Whether it is captured, or never will be.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.status.as_str(), "succeeded" | "canceled")
    }

    pub(super) fn news(&self) -> News {
        let charge = self.charge();
        let url = self
            .next_action
            .as_ref()
            .and_then(|next| next.redirect_to_url.as_ref()?.url.clone());
        let held = charge.is_some_and(|charge| charge.status == "succeeded");
        let status = match self.status.as_str() {
            "requires_payment_method" => SeenStatus::Declined,
            // Something that only a program on a page of ours could do.
            "requires_action" if url.is_none() => SeenStatus::Declined,
            "requires_action" => SeenStatus::ActionRequired,
            "requires_capture" => SeenStatus::Authorized,
            "succeeded" => SeenStatus::Captured,
            "canceled" => match self.cancellation_reason.as_deref() {
                Some("automatic" | "expired") => SeenStatus::Lapsed,
                _ => SeenStatus::Voided,
            },
            // `processing`, `requires_confirmation`, and what a later version may say.
            _ => SeenStatus::Pending,
        };
        let captured = status == SeenStatus::Captured;
        let error = self.last_payment_error.as_ref();
        let declined = (status == SeenStatus::Declined).then(|| {
            let code = error.and_then(|error| error.decline_code.clone().or(error.code.clone()));
            let otherwise = if url.is_none() && self.next_action.is_some() {
                "action_unsupported"
            } else {
                "declined"
            };
            code.unwrap_or_else(|| otherwise.to_owned())
        });
        News {
            status,
            currency: self.currency.to_uppercase(),
            authorized_minor: match status {
                SeenStatus::Authorized => self.amount_capturable,
                SeenStatus::Captured => self.amount,
                SeenStatus::Voided | SeenStatus::Lapsed if held => self.amount,
                _ => 0,
            },
            captured_minor: if captured { self.amount_received } else { 0 },
            // What is let go is `refunded`, too, to Stripe.
            refunded_minor: charge
                .filter(|_| captured)
                .map_or(0, |charge| charge.amount_refunded),
            fee_minor: charge
                .filter(|_| captured)
                .map_or(0, |charge| charge.fee_minor(&self.currency)),
            capture_before: charge.and_then(Charge::capture_before),
            action: url
                .filter(|_| status == SeenStatus::ActionRequired)
                .map(|url| Action { url }),
            decline_code: declined,
        }
    }
}

impl Charge {
    /// 0 where it is taken in another currency: it is none of the payment's then.
    fn fee_minor(&self, currency: &str) -> i64 {
        match &self.balance_transaction {
            Some(Expandable::Whole(transaction)) if transaction.currency == currency => transaction.fee,
            _ => 0,
        }
    }

    fn capture_before(&self) -> Option<OffsetDateTime> {
        let seconds = self
            .payment_method_details
            .as_ref()?
            .card
            .as_ref()?
            .capture_before?;
        OffsetDateTime::from_unix_timestamp(seconds).ok()
    }
}

impl From<Refund> for Refunded {
    fn from(refund: Refund) -> Self {
        let status = match refund.status.as_deref() {
            Some("succeeded") => RefundStatus::Done,
            Some("failed" | "canceled") => RefundStatus::Refused(
                refund
                    .failure_reason
                    .unwrap_or_else(|| "refund_failed".to_owned()),
            ),
            _ => RefundStatus::Pending,
        };
        Self {
            key: refund
                .metadata
                .as_ref()
                .and_then(|metadata| named(metadata, OPERATION)),
            reference: refund.id,
            amount_minor: refund.amount,
            status,
        }
    }
}

impl Dispute {
    /// `None`: a bank asks, and withholds nothing.
    pub(super) fn seen(self) -> Option<SeenDispute> {
        let status = match self.status.as_str() {
            "won" => DisputeStatus::Won,
            "lost" => DisputeStatus::Lost,
            "prevented" => return None,
            inquiry if inquiry.starts_with("warning_") => return None,
            _ => DisputeStatus::Opened,
        };
        let due_by = self.evidence_details.and_then(|details| details.due_by);
        // Of another currency than the payment's they are none of the payment's, as with charges.
        let fees = self.balance_transactions.iter();
        let fees = fees.filter(|transaction| transaction.currency == self.currency);
        let (fees, returned): (Vec<i64>, Vec<i64>) =
            fees.map(|transaction| transaction.fee).partition(|fee| *fee >= 0);
        Some(SeenDispute {
            reference: self.id,
            amount_minor: self.amount,
            reason: self.reason,
            status,
            fee_minor: fees.iter().sum(),
            fee_returned_minor: -returned.iter().sum::<i64>(),
            evidence_due_at: due_by.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok()),
        })
    }
}
