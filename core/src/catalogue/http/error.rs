use crate::catalogue::Error;
use crate::http::{ApiError, FieldError};

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
            Error::NoCategory(_) => Self::not_found("category_unknown", detail),
            Error::CategoryExists(_) => Self::conflict("category_exists", detail),
            Error::CategoryInUse(_) => Self::conflict("category_in_use", detail),
            Error::Order(_) => Self::unprocessable("order_invalid", detail),
            Error::NoTalent => Self::not_found("talent_unknown", detail),
            Error::Unavailable => Self::conflict("talent_unavailable", detail),
            Error::FullyBooked => Self::conflict("talent_fully_booked", detail),
            Error::TalentExists => Self::conflict("talent_exists", detail),
            Error::NoAgency => Self::not_found("agency_unknown", detail),
            Error::SharesTooHigh => Self::conflict("shares_too_high", detail),
            Error::NoBankDetails => Self::not_found("bank_details_unknown", detail),
            Error::BankDetailsChanged => Self::precondition_failed("bank_details_changed", detail),
            Error::AccountTaken => Self::conflict("account_taken", detail),
            Error::NoApplication => Self::not_found("application_unknown", detail),
            Error::Decided(_) => Self::conflict("application_decided", detail),
            Error::Link => Self::unprocessable("link_invalid", detail),
            Error::Idempotency(refused) => refused.into(),
            Error::Throttled(throttled) => throttled.into(),
            Error::Account(error) => error.into(),
            Error::Cursor(error) => error.into(),
            Error::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}
