use axum::http::StatusCode;

use crate::accounts::Error;
use crate::http::ApiError;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::KeyName => Self::unprocessable("key_name_invalid", detail),
            Error::Name => Self::unprocessable("name_invalid", detail),
            Error::Expiry => Self::unprocessable("key_expiry_invalid", detail),
            Error::OutlivesMaker(_) => Self::unprocessable("key_outlives_maker", detail),
            Error::NoBrands | Error::NotACode(_) => Self::unprocessable("brands_invalid", detail),
            Error::NotAnEmail(_) => Self::unprocessable("email_invalid", detail),
            Error::EmailTaken => Self::conflict("email_taken", detail),
            Error::Oneself => Self::new(StatusCode::FORBIDDEN, "oneself", detail),
            Error::Forbidden(forbidden) => forbidden.into(),
            Error::Unknown => Self::not_found("key_unknown", detail),
            Error::NoStaff => Self::not_found("staff_unknown", detail),
            Error::NoOwner(_) => Self::unprocessable("staff_unknown", detail),
            Error::OwnerSuspended => Self::conflict("staff_suspended", detail),
            Error::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}
