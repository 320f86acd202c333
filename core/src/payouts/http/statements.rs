//! Statements, as JSON, as a file and as a page.

mod own;
mod staff;

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use crate::app::App;
use crate::catalogue::Payee;
use crate::http::{ApiError, Json, accepted, file};
use crate::locale::Locale;
use crate::money::Currency;
use crate::payouts::queries::{self, MonthView, TalentSums};
use crate::payouts::{Error, Month, statement};
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    own::routes().merge(staff::routes())
}

/// How a statement is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = StatementAnswer)]
enum Answer {
    /// In sums, and the lines page by page
    Json,
    /// All lines, for spreadsheets
    Csv,
    /// All lines, to be printed
    Html,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct MonthsQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct StatementQuery {
    /// The usual one, unless it is said
    #[param(value_type = Option<String>, example = "BRL")]
    currency: Option<Currency>,
    /// As a file or a page; `Accept` says it, too
    #[param(inline)]
    format: Option<Answer>,
    /// Of a file or a page; that of whose it is, unless it is said
    #[param(inline)]
    locale: Option<Locale>,
    cursor: Option<String>,
    limit: Option<u32>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct TalentsQuery {
    /// The usual one, unless it is said
    #[param(value_type = Option<String>, example = "BRL")]
    currency: Option<Currency>,
    cursor: Option<String>,
    limit: Option<u32>,
}

async fn months(app: &App, payee: Payee, query: &MonthsQuery) -> Result<Json<List<MonthView>>, ApiError> {
    let mut conn = app.db.acquire().await?;
    let (cursor, limit) = (query.cursor.as_deref(), query.limit);
    Ok(Json(
        queries::months_of(&mut conn, app, payee, cursor, limit).await?,
    ))
}

async fn talents(
    app: &App,
    agency: Uuid,
    month: Month,
    query: &TalentsQuery,
) -> Result<Json<List<TalentSums>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let (month, currency) = queries::or_usual(app, Some(month), query.currency);
    let mut conn = app.db.acquire().await?;
    Ok(Json(
        queries::talents_of(&mut conn, app, agency, month, currency, page).await?,
    ))
}

async fn answer(
    app: &App,
    headers: &HeaderMap,
    payee: Payee,
    month: Month,
    query: &StatementQuery,
) -> Result<Response, ApiError> {
    let ours = [
        ("application/json", Answer::Json),
        ("text/csv", Answer::Csv),
        ("text/html", Answer::Html),
    ];
    let answer = query.format.or_else(|| accepted(headers, &ours));
    let answer = answer.unwrap_or(Answer::Json);
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let (month, currency) = queries::or_usual(app, Some(month), query.currency);
    let page = Some(page).filter(|_| answer == Answer::Json);
    let (view, locale) = queries::statement(app, payee, month, currency, page).await?;
    let (locale, zone) = (query.locale.unwrap_or(locale), &app.config.zone);
    match answer {
        Answer::Json => Ok(Json(view).into_response()),
        Answer::Csv => {
            let body = statement::sheet(&view, locale, zone).write(true);
            let name = statement::file_name(month, "csv");
            Ok(file(
                &name,
                "text/csv; charset=utf-8",
                body.map_err(Error::from)?,
                None,
            ))
        }
        Answer::Html => {
            let body = statement::page(&view, locale, zone).map_err(Error::from)?;
            let head = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                // It holds what people call themselves: nothing of it is to be run.
                (
                    header::CONTENT_SECURITY_POLICY,
                    "default-src 'none'; style-src 'unsafe-inline'",
                ),
            ];
            Ok((head, body).into_response())
        }
    }
}
