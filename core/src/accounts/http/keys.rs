use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::access::{Permission, Principal};
use crate::accounts::commands::{self, NewKey};
use crate::accounts::queries::{self, KeyFilter, KeyView};
use crate::accounts::{Error, domain};
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(find, revoke))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Whose they are
    staff_id: Option<Uuid>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// API keys, newest first; without the permission, a person's own
#[utoipa::path(get, path = "/keys", tag = "keys", params(ListQuery), extensions(("x-scope" = json!("own"))),
    security(("api_key" = ["keys.manage"])), responses((status = 200, body = List<KeyView>)))]
async fn list(
    State(app): State<App>,
    by: Principal,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<KeyView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let own = domain::whose(&by)?;
    if own.is_some() && query.staff_id.is_some() && own != query.staff_id {
        // Of another's keys there are, for a person, none.
        return Ok(Json(page.list(vec![], |key: &KeyView| key.id)));
    }
    let filter = KeyFilter {
        staff_id: own.or(query.staff_id),
    };
    Ok(Json(
        queries::list_keys(&mut *app.db.acquire().await?, filter, page).await?,
    ))
}

/// One API key; without the permission, one of a person's own
#[utoipa::path(get, path = "/keys/{id}", tag = "keys", params(("id" = Uuid, Path)),
    extensions(("x-scope" = json!("own"))), security(("api_key" = ["keys.manage"])),
    responses((status = 200, body = KeyView), (status = 404, description = "`key_unknown`")))]
async fn find(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<Json<KeyView>, ApiError> {
    let (own, key) = (domain::whose(&by)?, view(&app, id).await?);
    if own.is_some() && key.staff_id != own {
        return Err(Error::Unknown.into());
    }
    Ok(Json(key))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKeyBody {
    /// What it is for, for people to read
    #[schema(example = "nightly feed")]
    name: String,
    /// No more than the caller has
    #[schema(example = json!(["rules.read", "rules.edit"]))]
    permissions: Vec<Permission>,
    /// Codes of the brands on which it permits them. Every brand, and what belongs to none, unless given
    #[schema(example = json!(["acme"]))]
    brands: Option<Vec<String>>,
    /// Whose key it is: it never permits more than they may, and nothing while they are suspended. Nobody's
    /// unless given, which needs `keys.manage`
    staff_id: Option<Uuid>,
    /// No later than that of the key that asks
    #[serde(default, with = "time::serde::rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
}

#[derive(Serialize, ToSchema)]
struct CreatedKey {
    /// What callers send as `Authorization: Bearer`. Shown this once.
    token: String,
    #[serde(flatten)]
    key: KeyView,
}

/// Make an API key; without the permission, one of a person's own
#[utoipa::path(post, path = "/keys", tag = "keys", request_body = NewKeyBody,
    extensions(("x-scope" = json!("own"))), security(("api_key" = ["keys.manage"])),
    responses(
        (status = 201, body = CreatedKey),
        (status = 403, description = "`forbidden`: the caller does not have what is to be granted"),
        (status = 409, description = "`staff_suspended`"),
        (status = 422, description = "`key_name_invalid`, `brands_invalid`, `key_expiry_invalid`, \
            `key_outlives_maker`, `staff_unknown`"),
    ))]
async fn create(
    State(app): State<App>,
    by: Principal,
    Json(body): Json<NewKeyBody>,
) -> Result<impl IntoResponse, ApiError> {
    let key = NewKey {
        name: body.name,
        permissions: body.permissions,
        brands: body.brands,
        staff_id: body.staff_id,
        expires_at: body.expires_at,
    };
    let command = app.clone();
    let token = detached(
        &app,
        async move { commands::create_key(&command, &by, key).await },
    )
    .await?;
    let location = [(LOCATION, format!("/v1/keys/{}", token.id))];
    let created = CreatedKey {
        token: token.reveal(),
        key: view(&app, token.id).await?,
    };
    Ok((StatusCode::CREATED, location, Json(created)))
}

/// Revoke an API key, for good and at once; without the permission, one of a person's own
#[utoipa::path(delete, path = "/keys/{id}", tag = "keys", params(("id" = Uuid, Path)),
    extensions(("x-scope" = json!("own"))), security(("api_key" = ["keys.manage"])),
    responses((status = 204), (status = 404, description = "`key_unknown`")))]
async fn revoke(State(app): State<App>, by: Principal, Path(id): Path<Uuid>) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move { commands::revoke_key(&command, &by, id).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn view(app: &App, id: Uuid) -> Result<KeyView, ApiError> {
    let key = queries::find_key(&mut *app.db.acquire().await?, id).await?;
    key.ok_or_else(|| Error::Unknown.into())
}
