use axum::http::StatusCode;

use crate::http::ApiError;
use crate::payouts::Error;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::NotOver(_) => Self::conflict("month_not_over", detail),
            Error::Exists => Self::conflict("payout_exists", detail),
            Error::NothingOwed => Self::conflict("nothing_owed", detail),
            Error::Unknown => Self::not_found("payout_unknown", detail),
            Error::NoPayee(error) => error.into(),
            Error::Illegal { .. } => Self::conflict("illegal_transition", detail),
            Error::SamePerson => Self::new(StatusCode::FORBIDDEN, "same_person", detail),
            Error::OtherTotal { .. } => Self::conflict("total_differs", detail),
            Error::File(_) => Self::unprocessable("file_invalid", detail),
            Error::Cursor(bad) => bad.into(),
            Error::Idempotency(refused) => refused.into(),
            Error::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}
