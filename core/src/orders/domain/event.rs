/// What happens to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// The amount is held.
    Authorized,
    /// The customer must do something first.
    ActionRequired,
    /// It will not be paid in this way.
    Declined,
    /// The customer pays in another way.
    Pay,
    /// What the order waits for did not come in time: another way to pay, or the money that a video is due.
    TimeOver,
    /// The customer or staff do not want it any more.
    Cancel,
    /// The talent does not want to.
    Reject,
    /// The deadline has passed, or what was held is lost.
    Expire,
    /// The video came, before the deadline.
    Uploaded,
    /// It is no video as it should be.
    Refused,
    /// It can be played: the money is to be taken.
    Playable,
    /// The money is ours.
    Captured,
    /// The gateway refuses to take it.
    CaptureFailed,
    /// All of it was given back.
    Refunded,
    /// What is held lapses too early: it is to be held anew.
    Renew,
    /// It is held anew.
    Renewed,
}

impl Event {
    pub const ALL: [Self; 16] = [
        Self::Authorized,
        Self::ActionRequired,
        Self::Declined,
        Self::Pay,
        Self::TimeOver,
        Self::Cancel,
        Self::Reject,
        Self::Expire,
        Self::Uploaded,
        Self::Refused,
        Self::Playable,
        Self::Captured,
        Self::CaptureFailed,
        Self::Refunded,
        Self::Renew,
        Self::Renewed,
    ];

    /// As the history has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorized => "authorized",
            Self::ActionRequired => "action_required",
            Self::Declined => "declined",
            Self::Pay => "pay",
            Self::TimeOver => "time_over",
            Self::Cancel => "cancel",
            Self::Reject => "reject",
            Self::Expire => "expire",
            Self::Uploaded => "uploaded",
            Self::Refused => "refused",
            Self::Playable => "playable",
            Self::Captured => "captured",
            Self::CaptureFailed => "capture_failed",
            Self::Refunded => "refunded",
            Self::Renew => "renew",
            Self::Renewed => "renewed",
        }
    }
}

/// Whose doing an event is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cause {
    /// Of whoever ordered. A guest has no name.
    Customer(Option<String>),
    Staff(String),
    Talent(String),
    #[default]
    System,
    /// Of the gateway's.
    Payment,
}

impl Cause {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Customer(_) => "customer",
            Self::Staff(_) => "staff",
            Self::Talent(_) => "talent",
            Self::System => "system",
            Self::Payment => "payment",
        }
    }

    /// Who, as in the audit log.
    pub fn principal(&self) -> Option<&str> {
        match self {
            Self::Customer(principal) => principal.as_deref(),
            Self::Staff(principal) | Self::Talent(principal) => Some(principal),
            Self::System | Self::Payment => None,
        }
    }
}
