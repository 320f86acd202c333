//! What becomes of one call of the gateway.

use serde::{Deserialize, Serialize};
use time::Duration;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::payments::gateway::{RefundStatus, Seen, SeenStatus};

/// What is asked of the gateway.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = PaymentOperationKind)]
pub enum Kind {
    Authorize,
    Capture,
    Void,
    Refund,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::Capture => "capture",
            Self::Void => "void",
            Self::Refund => "refund",
        }
    }
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = PaymentOperationStatus)]
pub enum OperationStatus {
    /// To be sent when it is due.
    Ready,
    /// A worker calls the gateway.
    Sent,
    /// It was done.
    Succeeded,
    /// It was not, and will not be.
    Refused,
    /// The customer must do something first.
    ActionRequired,
    /// It may have been done: the gateway is asked.
    Unknown,
    /// It does not add up: a person must look.
    Held,
}

impl OperationStatus {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Sent => "sent",
            Self::Succeeded => "succeeded",
            Self::Refused => "refused",
            Self::ActionRequired => "action_required",
            Self::Unknown => "unknown",
            Self::Held => "held",
        }
    }
}

/// How long a call may take; longer than an adapter lets it.
pub(crate) const LEASE: Duration = Duration::minutes(2);
/// What the gateway has nothing of after so long was lost under a key that it may have forgotten by then.
pub(crate) const GIVE_UP_AFTER: Duration = Duration::DAY;
/// After so many questions somebody is told that one operation is still unknown.
pub(crate) const WORRYING_ASKS: i32 = 4;

/// When to ask after an unknown operation, having asked so often.
pub(crate) fn ask_in(asks: i32) -> Duration {
    match asks {
        ..=0 => Duration::seconds(10),
        1 => Duration::minutes(1),
        2 => Duration::minutes(5),
        3 => Duration::minutes(30),
        4.. => Duration::HOUR,
    }
}

/// When to send again what surely was not done, having sent it so often. `jitter`, from 0 to 1, keeps apart what failed
/// together.
pub(crate) fn retry_in(attempts: i32, jitter: f64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 10)).unwrap_or(1) - 1;
    let pause = (Duration::seconds(2) * 2_i32.pow(doublings)).min(Duration::minutes(10));
    pause + pause * (jitter.clamp(0.0, 1.0) * 0.25)
}

/// When to look again for the payment that a notice is about, having looked so often. `None`: it is nobody's.
pub(crate) fn hear_in(attempts: i32) -> Option<Duration> {
    (attempts < 80).then(|| ask_in(attempts))
}

/// What is known of an operation by how the payment is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    Succeeded,
    Refused(String),
    ActionRequired,
    /// Not yet.
    Pending,
    /// The gateway has nothing of it: it can be sent again, under the same key.
    Absent,
}

