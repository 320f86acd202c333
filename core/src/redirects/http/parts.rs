//! What several routes read from a request or write to an answer.

use std::str::FromStr;

use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::http::ApiError;
use crate::redirects::Format;
use crate::redirects::queries::FileKind;

/// A page of a list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    pub(super) cursor: Option<String>,
    limit: Option<u32>,
}

impl PageQuery {
    pub(super) fn limit(&self) -> i64 {
        page_limit(self.limit)
    }

    pub(super) fn number(&self) -> Result<Option<i32>, ApiError> {
        number_cursor(self.cursor.as_deref())
    }
}

/// The cursor of a list that goes by numbers.
pub(super) fn number_cursor<N: FromStr>(cursor: Option<&str>) -> Result<Option<N>, ApiError> {
    let number = cursor.map(str::parse).transpose();
    number.map_err(|_| ApiError::bad_request("cursor_invalid", "this is no cursor of ours"))
}

/// What a client asks for, brought within bounds.
pub(super) fn page_limit(asked: Option<u32>) -> i64 {
    i64::from(asked.unwrap_or(50).clamp(1, 100))
}

/// 100,000 rules of 600 bytes. Routes that take a [`RulesFile`] allow so much; every other has the API's usual
/// limit.
pub(super) const MAX_FILE_BYTES: usize = 64 << 20;

/// A workbook.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A file of rules, with its format from `Content-Type`.
pub(super) struct RulesFile {
    pub(super) bytes: Vec<u8>,
    pub(super) format: Format,
}

impl RulesFile {
    /// The same bytes, in the shape of the service that Marquee replaces; only CSV may be.
    pub(super) fn original(self) -> Result<Self, ApiError> {
        if self.format != Format::Csv {
            let detail = "send the original service's rows as text/csv";
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(ApiError::new(status, "media_type_unsupported", detail));
        }
        let format = Format::Original;
        Ok(Self { format, ..self })
    }
}

impl FromRequest<App> for RulesFile {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let mime = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let format = match mime
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
        {
            "text/csv" => Format::Csv,
            "application/json" => Format::Json,
            XLSX => Format::Xlsx,
            _ => {
                let detail = format!("send text/csv, application/json or {XLSX}");
                let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
                return Err(ApiError::new(status, "media_type_unsupported", detail));
            }
        };
        let bytes = axum::body::Bytes::from_request(request, app)
            .await
            .map_err(|rejection| {
                if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
                    let detail = format!("a file of rules has at most {} MiB", MAX_FILE_BYTES >> 20);
                    ApiError::new(rejection.status(), "body_too_large", detail)
                } else {
                    ApiError::from(rejection)
                }
            })?;
        Ok(Self {
            bytes: bytes.into(),
            format,
        })
    }
}

/// How rules are handed out.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct FileQuery {
    /// `csv` or `json`, which it is without
    #[serde(default)]
    #[param(inline)]
    pub(super) format: FileFormat,
}

#[derive(Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum FileFormat {
    #[default]
    Json,
    Csv,
}

impl FileFormat {
    pub(super) fn kind(self) -> FileKind {
        match self {
            Self::Json => FileKind::RulesJson,
            Self::Csv => FileKind::RulesCsv,
        }
    }

    pub(super) fn answer(self, bytes: Vec<u8>) -> impl IntoResponse {
        let mime = match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        };
        ([(header::CONTENT_TYPE, mime)], bytes)
    }
}
