use axum::http::StatusCode;

use crate::accounts::Error;
use crate::accounts::commands::LinkFault;
use crate::accounts::picture::PictureFault;
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
            Error::SameEmail => Self::unprocessable("email_unchanged", detail),
            Error::Weak(_) => Self::unprocessable("password_weak", detail),
            Error::Credentials => Self::new(StatusCode::UNAUTHORIZED, "credentials_invalid", detail),
            Error::WrongPassword => Self::unprocessable("password_wrong", detail),
            Error::CodeNeeded => Self::new(StatusCode::UNAUTHORIZED, "code_needed", detail),
            Error::WrongCode => Self::new(StatusCode::UNAUTHORIZED, "code_wrong", detail),
            Error::HasSecondFactor => Self::conflict("second_factor_exists", detail),
            Error::NoSecondFactor => Self::not_found("second_factor_unknown", detail),
            Error::Suspended => Self::new(StatusCode::FORBIDDEN, "suspended", detail),
            Error::Link(LinkFault) => Self::unprocessable("link_invalid", detail),
            Error::Throttled(throttled) => throttled.into(),
            Error::Picture(PictureFault::NotAPicture) => Self::unprocessable("not_a_picture", detail),
            Error::Picture(PictureFault::TooManyPixels) => Self::unprocessable("picture_too_large", detail),
            Error::Picture(PictureFault::Damaged) => Self::unprocessable("picture_damaged", detail),
            Error::NoPerson => Self::not_found("person_unknown", detail),
            Error::StaffMember => Self::conflict("staff_member", detail),
            Error::NoSession => Self::not_found("session_unknown", detail),
            Error::Forbidden(forbidden) => forbidden.into(),
            Error::Unknown => Self::not_found("key_unknown", detail),
            Error::NoStaff => Self::not_found("staff_unknown", detail),
            Error::StaffChanged => Self::precondition_failed("staff_changed", detail),
            Error::NoOwner(_) => Self::unprocessable("staff_unknown", detail),
            Error::OwnerSuspended => Self::conflict("staff_suspended", detail),
            Error::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}
