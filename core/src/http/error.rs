use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Denied, Forbidden};
use crate::platform::database::Passing;
use crate::platform::paging::BadCursor;
use crate::platform::telemetry;
use crate::platform::throttle::Throttled;

/// What a client is told when it does not get what it asked for: `application/problem+json`.
///
/// Features map their errors to one of these by an exhaustive match. `code` is stable and for programs,
/// `detail` is English and for people; neither holds what the client did not already know.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    members: Vec<(&'static str, serde_json::Value)>,
    retry_after_seconds: Option<u32>,
    cause: Option<anyhow::Error>,
}

/// Why a request failed through no fault of its client's, on the way from [`ApiError`] to whoever observes requests.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    DatabaseAway(String),
    Ours(String),
}

/// One thing wrong with the request.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer into the body, `/rules/3/when`; or the name of a parameter.
    pub pointer: String,
    pub code: String,
    pub detail: String,
}

impl ApiError {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            errors: vec![],
            members: vec![],
            retry_after_seconds: None,
            cause: None,
        }
    }

    /// 400: the request cannot be read.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 401: we do not know who asks.
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "a valid API key, or somebody signed in, is needed",
        )
    }

    /// 403 for a key where a person is to act.
    pub fn session_needed() -> Self {
        let detail = "this is for somebody who is signed in: a key is not enough";
        Self::new(StatusCode::FORBIDDEN, "session_needed", detail)
    }

    /// 403 for an operation that names no permission: a mistake of ours, kept closed.
    pub(super) fn forbidden_to_all() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "nobody may do this")
    }

    /// 403 for a form or a script that is not one of our own pages'.
    pub fn csrf() -> Self {
        let detail = "this did not come from a page of ours: load the page again, and try once more";
        Self::new(StatusCode::FORBIDDEN, "csrf_refused", detail)
    }

    /// 404: there is none, or none that the caller may see.
    pub fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// 404 for a path that does not parse: it names nothing that exists.
    pub(super) fn no_such_path() -> Self {
        Self::not_found("not_found", "there is no such thing")
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "the route knows other methods",
        )
    }

    /// 409: not in the present status.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// 412: the thing is no longer what the caller believes.
    pub fn precondition_failed(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, code, detail)
    }

    /// 422: readable, but it makes no sense.
    pub fn unprocessable(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
    }

    /// 422 `body_invalid`, which says the same of the one field that `pointer` names.
    pub fn invalid(pointer: &str, code: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let error = FieldError {
            pointer: pointer.to_owned(),
            code: code.to_owned(),
            detail: detail.clone(),
        };
        Self::unprocessable("body_invalid", detail).with_errors(vec![error])
    }

    /// 503: try again in a moment.
    pub fn unavailable(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            retry_after_seconds: Some(2),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
        }
    }

    /// 500, or 503 when it was the database and another try may do better. The cause goes to the log, not to
    /// the client.
    pub fn unexpected(cause: impl Into<anyhow::Error>) -> Self {
        let cause = cause.into();
        let asked = cause
            .chain()
            .find_map(|cause| cause.downcast_ref::<sqlx::Error>());
        let error = match asked.and_then(Passing::of) {
            Some(Passing::Away) => Self::unavailable("unavailable", "the service is busy, try again"),
            Some(Passing::Contended) => {
                Self::unavailable("contended", "somebody else changed the same just now, try again")
            }
            None => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal_error",
                "internal error",
            ),
        };
        Self {
            cause: Some(cause),
            ..error
        }
    }

    /// What is behind it, for the log.
    pub fn caused_by(self, cause: impl Into<anyhow::Error>) -> Self {
        Self {
            cause: Some(cause.into()),
            ..self
        }
    }

    /// When to try again.
    pub fn retry_after(self, seconds: u32) -> Self {
        Self {
            retry_after_seconds: Some(seconds),
            ..self
        }
    }

    pub fn with_errors(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    /// A member of its own, beside the usual ones.
    pub fn with_member(mut self, name: &'static str, value: serde_json::Value) -> Self {
        self.members.push((name, value));
        self
    }
}

impl From<Forbidden> for ApiError {
    fn from(forbidden: Forbidden) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", forbidden.to_string())
    }
}

/// A brand that the caller has nothing to do with is refused like one that is not there.
impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Forbidden(forbidden) => forbidden.into(),
            Denied::NoBrand(_) => Self::not_found("brand_unknown", denied.to_string()),
        }
    }
}

/// A query that fails is unexpected.
impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        Self::unexpected(error)
    }
}

/// 429: too often.
impl From<Throttled> for ApiError {
    fn from(throttled: Throttled) -> Self {
        let seconds = u32::try_from(throttled.again_in.whole_seconds() + 1).unwrap_or(u32::MAX);
        let too_many = StatusCode::TOO_MANY_REQUESTS;
        Self::new(too_many, "too_many_requests", throttled.to_string()).retry_after(seconds)
    }
}

impl From<BadCursor> for ApiError {
    fn from(error: BadCursor) -> Self {
        Self::bad_request("cursor_invalid", error.to_string())
    }
}

/// Why a request was refused, or failed.
#[derive(Serialize, ToSchema)]
#[schema(as = ProblemDetails)]
pub(super) struct Problem<'a> {
    #[schema(example = "about:blank")]
    r#type: &'static str,
    /// The status in words
    #[schema(example = "Unprocessable Entity")]
    title: &'static str,
    #[schema(example = 422)]
    status: u16,
    /// Stable, for programs
    #[schema(example = "body_invalid")]
    code: &'static str,
    /// For people: what is wrong, and what to do
    detail: &'a str,
    /// By which our log knows the request
    request_id: Option<String>,
    /// What is wrong, one by one, where it can be told so
    errors: &'a [FieldError],
    #[serde(flatten)]
    members: std::collections::BTreeMap<&'static str, serde_json::Value>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            tracing::error!(
                error = format!("{cause:#}"),
                code = self.code,
                "request failed unexpectedly"
            );
        }
        let problem = Problem {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or_default(),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            request_id: telemetry::request(),
            errors: &self.errors,
            members: self.members.into_iter().collect(),
        };
        let mut response = (self.status, axum::Json(problem)).into_response();
        if let Some(cause) = &self.cause {
            let fault = match (self.status, self.code) {
                (_, "unavailable") => Some(Fault::DatabaseAway(format!("{cause:#}"))),
                (StatusCode::INTERNAL_SERVER_ERROR, _) => Some(Fault::Ours(format!("{cause:#}"))),
                _ => None,
            };
            if let Some(fault) = fault {
                response.extensions_mut().insert(fault);
            }
        }
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
