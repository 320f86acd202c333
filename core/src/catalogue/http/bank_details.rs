use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::access::{Principal, SignedIn};
use crate::app::App;
use crate::catalogue::Error;
use crate::catalogue::commands;
use crate::catalogue::domain::{BankDetails, Payee};
use crate::catalogue::queries::{self, BankDetailsView};
use crate::http::{ApiError, IfMatch, Json, Path, detached, etag};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show_own, set_own, remove_own))
        .routes(routes!(show_agencys, set_agencys, remove_agencys))
        .routes(routes!(show_of_talent, set_of_talent, remove_of_talent))
        .routes(routes!(show_of_agency, set_of_agency, remove_of_agency))
}

/// Where one is paid out to, by its end
#[utoipa::path(get, path = "/me/talent/bank-details", tag = "catalogue", security(("session" = [])),
    responses(
        (status = 200, body = BankDetailsView, headers(("etag" = String))),
        (status = 404, description = "`talent_unknown`: one is none; `bank_details_unknown`"),
    ))]
async fn show_own(State(app): State<App>, who: SignedIn) -> Result<impl IntoResponse, ApiError> {
    let payee = own(&app, who).await?;
    shown(&app, payee, Some(who.person)).await
}

/// Say where one is paid out to from now on; a mail tells it
#[utoipa::path(put, path = "/me/talent/bank-details", tag = "catalogue", params(("if-match" = String, Header)),
    request_body = BankDetails, security(("session" = [])),
    responses(
        (status = 200, body = BankDetailsView, headers(("etag" = String))),
        (status = 404, description = "`talent_unknown`"),
        (status = 409, description = "`account_taken`: another talent has this account"),
        (status = 412, description = "`bank_details_changed`"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn set_own(
    State(app): State<App>,
    who: SignedIn,
    by: Principal,
    seen: IfMatch,
    Json(body): Json<BankDetails>,
) -> Result<impl IntoResponse, ApiError> {
    let payee = own(&app, who).await?;
    set(&app, by, payee, Some(who.person), seen, body).await
}

/// Forget where one is paid out to; a mail tells it
#[utoipa::path(delete, path = "/me/talent/bank-details", tag = "catalogue", params(("if-match" = String, Header)),
    security(("session" = [])),
    responses(
        (status = 204),
        (status = 404, description = "`talent_unknown`: one is none; `bank_details_unknown`"),
        (status = 412, description = "`bank_details_changed`"),
    ))]
async fn remove_own(
    State(app): State<App>,
    who: SignedIn,
    by: Principal,
    seen: IfMatch,
) -> Result<StatusCode, ApiError> {
    let payee = own(&app, who).await?;
    remove(&app, by, payee, Some(who.person), seen).await
}

/// Where an agency that one acts for is paid out to, by its end
#[utoipa::path(get, path = "/me/agencies/{id}/bank-details", tag = "catalogue", params(("id" = Uuid, Path)),
    security(("session" = [])),
    responses(
        (status = 200, body = BankDetailsView, headers(("etag" = String))),
        (status = 404, description = "`agency_unknown`: there is none, or one acts for another; `bank_details_unknown`"),
    ))]
async fn show_agencys(
    State(app): State<App>,
    who: SignedIn,
    Path(id): Path<Uuid>,
) -> Result<impl IntoResponse, ApiError> {
    let payee = Payee::Agency(id);
    shown(&app, payee, Some(who.person)).await
}

/// Say where an agency that one acts for is paid out to from now on; a mail tells it
#[utoipa::path(put, path = "/me/agencies/{id}/bank-details", tag = "catalogue", params(("id" = Uuid, Path), ("if-match" = String, Header)),
    request_body = BankDetails, security(("session" = [])),
    responses(
        (status = 200, body = BankDetailsView, headers(("etag" = String))),
        (status = 404, description = "`agency_unknown`"),
        (status = 409, description = "`account_taken`: another agency has this account"),
        (status = 412, description = "`bank_details_changed`"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn set_agencys(
    State(app): State<App>,
    who: SignedIn,
    by: Principal,
    Path(id): Path<Uuid>,
    seen: IfMatch,
    Json(body): Json<BankDetails>,
) -> Result<impl IntoResponse, ApiError> {
    let payee = Payee::Agency(id);
    set(&app, by, payee, Some(who.person), seen, body).await
}

/// Forget where an agency that one acts for is paid out to; a mail tells it
#[utoipa::path(delete, path = "/me/agencies/{id}/bank-details", tag = "catalogue", params(("id" = Uuid, Path), ("if-match" = String, Header)),
    security(("session" = [])),
    responses(
        (status = 204),
        (status = 404, description = "`agency_unknown`: there is none, or one acts for another; `bank_details_unknown`"),
        (status = 412, description = "`bank_details_changed`"),
    ))]
async fn remove_agencys(
    State(app): State<App>,
    who: SignedIn,
    by: Principal,
    Path(id): Path<Uuid>,
    seen: IfMatch,
) -> Result<StatusCode, ApiError> {
    let payee = Payee::Agency(id);
    remove(&app, by, payee, Some(who.person), seen).await
}

/// Where a talent is paid out to, by its end
#[utoipa::path(get, path = "/catalogue/talents/{id}/bank-details", tag = "catalogue", params(("id" = Uuid, Path)),
    security(("api_key" = ["bank_details.manage"])),
    responses(
        (status = 200, body = BankDetailsView, headers(("etag" = String))),
        (status = 404, description = "`talent_unknown`, `bank_details_unknown`"),
    ))]
