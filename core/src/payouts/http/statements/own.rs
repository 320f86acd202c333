//! For talents and for who acts for an agency.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{MonthsQuery, StatementQuery, TalentsQuery, answer, months, talents};
use crate::access::SignedIn;
use crate::app::App;
use crate::catalogue::{self, Payee};
use crate::http::{ApiError, Json, Path, Query};
use crate::orders;
use crate::payouts::Month;
use crate::payouts::queries::{MonthView, StatementView, TalentSums};
use crate::platform::paging::List;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(own_months))
        .routes(routes!(own))
        .routes(routes!(agencys_months))
        .routes(routes!(agencys))
        .routes(routes!(agencys_talents))
}

/// Month by month, what oneself as a talent earned, what was taken back and paid out, newest first
#[utoipa::path(get, path = "/me/talent/statements", tag = "payouts", params(MonthsQuery), security(("session" = [])),
    responses(
        (status = 200, body = List<MonthView>),
        (status = 404, description = "`talent_unknown`: one is none"),
    ))]
async fn own_months(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<MonthsQuery>,
) -> Result<Json<List<MonthView>>, ApiError> {
    months(&app, own_account(&app, who).await?, &query).await
}

/// All that moved one's account as a talent in a month; as CSV or a page to print, too
#[utoipa::path(get, path = "/me/talent/statements/{month}", tag = "payouts",
    params(("month" = String, Path, example = "2026-11"), StatementQuery), security(("session" = [])),
    extensions(("x-within-seconds" = json!(60))),
    responses(
        (status = 200, content((StatementView = "application/json"), (String = "text/csv"), (String = "text/html"))),
        (status = 404, description = "`talent_unknown`: one is none"),
    ))]
async fn own(
    State(app): State<App>,
    who: SignedIn,
    headers: HeaderMap,
    Path(month): Path<Month>,
    Query(query): Query<StatementQuery>,
) -> Result<Response, ApiError> {
    let payee = own_account(&app, who).await?;
    answer(&app, &headers, payee, month, &query).await
}

/// Month by month, what an agency that one acts for earned, what was taken back and paid out, newest first
#[utoipa::path(get, path = "/me/agencies/{id}/statements", tag = "payouts",
    params(("id" = Uuid, Path), MonthsQuery), security(("session" = [])),
    responses(
        (status = 200, body = List<MonthView>),
        (status = 404, description = "`agency_unknown`: there is none, or one acts for another"),
    ))]
async fn agencys_months(
    State(app): State<App>,
    who: SignedIn,
    Path(id): Path<Uuid>,
    Query(query): Query<MonthsQuery>,
) -> Result<Json<List<MonthView>>, ApiError> {
    months(&app, agencys_account(&app, who, id).await?, &query).await
}

/// All that moved the account of an agency that one acts for in a month; as CSV or a page to print, too
#[utoipa::path(get, path = "/me/agencies/{id}/statements/{month}", tag = "payouts",
    params(("id" = Uuid, Path), ("month" = String, Path, example = "2026-11"), StatementQuery),
    security(("session" = [])), extensions(("x-within-seconds" = json!(60))),
    responses(
        (status = 200, content((StatementView = "application/json"), (String = "text/csv"), (String = "text/html"))),
        (status = 404, description = "`agency_unknown`: there is none, or one acts for another"),
    ))]
async fn agencys(
    State(app): State<App>,
    who: SignedIn,
    headers: HeaderMap,
    Path((id, month)): Path<(Uuid, Month)>,
    Query(query): Query<StatementQuery>,
) -> Result<Response, ApiError> {
    let payee = agencys_account(&app, who, id).await?;
    answer(&app, &headers, payee, month, &query).await
}

/// What an agency that one acts for got of each of those who were its talents in a month
#[utoipa::path(get, path = "/me/agencies/{id}/statements/{month}/talents", tag = "payouts",
    params(("id" = Uuid, Path), ("month" = String, Path, example = "2026-11"), TalentsQuery),
    security(("session" = [])),
    responses(
        (status = 200, body = List<TalentSums>),
        (status = 404, description = "`agency_unknown`: there is none, or one acts for another"),
    ))]
async fn agencys_talents(
    State(app): State<App>,
    who: SignedIn,
    Path((id, month)): Path<(Uuid, Month)>,
    Query(query): Query<TalentsQuery>,
) -> Result<Json<List<TalentSums>>, ApiError> {
    agencys_account(&app, who, id).await?;
    talents(&app, id, month, &query).await
}

async fn own_account(app: &App, who: SignedIn) -> Result<Payee, ApiError> {
    let mut conn = app.db.acquire().await?;
    let talent = orders::queries::talent_of(&mut conn, who.person).await?;
    Ok(Payee::Talent(talent.ok_or(catalogue::Error::NoTalent)?))
}

async fn agencys_account(app: &App, who: SignedIn, id: Uuid) -> Result<Payee, ApiError> {
    let payee = Payee::Agency(id);
    let mut conn = app.db.acquire().await?;
    if catalogue::is_payee(&mut conn, payee, Some(who.person)).await? {
        Ok(payee)
    } else {
        Err(catalogue::Error::from(payee).into())
    }
}
