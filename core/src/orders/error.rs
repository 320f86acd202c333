use super::domain::{IllegalTransition, Status, Unusable};
use crate::catalogue::Fault;
use crate::platform::idempotency::Refused;
use crate::platform::paging::BadCursor;
use crate::platform::throttle::Throttled;
use crate::{catalogue, payments, videos};

/// What a caller of this feature can act on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}", .0.iter().map(|fault| format!("{}: {}", fault.pointer, fault.detail)).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Fault>),
    #[error("nobody said who pays, or it is forgotten already")]
    NoPayer,
    #[error("an order that is {} has no video to be made once more", .0.name())]
    NotDelivered(Status),
    #[error("another video can be asked for within a week of the delivery")]
    RedoTooLate,
    #[error("another video was asked for already: wait until it is here, or declined")]
    RedoWaits,
    #[error("nobody waits for an answer to whether the video is made once more")]
    NoRedo,
    #[error("nothing is left to give back")]
    NothingLeft,
    #[error(transparent)]
    Promotion(#[from] Unusable),
    #[error("there is no such promotion")]
    NoPromotion,
    #[error("there is a promotion with the code `{0}` already: retire it first, or take another code")]
    PromotionExists(String),
    #[error("the promotion is no longer what you have seen: look at it again")]
    PromotionChanged,
    #[error("this promotion is retired: make another")]
    PromotionRetired,
    #[error("there is no such quote")]
    NoQuote,
    #[error("this quote is no longer good: ask for another")]
    QuoteExpired,
    #[error("this quote was used: ask for another")]
    QuoteUsed,
    #[error("nobody orders a video of themselves")]
    OwnVideo,
    #[error("there is no such order")]
    Unknown,
    #[error("its deadline has passed: this order takes no video any more")]
    Expired,
    #[error("this order has a video already")]
    VideoExists,
    #[error("an order that is {} takes no video", .0.name())]
    NotOpen(Status),
    #[error("the payment is under way: wait until it is known what came of it")]
    PaymentPending,
    #[error(transparent)]
    Illegal(#[from] IllegalTransition),
    #[error(transparent)]
    Catalogue(#[from] catalogue::Error),
    #[error(transparent)]
    Video(#[from] videos::Error),
    #[error(transparent)]
    Payment(#[from] payments::Error),
    #[error(transparent)]
    Idempotency(#[from] Refused),
    #[error(transparent)]
    Throttled(#[from] Throttled),
    #[error(transparent)]
    Cursor(#[from] BadCursor),
    #[error(transparent)]
    Unexpected(#[from] anyhow::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Unexpected(error.into())
    }
}

impl From<Vec<Fault>> for Error {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Invalid(faults)
    }
}