async fn show_of_talent(State(app): State<App>, Path(id): Path<Uuid>) -> Result<impl IntoResponse, ApiError> {
    let payee = Payee::Talent(id);
    shown(&app, payee, None).await
}

/// Say where a talent is paid out to from now on; a mail tells it
#[utoipa::path(put, path = "/catalogue/talents/{id}/bank-details", tag = "catalogue", params(("id" = Uuid, Path), ("if-match" = String, Header)),
    request_body = BankDetails, security(("api_key" = ["bank_details.manage"])),
    responses(
        (status = 200, body = BankDetailsView, headers(("etag" = String))),
        (status = 404, description = "`talent_unknown`"),
        (status = 409, description = "`account_taken`: another talent has this account"),
        (status = 412, description = "`bank_details_changed`"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn set_of_talent(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    seen: IfMatch,
    Json(body): Json<BankDetails>,
) -> Result<impl IntoResponse, ApiError> {
    let payee = Payee::Talent(id);
    set(&app, by, payee, None, seen, body).await
}

/// Forget where a talent is paid out to; a mail tells it
#[utoipa::path(delete, path = "/catalogue/talents/{id}/bank-details", tag = "catalogue", params(("id" = Uuid, Path), ("if-match" = String, Header)),
    security(("api_key" = ["bank_details.manage"])),
    responses(
        (status = 204),
        (status = 404, description = "`talent_unknown`, `bank_details_unknown`"),
        (status = 412, description = "`bank_details_changed`"),
    ))]
async fn remove_of_talent(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    seen: IfMatch,
) -> Result<StatusCode, ApiError> {
    let payee = Payee::Talent(id);
    remove(&app, by, payee, None, seen).await
}

/// Where an agency is paid out to, by its end
#[utoipa::path(get, path = "/agencies/{id}/bank-details", tag = "catalogue", params(("id" = Uuid, Path)),
    security(("api_key" = ["bank_details.manage"])),
    responses(
        (status = 200, body = BankDetailsView, headers(("etag" = String))),
        (status = 404, description = "`agency_unknown`, `bank_details_unknown`"),
    ))]
async fn show_of_agency(State(app): State<App>, Path(id): Path<Uuid>) -> Result<impl IntoResponse, ApiError> {
    let payee = Payee::Agency(id);
    shown(&app, payee, None).await
}

/// Say where an agency is paid out to from now on; a mail tells it
#[utoipa::path(put, path = "/agencies/{id}/bank-details", tag = "catalogue", params(("id" = Uuid, Path), ("if-match" = String, Header)),
    request_body = BankDetails, security(("api_key" = ["bank_details.manage"])),
    responses(
        (status = 200, body = BankDetailsView, headers(("etag" = String))),
        (status = 404, description = "`agency_unknown`"),
        (status = 409, description = "`account_taken`: another agency has this account"),
        (status = 412, description = "`bank_details_changed`"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn set_of_agency(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    seen: IfMatch,
    Json(body): Json<BankDetails>,
) -> Result<impl IntoResponse, ApiError> {
    let payee = Payee::Agency(id);
    set(&app, by, payee, None, seen, body).await
}

/// Forget where an agency is paid out to; a mail tells it
#[utoipa::path(delete, path = "/agencies/{id}/bank-details", tag = "catalogue", params(("id" = Uuid, Path), ("if-match" = String, Header)),
    security(("api_key" = ["bank_details.manage"])),
    responses(
        (status = 204),
        (status = 404, description = "`agency_unknown`, `bank_details_unknown`"),
        (status = 412, description = "`bank_details_changed`"),
    ))]
async fn remove_of_agency(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    seen: IfMatch,
) -> Result<StatusCode, ApiError> {
    let payee = Payee::Agency(id);
    remove(&app, by, payee, None, seen).await
}

/// The talent that one is.
async fn own(app: &App, who: SignedIn) -> Result<Payee, ApiError> {
    let profile = queries::profile_of(&mut *app.db.acquire().await?, app, who.person).await?;
    Ok(Payee::Talent(profile.ok_or(Error::NoTalent)?.id))
}

async fn set(
    app: &App,
    by: Principal,
    payee: Payee,
    acting: Option<Uuid>,
    IfMatch(seen): IfMatch,
    new: BankDetails,
) -> Result<impl IntoResponse + use<>, ApiError> {
    let command = app.clone();
    detached(app, async move {
        commands::set_bank_details(&command, &by, payee, acting, seen, new).await
    })
    .await?;
    shown(app, payee, acting).await
}

async fn remove(
    app: &App,
    by: Principal,
    payee: Payee,
    acting: Option<Uuid>,
    IfMatch(seen): IfMatch,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(app, async move {
        commands::remove_bank_details(&command, &by, payee, acting, seen).await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn shown(app: &App, payee: Payee, acting: Option<Uuid>) -> Result<impl IntoResponse + use<>, ApiError> {
    let mut conn = app.db.acquire().await?;
    if !queries::is_payee(&mut conn, payee, acting).await? {
        return Err(Error::from(payee).into());
    }
    let details = queries::find_bank_details(&mut conn, app, payee)
        .await
        .map_err(Error::from)?;
    let details = details.ok_or(Error::NoBankDetails)?;
    Ok((etag(details.version), Json(details)))
}
