//! What becomes of a payment by its token:
//!
//! | token | what it does |
//! |---|---|
//! | `sandbox_approve` | holds the amount for five days |
//! | `sandbox_decline`, `sandbox_no_funds` | declines |
//! | `sandbox_3ds` | wants the customer to confirm first; held anew, when the customer is not there, it declines |
//! | `sandbox_slow` | says after five seconds what became of it |
//! | `sandbox_timeout` | holds the amount, and gives no answer |
//! | `sandbox_fail` | gives no answer, and has done nothing; the next time it does |
//! | `sandbox_busy` | refuses the call once, then does it |
//! | `sandbox_short_hold` | holds the amount for an hour |
//! | `sandbox_capture_decline` | holds the amount, and will not give it |
//! | `sandbox_capture_partial` | holds the amount, and gives half of it |
//! | `sandbox_capture_slow` | gives it after thirty seconds |
//! | `sandbox_capture_timeout` | gives it, and gives no answer |
//! | `sandbox_refund_decline`, `sandbox_refund_timeout` | the same of refunds |
//! | `sandbox_dispute` | once it is given, the customer disputes it; nobody decides |
//! | `sandbox_dispute_won`, `sandbox_dispute_lost` | the same, and an hour later it is decided |
//! | anything else | declines: `method_unknown` |

use time::Duration;

/// How long most amounts are held.
pub(super) const HOLD: Duration = Duration::days(5);

#[derive(Clone, Copy)]
pub(super) struct Card {
    /// What the payment is once it was asked for.
    pub(super) status: &'static str,
    pub(super) decline: Option<&'static str>,
    /// How long the amount is held.
    pub(super) hold: Duration,
    pub(super) authorize: Goes,
    pub(super) capture: Goes,
    pub(super) refund: Goes,
    pub(super) dispute: Option<Dispute>,
}

/// How a call goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Goes {
    Well,
    /// It is done, and nothing is answered.
    Unanswered,
    /// The first time nothing is done, and nothing answered.
    Lost,
    /// The first time it is refused for being one too many.
    Busy,
    Declined(&'static str),
    /// It is done after this time.
    Later(Duration),
    /// Half of it is done.
    Half,
}

/// How a dispute ends, if it does.
#[derive(Clone, Copy)]
pub(super) enum Dispute {
    Never,
    Won,
    Lost,
}

impl Dispute {
    pub(super) const fn ends(self) -> Option<&'static str> {
        match self {
            Self::Never => None,
            Self::Won => Some("won"),
            Self::Lost => Some("lost"),
        }
    }
}

const GOOD: Card = Card {
    status: "authorized",
    decline: None,
    hold: HOLD,
    authorize: Goes::Well,
    capture: Goes::Well,
    refund: Goes::Well,
    dispute: None,
};

impl Card {
    pub(super) fn of(token: &str) -> Self {
        match token {
            "sandbox_approve" => GOOD,
            "sandbox_decline" => declined("card_declined"),
            "sandbox_no_funds" => declined("insufficient_funds"),
            "sandbox_3ds" => Self {
                status: "action_required",
                ..GOOD
            },
            "sandbox_slow" => Self {
                status: "pending",
                authorize: Goes::Later(Duration::seconds(5)),
                ..GOOD
            },
            "sandbox_timeout" => authorizes(Goes::Unanswered),
            "sandbox_fail" => authorizes(Goes::Lost),
            "sandbox_busy" => authorizes(Goes::Busy),
            "sandbox_short_hold" => Self {
                hold: Duration::HOUR,
                ..GOOD
            },
            "sandbox_capture_decline" => captures(Goes::Declined("capture_declined")),
            "sandbox_capture_partial" => captures(Goes::Half),
            "sandbox_capture_slow" => captures(Goes::Later(Duration::seconds(30))),
            "sandbox_capture_timeout" => captures(Goes::Unanswered),
            "sandbox_refund_decline" => refunds(Goes::Declined("refund_declined")),
            "sandbox_refund_timeout" => refunds(Goes::Unanswered),
            "sandbox_dispute" => disputes(Dispute::Never),
            "sandbox_dispute_won" => disputes(Dispute::Won),
            "sandbox_dispute_lost" => disputes(Dispute::Lost),
            _ => declined("method_unknown"),
        }
    }
}

const fn declined(code: &'static str) -> Card {
    Card {
        status: "declined",
        decline: Some(code),
        ..GOOD
    }
}

const fn authorizes(authorize: Goes) -> Card {
    Card { authorize, ..GOOD }
}

const fn captures(capture: Goes) -> Card {
    Card { capture, ..GOOD }
}

const fn refunds(refund: Goes) -> Card {
    Card { refund, ..GOOD }
}

const fn disputes(dispute: Dispute) -> Card {
    Card {
        dispute: Some(dispute),
        ..GOOD
    }
}
