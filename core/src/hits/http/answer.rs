use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::hits::queries::Paging;
use crate::hits::sheets::MOST_ROWS;
use crate::http::{ApiError, Json, accepted, file};
use crate::platform::sheet::Sheet;

/// How a list is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Answer {
    Json,
    /// For spreadsheets
    Csv,
}

impl Answer {
    /// As the parameter `format` says, or else `Accept`.
    pub(super) fn new(format: Option<Self>, headers: &HeaderMap) -> Self {
        let ours = [("application/json", Self::Json), ("text/csv", Self::Csv)];
        format.or_else(|| accepted(headers, &ours)).unwrap_or(Self::Json)
    }

    /// A page to look at is short, a file is as long as it may be unless less is asked for.
    pub(super) fn limit(self, asked: Option<u32>) -> usize {
        let asked = asked.map(|asked| usize::try_from(asked).unwrap_or(usize::MAX));
        match self {
            Self::Json => asked.unwrap_or(50).clamp(1, 100),
            Self::Csv => asked.unwrap_or(MOST_ROWS).clamp(1, MOST_ROWS),
        }
    }

    pub(super) fn paging(self, cursor: &Option<String>, limit: Option<u32>) -> Paging {
        Paging {
            cursor: cursor.clone(),
            limit: self.limit(limit),
        }
    }

    /// The view, or its sheet as the file `name`.
    pub(super) fn with<V: Serialize>(
        self,
        name: &str,
        view: V,
        next_cursor: impl FnOnce(&V) -> Option<String>,
        sheet: impl FnOnce(&V) -> Sheet,
    ) -> Result<Response, ApiError> {
        match self {
            Self::Json => Ok(Json(view).into_response()),
            Self::Csv => {
                let body = sheet(&view).write(true).map_err(ApiError::unexpected)?;
                Ok(file(name, "text/csv; charset=utf-8", body, next_cursor(&view)))
            }
        }
    }
}
