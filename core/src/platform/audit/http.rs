use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{EXPORT_LIMIT, Entry, Filter, Format, queries};
use crate::app::App;
use crate::http::{ApiError, Json, Query};
use crate::platform::paging::{List, Page};

/// On a file that is not the last: what to give as `cursor` for the next.
const NEXT_CURSOR: HeaderName = HeaderName::from_static("x-next-cursor");

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
enum Answer {
    Json,
    Csv,
    Ndjson,
}

impl Answer {
    /// The first type of `Accept` that we write.
    fn accepted(headers: &HeaderMap) -> Self {
        let accept = headers.get_all(header::ACCEPT).iter();
        let types = accept
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        types
            .filter_map(|one| match one.split(';').next().unwrap_or_default().trim() {
                "application/json" => Some(Self::Json),
                "text/csv" => Some(Self::Csv),
                "application/x-ndjson" => Some(Self::Ndjson),
                _ => None,
            })
            .next()
            .unwrap_or(Self::Json)
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
        Some(format) => file(format, &list),
    }
}

fn file(format: Format, list: &List<Entry>) -> Result<Response, ApiError> {
    let (mime, disposition) = match format {
        Format::Csv => ("text/csv; charset=utf-8", r#"attachment; filename="audit.csv""#),
        Format::Ndjson => ("application/x-ndjson", r#"attachment; filename="audit.ndjson""#),
    };
    let body = format.write(&list.items, true).map_err(ApiError::unexpected)?;
    let head = [
        (header::CONTENT_TYPE, mime),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    let next = list.next_cursor.clone().map(|cursor| [(NEXT_CURSOR, cursor)]);
    Ok(match next {
        Some(next) => (head, next, body).into_response(),
        None => (head, body).into_response(),
    })
}
