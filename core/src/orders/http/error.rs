use crate::http::{ApiError, FieldError};
use crate::orders::{Error, Unusable};

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Invalid(faults) => {
                let errors = faults.into_iter().map(|fault| FieldError {
                    pointer: fault.pointer,
                    code: fault.code.to_owned(),
                    detail: fault.detail,
                });
                Self::unprocessable("body_invalid", detail).with_errors(errors.collect())
            }
            Error::Promotion(Unusable::Unknown) => Self::unprocessable("promotion_unknown", detail),
            Error::Promotion(Unusable::Over) => Self::unprocessable("promotion_over", detail),
            Error::Promotion(Unusable::NotHere) => Self::unprocessable("promotion_not_here", detail),
            Error::Promotion(Unusable::UsedUp) => Self::conflict("promotion_used_up", detail),
            Error::NoPayer => Self::not_found("payer_unknown", detail),
            Error::NotDelivered(_) => Self::conflict("order_not_delivered", detail),
            Error::RedoTooLate => Self::conflict("redo_too_late", detail),
            Error::RedoWaits => Self::conflict("redo_waits", detail),
            Error::NoRedo => Self::conflict("redo_unknown", detail),
            Error::NothingLeft => Self::conflict("nothing_left", detail),
            Error::NoPromotion => Self::not_found("promotion_unknown", detail),
            Error::PromotionExists(_) => Self::conflict("promotion_exists", detail),
            Error::PromotionChanged => Self::precondition_failed("promotion_changed", detail),
            Error::PromotionRetired => Self::conflict("promotion_retired", detail),
            Error::NoQuote => Self::not_found("quote_unknown", detail),
            Error::QuoteExpired => Self::conflict("quote_expired", detail),
            Error::QuoteUsed => Self::conflict("quote_used", detail),
            Error::OwnVideo => Self::conflict("own_video", detail),
            Error::Unknown => Self::not_found("order_unknown", detail),
            Error::Expired => Self::conflict("order_expired", detail),
            Error::VideoExists => Self::conflict("video_exists", detail),
            Error::NotOpen(_) => Self::conflict("order_not_open", detail),
            Error::PaymentPending => Self::conflict("payment_pending", detail),
            Error::Illegal(_) => Self::conflict("illegal_transition", detail),
            Error::Catalogue(error) => error.into(),
            Error::Video(error) => error.into(),
            Error::Payment(error) => error.into(),
            Error::Idempotency(refused) => refused.into(),
            Error::Throttled(throttled) => throttled.into(),
            Error::Cursor(error) => error.into(),
            Error::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}