/// Whether an operation of this kind was done, seen by how the payment is now.
pub(crate) fn settled(kind: Kind, operation: Uuid, amount_minor: i64, seen: Option<&Seen>) -> Settled {
    let Some(Seen { news, refunds, .. }) = seen else {
        return Settled::Absent;
    };
    use SeenStatus as S;
    let ended = |status: SeenStatus| format!("{status:?}").to_lowercase();
    match (kind, news.status) {
        (Kind::Authorize, S::ActionRequired) => Settled::ActionRequired,
        (Kind::Authorize, S::Declined) => {
            let code = news.decline_code.clone();
            Settled::Refused(code.unwrap_or_else(|| "declined".to_owned()))
        }
        // Given up before anything was held.
        (Kind::Authorize, S::Lapsed | S::Voided) if news.authorized_minor == 0 => {
            Settled::Refused(ended(news.status))
        }
        // What was let go since was held before.
        (Kind::Authorize, S::Authorized | S::Lapsed | S::Voided | S::Captured) => Settled::Succeeded,
        (Kind::Capture, _) if news.captured_minor >= amount_minor => Settled::Succeeded,
        (Kind::Capture, S::Lapsed | S::Voided | S::Declined) => Settled::Refused(ended(news.status)),
        (Kind::Void, S::Lapsed | S::Voided | S::Declined) => Settled::Succeeded,
        (Kind::Void, S::Captured) => Settled::Refused(ended(news.status)),
        (Kind::Refund, _) => match refunds.iter().find(|refund| refund.key == Some(operation)) {
            None => Settled::Absent,
            Some(refund) => match &refund.status {
                RefundStatus::Pending => Settled::Pending,
                RefundStatus::Done => Settled::Succeeded,
                RefundStatus::Refused(code) => Settled::Refused(code.clone()),
            },
        },
        (_, S::Pending) => Settled::Pending,
        (Kind::Capture | Kind::Void, S::ActionRequired | S::Authorized | S::Captured) => Settled::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::gateway::{News, Refunded};

    const OURS: Uuid = Uuid::from_u128(1);

    fn seen(status: SeenStatus) -> Seen {
        let captured = matches!(status, SeenStatus::Captured);
        Seen {
            customer: None,
            reference: "sb_1".to_owned(),
            news: News {
                status,
                currency: "BRL".to_owned(),
                authorized_minor: 0,
                captured_minor: if captured { 100 } else { 0 },
                refunded_minor: 0,
                fee_minor: 0,
                capture_before: None,
                action: None,
                decline_code: None,
            },
            refunds: vec![],
            disputes: vec![],
        }
    }

    /// Every operation by every way its payment may be.
    #[test]
    fn what_is_known_of_an_operation_by_its_payment() {
        let statuses = [
            SeenStatus::Pending,
            SeenStatus::ActionRequired,
            SeenStatus::Declined,
            SeenStatus::Authorized,
            SeenStatus::Lapsed,
            SeenStatus::Voided,
            SeenStatus::Captured,
        ];
        let mut table = String::new();
        for kind in [Kind::Authorize, Kind::Capture, Kind::Void, Kind::Refund] {
            for status in statuses {
                let settled = settled(kind, OURS, 100, Some(&seen(status)));
                table += &format!("{} {status:?}: {settled:?}\n", kind.name());
            }
        }
        insta::assert_snapshot!(table, @r#"
        authorize Pending: Pending
        authorize ActionRequired: ActionRequired
        authorize Declined: Refused("declined")
        authorize Authorized: Succeeded
        authorize Lapsed: Refused("lapsed")
        authorize Voided: Refused("voided")
        authorize Captured: Succeeded
        capture Pending: Pending
        capture ActionRequired: Absent
        capture Declined: Refused("declined")
        capture Authorized: Absent
        capture Lapsed: Refused("lapsed")
        capture Voided: Refused("voided")
        capture Captured: Succeeded
        void Pending: Pending
        void ActionRequired: Absent
        void Declined: Succeeded
        void Authorized: Absent
        void Lapsed: Succeeded
        void Voided: Succeeded
        void Captured: Refused("captured")
        refund Pending: Absent
        refund ActionRequired: Absent
        refund Declined: Absent
        refund Authorized: Absent
        refund Lapsed: Absent
        refund Voided: Absent
        refund Captured: Absent
        "#);
        assert_eq!(settled(Kind::Authorize, OURS, 100, None), Settled::Absent);
    }

    #[test]
    fn a_refund_is_known_by_its_own_key() {
        let refund = |key, status| Refunded {
            key: Some(Uuid::from_u128(key)),
            reference: "re_1".to_owned(),
            amount_minor: 40,
            status,
        };
        let mut seen = seen(SeenStatus::Captured);
        seen.refunds = vec![refund(2, RefundStatus::Done)];
        assert_eq!(settled(Kind::Refund, OURS, 40, Some(&seen)), Settled::Absent);
        let refused = "expired_card".to_owned();
        for (status, known) in [
            (RefundStatus::Pending, Settled::Pending),
            (RefundStatus::Refused(refused.clone()), Settled::Refused(refused)),
            (RefundStatus::Done, Settled::Succeeded),
        ] {
            seen.refunds.truncate(1);
            seen.refunds.push(refund(1, status));
            assert_eq!(settled(Kind::Refund, OURS, 40, Some(&seen)), known);
        }
    }

    #[test]
    fn what_is_unknown_is_asked_after_less_and_less_often() {
        let pauses = [0, 1, 2, 3, 4, 100].map(|asks| ask_in(asks).whole_seconds());
        assert_eq!(pauses, [10, 60, 300, 1_800, 3_600, 3_600]);
    }

    #[test]
    fn what_was_not_sent_is_sent_again_later_and_later() {
        assert_eq!(retry_in(1, 0.0), Duration::seconds(2));
        assert_eq!(retry_in(2, 1.0), Duration::seconds(5));
        assert_eq!(retry_in(100, 0.0), Duration::minutes(10));
    }
}
