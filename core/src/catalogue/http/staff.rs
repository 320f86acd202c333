use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::body::TalentBody;
use crate::access::Principal;
use crate::app::App;
use crate::catalogue::Error;
use crate::catalogue::commands::{self, NewTalent, Whom};
use crate::catalogue::domain::Network;
use crate::catalogue::queries::{self, PriceView, ProfileFilter, ProfileView};
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::locale::Locale;
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(find, change))
        .routes(routes!(prices))
        .routes(routes!(remove_presentation))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Part of the name, accents and capitals apart, or the whole e-mail address
    #[param(example = "lima")]
    text: Option<String>,
    /// A category's slug
    #[param(example = "musicians")]
    category: Option<String>,
    /// Only those whom the public sees (`true`), or does not (`false`)
    listed: Option<bool>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Every talent with all that the public does not see, newest first
#[utoipa::path(get, path = "/catalogue/talents", tag = "catalogue", params(ListQuery),
    security(("api_key" = ["talents.manage"])), responses((status = 200, body = List<ProfileView>)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<ProfileView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = ProfileFilter {
        text: query.text,
        category: query.category,
        listed: query.listed,
    };
    Ok(Json(
        queries::list_profiles(&mut *app.db.acquire().await?, &app, &filter, page).await?,
    ))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTalentBody {
    #[schema(example = "ana@acme.example")]
    email: String,
    /// As the public knows them
    #[schema(example = "Ana Lima")]
    name: String,
    /// In which language to write to them
    #[serde(default)]
    locale: Locale,
    /// Where most people know them from
    network: Network,
    #[schema(example = "analima")]
    handle: String,
    #[schema(example = 120_000)]
    followers: i64,
    /// International: with the country's code
    #[schema(example = "+5511999990000")]
    phone: String,
}

/// Take somebody in as a talent; they are mailed how to go on
#[utoipa::path(post, path = "/catalogue/talents", tag = "catalogue", request_body = NewTalentBody,
    security(("api_key" = ["talents.manage"])),
    responses(
        (status = 201, body = ProfileView),
        (status = 409, description = "`talent_exists`: whoever has the address is one"),
        (status = 422, description = "`body_invalid`, `email_invalid`, `name_invalid`"),
    ))]
async fn create(
    State(app): State<App>,
    by: Principal,
    Json(body): Json<NewTalentBody>,
) -> Result<impl IntoResponse, ApiError> {
    let new = NewTalent {
        email: body.email,
        name: body.name,
        locale: body.locale,
        network: body.network,
        handle: body.handle,
        followers: body.followers,
        phone: body.phone,
    };
    let command = app.clone();
    let id = detached(
        &app,
        async move { commands::create_talent(&command, &by, new).await },
    )
    .await?;
    let location = [(header::LOCATION, format!("/v1/catalogue/talents/{id}"))];
    Ok((StatusCode::CREATED, location, view(&app, id).await?))
}

/// A talent with all that the public does not see
#[utoipa::path(get, path = "/catalogue/talents/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
    security(("api_key" = ["talents.manage"])),
    responses((status = 200, body = ProfileView), (status = 404, description = "`talent_unknown`")))]
async fn find(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Json<ProfileView>, ApiError> {
    view(&app, id).await
}

/// Change a talent's terms; what is left out stays
#[utoipa::path(patch, path = "/catalogue/talents/{id}", tag = "catalogue", params(("id" = Uuid, Path)),
    request_body = TalentBody, security(("api_key" = ["talents.manage"])),
    responses(
        (status = 200, body = ProfileView),
        (status = 404, description = "`talent_unknown`"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn change(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    Json(body): Json<TalentBody>,
) -> Result<Json<ProfileView>, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::change_talent(&command, &by, Whom::Id(id), body.into()).await
    })
    .await?;
    view(&app, id).await
}

/// Show a talent without a video again; it is removed
#[utoipa::path(delete, path = "/catalogue/talents/{id}/presentation", tag = "catalogue",
    params(("id" = Uuid, Path)), security(("api_key" = ["talents.manage"])),
    responses((status = 204), (status = 404, description = "`talent_unknown`")))]
async fn remove_presentation(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::remove_presentation(&command, &by, Whom::Id(id)).await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PageQuery {
    pub(super) cursor: Option<String>,
    pub(super) limit: Option<u32>,
}

/// Every price that a talent has had, newest first
#[utoipa::path(get, path = "/catalogue/talents/{id}/prices", tag = "catalogue",
    params(("id" = Uuid, Path), PageQuery), security(("api_key" = ["talents.manage"])),
    responses((status = 200, body = List<PriceView>), (status = 404, description = "`talent_unknown`")))]
async fn prices(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<PriceView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    view(&app, id).await?;
    Ok(Json(
        queries::list_prices(&mut *app.db.acquire().await?, id, page).await?,
    ))
}

async fn view(app: &App, id: Uuid) -> Result<Json<ProfileView>, ApiError> {
    let profile = queries::find_profile(&mut *app.db.acquire().await?, app, id).await?;
    profile.map(Json).ok_or_else(|| Error::NoTalent.into())
}
