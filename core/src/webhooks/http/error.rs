use crate::http::ApiError;
use crate::webhooks::commands::Error;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Unknown => Self::not_found("endpoint_unknown", detail),
            Error::NoDelivery => Self::not_found("delivery_unknown", detail),
            Error::Url(_) => Self::invalid("/url", "url", detail),
            Error::Event(_) => Self::invalid("/events", "event", detail),
            Error::Note => Self::invalid("/note", "length", detail),
            Error::TooMany => Self::conflict("too_many_endpoints", detail),
            Error::Brand(error) => error.into(),
            Error::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}
