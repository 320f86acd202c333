use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{EXPORT_LIMIT, Entry, Filter, Format, queries};
use crate::app::App;
use crate::http::{ApiError, Json, Query, accepted, file};
use crate::platform::paging::{List, Page};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// `staff:<id>`, `key:<id>`, `operator` or `system`
    #[param(example = "operator")]
    principal: Option<String>,
    /// One action, or all that begin so if it ends with a dot: `redirects.`
    #[param(example = "jobs.retry")]
    action: Option<String>,
    #[param(example = "brand/acme")]
    subject: Option<String>,
    /// The brand itself and what belongs to it
    #[param(example = "acme")]
    brand: Option<String>,
    /// At or after this time
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(example = "2026-11-01T00:00:00Z")]
    from: Option<OffsetDateTime>,
    /// Before this time
    #[serde(default, with = "time::serde::rfc3339::option")]
    #[param(example = "2026-12-01T00:00:00Z")]
    to: Option<OffsetDateTime>,
    /// Stands in what was before or after, large or small letters alike
    #[param(example = "quotes.acme.example")]
    q: Option<String>,
    /// As a file; `Accept` says it, too
    #[param(inline)]
    format: Option<Answer>,
    /// `next_cursor`, or of a file `x-next-cursor`, of the page before
    cursor: Option<String>,
    /// 1 to 100, 50 unless given; of a file at most 10,000, which it is unless given
    #[param(example = 50)]
    limit: Option<u32>,
}

/// How the log is answered.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AuditAnswer)]
enum Answer {
    Json,
    Csv,
    Ndjson,
}

impl Answer {
    fn accepted(headers: &HeaderMap) -> Self {
        let ours = [
            ("application/json", Self::Json),
            ("text/csv", Self::Csv),
            ("application/x-ndjson", Self::Ndjson),
        ];
        accepted(headers, &ours).unwrap_or(Self::Json)
    }

    fn file(self) -> Option<Format> {
        match self {
            Self::Json => None,
            Self::Csv => Some(Format::Csv),
            Self::Ndjson => Some(Format::Ndjson),
        }
    }
}

/// What was changed, by whom, newest first; as CSV or NDJSON, too
///
/// A file has at most 10,000 lines. If there are more, the header `x-next-cursor` says how to go on.
#[utoipa::path(get, path = "/audit", tag = "audit", params(ListQuery),
    security(("api_key" = ["audit.read"])), extensions(("x-within-seconds" = json!(60))),
    responses(
        (status = 200, content(
            (List<Entry> = "application/json"), (String = "text/csv"), (String = "application/x-ndjson")
        ), headers(("x-next-cursor" = Option<String>, description = "On a file that is not the last"))),
    ))]
async fn list(
    State(app): State<App>,
    headers: HeaderMap,
    Query(query): Query<ListQuery>,
) -> Result<Response, ApiError> {
    let answer = query.format.unwrap_or_else(|| Answer::accepted(&headers));
    let page = match answer.file() {
        None => Page::new(query.cursor.as_deref(), query.limit)?,
        Some(_) => Page::of_file(query.cursor.as_deref(), query.limit, EXPORT_LIMIT)?,
    };
    let filter = Filter {
        principal: query.principal,
        action: query.action,
        subject: query.subject,
        brand: query.brand,
        from: query.from,
        to: query.to,
        text: query.q,
    };
    let list = queries::list(&mut *app.db.acquire().await?, &filter, page).await?;
    match answer.file() {
        None => Ok(Json(list).into_response()),
        Some(format) => {
            let (name, mime) = match format {
                Format::Csv => ("audit.csv", "text/csv; charset=utf-8"),
                Format::Ndjson => ("audit.ndjson", "application/x-ndjson"),
            };
            let body = format.write(&list.items, true).map_err(ApiError::unexpected)?;
            Ok(file(name, mime, body, list.next_cursor))
        }
    }
}
