//! The whole life of an order, as a table to read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Event;

/// How far an order is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = OrderStatus)]
pub enum Status {
    /// The gateway is asked to hold the amount.
    Authorizing,
    /// The customer must do something first.
    ActionRequired,
    /// It will not be paid in this way; the customer may choose another.
    Declined,
    /// The amount is held, and the talent may send the video.
    Open,
    /// The video is there, and is looked at and paid for.
    Delivering,
    /// The video is there, and what was held could not be taken: the customer may pay in another way.
    PaymentDue,
    /// The customer has the video.
    Delivered,
    /// It was not paid in time.
    Failed,
    /// The customer or staff did not want it any more.
    Cancelled,
    /// The talent did not want to.
    Rejected,
    /// The video did not come in time.
    Expired,
    /// Delivered, and all that was paid was given back.
    Refunded,
}

impl Status {
    pub const ALL: [Self; 12] = [
        Self::Authorizing,
        Self::ActionRequired,
        Self::Declined,
        Self::Open,
        Self::Delivering,
        Self::PaymentDue,
        Self::Delivered,
        Self::Failed,
        Self::Cancelled,
        Self::Rejected,
        Self::Expired,
        Self::Refunded,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorizing => "authorizing",
            Self::ActionRequired => "action_required",
            Self::Declined => "declined",
            Self::Open => "open",
            Self::Delivering => "delivering",
            Self::PaymentDue => "payment_due",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Refunded => "refunded",
        }
    }

    /// Whether it ended without a video: what comes of its payment is given back.
    pub fn ended_without(self) -> bool {
        matches!(
            self,
            Self::Failed | Self::Cancelled | Self::Rejected | Self::Expired
        )
    }

    /// What comes of an event. `None`: nothing, because it was so already; whoever tells us things does so more than once.
    pub fn on(self, event: Event) -> Result<Option<Self>, IllegalTransition> {
        let found = TRANSITIONS
            .iter()
            .find(|(from, on, _)| *from == self && *on == event);
        match found {
            Some((_, _, to)) => Ok(Some(*to)),
            None if self.is_result_of(event) => Ok(None),
            None => Err(IllegalTransition { status: self, event }),
        }
    }

    /// Whether the event, or the same one told again, has brought it here.
    fn is_result_of(self, event: Event) -> bool {
        TRANSITIONS.iter().any(|(_, on, to)| *on == event && *to == self)
    }
}

/// From, event, to.
pub type Transition = (Status, Event, Status);

/// Every transition there is. A pair that is not here is refused, or was so already.
pub const TRANSITIONS: &[Transition] = {
    use Event as On;
    use Status::{
        ActionRequired, Authorizing, Cancelled, Declined, Delivered, Delivering, Expired, Failed, Open,
        PaymentDue, Refunded, Rejected,
    };
    &[
        (Authorizing, On::Authorized, Open),
        (ActionRequired, On::Authorized, Open),
        (Authorizing, On::ActionRequired, ActionRequired),
        (Authorizing, On::Declined, Declined),
        (ActionRequired, On::Declined, Declined),
        (Declined, On::Pay, Authorizing),
        (Declined, On::TimeOver, Failed),
        (ActionRequired, On::TimeOver, Failed),
        (Authorizing, On::Cancel, Cancelled),
        (ActionRequired, On::Cancel, Cancelled),
        (Declined, On::Cancel, Cancelled),
        (Open, On::Cancel, Cancelled),
        (Open, On::Reject, Rejected),
        (Open, On::Expire, Expired),
        (Open, On::Uploaded, Delivering),
        // The talent has promised to deliver later than the hold lasts.
        (Open, On::Renew, Open),
        (Open, On::Renewed, Open),
        (Delivering, On::Refused, Open),
        // What was refused came too late to send another.
        (Delivering, On::Expire, Expired),
        (Delivering, On::Cancel, Cancelled),
        (Delivering, On::Playable, Delivering),
        (Delivering, On::Captured, Delivered),
        (Delivering, On::CaptureFailed, PaymentDue),
        // Paid for in another way: held, then taken at once. None of these news changes what is due.
        (PaymentDue, On::Pay, PaymentDue),
        (PaymentDue, On::ActionRequired, PaymentDue),
        (PaymentDue, On::Authorized, PaymentDue),
        (PaymentDue, On::Declined, PaymentDue),
        (PaymentDue, On::CaptureFailed, PaymentDue),
        (PaymentDue, On::Captured, Delivered),
        (PaymentDue, On::TimeOver, Failed),
        (PaymentDue, On::Cancel, Failed),
        (Delivered, On::Refunded, Refunded),
    ]
};

/// An event that cannot happen to an order of this status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an order that is {} does not take `{}`", .status.name(), .event.name())]
pub struct IllegalTransition {
    pub status: Status,
    pub event: Event,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_pair_is_there_twice() {
        let pairs: BTreeSet<_> = TRANSITIONS
            .iter()
            .map(|(from, on, _)| (from.name(), on.name()))
            .collect();
        assert_eq!(pairs.len(), TRANSITIONS.len());
    }

    #[test]
    fn every_status_can_be_reached_and_has_an_end() {
        let mut reached = BTreeSet::from([Status::Authorizing.name()]);
        for _ in Status::ALL {
            for (from, _, to) in TRANSITIONS {
                if reached.contains(from.name()) {
                    reached.insert(to.name());
                }
            }
        }
        assert_eq!(reached.len(), Status::ALL.len());
        let ends: Vec<_> = Status::ALL
            .into_iter()
            .filter(|status| !TRANSITIONS.iter().any(|(from, _, _)| from == status))
            .collect();
        assert_eq!(
            ends,
            [
                Status::Failed,
                Status::Cancelled,
                Status::Rejected,
                Status::Expired,
                Status::Refunded
            ]
        );
    }

    #[test]
    fn what_happened_is_so_when_it_is_told_again() {
        for (from, event, to) in TRANSITIONS {
            assert_eq!(from.on(*event), Ok(Some(*to)));
            let again = to.on(*event);
            assert!(
                again == Ok(None) || again == Ok(Some(*to)),
                "{} after {}: {again:?}",
                to.name(),
                event.name()
            );
        }
    }

    #[test]
    fn everything_that_can_happen_to_an_order() {
        let mut table = String::new();
        for status in Status::ALL {
            let to = |event: &Event| match status.on(*event) {
                Ok(Some(next)) => format!("{} -> {}", event.name(), next.name()),
                Ok(None) => format!("{} -> so already", event.name()),
                Err(_) => String::new(),
            };
            let rows: Vec<_> = Event::ALL.iter().map(to).filter(|row| !row.is_empty()).collect();
            table.push_str(&format!("{}: {}\n", status.name(), rows.join(", ")));
        }
        insta::assert_snapshot!(table);
    }
}
