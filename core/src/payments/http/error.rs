use crate::http::ApiError;
use crate::payments::Error;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Unknown => Self::not_found("payment_unknown", detail),
            Error::NoGateway(_) => Self::not_found("gateway_unknown", detail),
            Error::NotCapturable(_) => Self::conflict("payment_not_capturable", detail),
            Error::NotRenewable(_) => Self::conflict("payment_not_renewable", detail),
            Error::TooLateToAbandon => Self::conflict("payment_captured", detail),
            Error::Abandoned => Self::conflict("payment_abandoned", detail),
            Error::TooMuchToRefund { .. } => Self::conflict("refund_too_large", detail),
            Error::OtherCurrency => Self::unprocessable("currency_other", detail),
            Error::Held(_) => Self::conflict("payment_held", detail),
            Error::Unreadable(_) => Self::bad_request("event_invalid", detail),
            Error::NotHeld => Self::conflict("payment_not_held", detail),
            Error::NoReason => Self::unprocessable("reason_invalid", detail),
            Error::OtherMode => Self::bad_request("event_of_other_mode", detail),
            Error::Signature(bad) => bad.into(),
            Error::Ledger(error) => error.into(),
            Error::Cursor(error) => error.into(),
            Error::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}
