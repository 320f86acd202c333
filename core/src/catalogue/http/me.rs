use axum::extract::State;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::body::TalentBody;
use super::staff::PageQuery;
use crate::access::{Principal, SignedIn};
use crate::app::App;
use crate::catalogue::Error;
use crate::catalogue::commands::{self, Whom};
use crate::catalogue::queries::{self, PriceView, ProfileView};
use crate::http::{ApiError, Json, Query, detached};
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show, change))
        .routes(routes!(prices))
        .routes(routes!(remove_presentation))
}

/// The talent that one is
#[utoipa::path(get, path = "/me/talent", tag = "catalogue", security(("session" = [])),
    responses((status = 200, body = ProfileView), (status = 404, description = "`talent_unknown`: one is none")))]
async fn show(State(app): State<App>, who: SignedIn) -> Result<Json<ProfileView>, ApiError> {
    own(&app, who.person).await.map(Json)
}

/// Change one's terms and what one says of oneself; what is left out stays
#[utoipa::path(patch, path = "/me/talent", tag = "catalogue", request_body = TalentBody,
    security(("session" = [])),
    responses(
        (status = 200, body = ProfileView),
        (status = 404, description = "`talent_unknown`: one is none"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn change(
    State(app): State<App>,
    who: SignedIn,
    by: Principal,
    Json(body): Json<TalentBody>,
) -> Result<Json<ProfileView>, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::change_talent(&command, &by, Whom::Person(who.person), body.into()).await
    })
    .await?;
    own(&app, who.person).await.map(Json)
}

/// Show oneself without a video again; it is removed
#[utoipa::path(delete, path = "/me/talent/presentation", tag = "catalogue", security(("session" = [])),
    responses((status = 204), (status = 404, description = "`talent_unknown`: one is none")))]
async fn remove_presentation(
    State(app): State<App>,
    who: SignedIn,
    by: Principal,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::remove_presentation(&command, &by, Whom::Person(who.person)).await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Every price that one has had, newest first
#[utoipa::path(get, path = "/me/talent/prices", tag = "catalogue", params(PageQuery), security(("session" = [])),
    responses((status = 200, body = List<PriceView>), (status = 404, description = "`talent_unknown`: one is none")))]
async fn prices(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<PriceView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let talent = own(&app, who.person).await?.id;
    Ok(Json(
        queries::list_prices(&mut *app.db.acquire().await?, talent, page).await?,
    ))
}

async fn own(app: &App, person: Uuid) -> Result<ProfileView, ApiError> {
    let profile = queries::profile_of(&mut *app.db.acquire().await?, app, person).await?;
    Ok(profile.ok_or(Error::NoTalent)?)
}
