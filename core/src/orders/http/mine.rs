use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::access::SignedIn;
use crate::app::App;
use crate::catalogue;
use crate::http::{ApiError, Json, Query};
use crate::orders::Status;
use crate::orders::queries::{self, InboxItem, OrderItem};
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(ordered))
        .routes(routes!(inbox))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct MineQuery {
    #[param(inline)]
    status: Option<Status>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What one has ordered, newest first, also without an account
#[utoipa::path(get, path = "/me/orders", tag = "orders", params(MineQuery), security(("session" = [])),
    responses((status = 200, body = List<OrderItem>)))]
async fn ordered(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<MineQuery>,
) -> Result<Json<List<OrderItem>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let mut conn = app.db.acquire().await?;
    Ok(Json(
        queries::of_customer(&mut conn, who.person, query.status, page).await?,
    ))
}

/// What was ordered of oneself as a talent, what is due first before others: open orders, unless it is said which
#[utoipa::path(get, path = "/me/talent/orders", tag = "orders", params(MineQuery), security(("session" = [])),
    responses((status = 200, body = List<InboxItem>), (status = 404, description = "`talent_unknown`: one is none")))]
async fn inbox(
    State(app): State<App>,
    who: SignedIn,
    Query(query): Query<MineQuery>,
) -> Result<Json<List<InboxItem>>, ApiError> {
    let mut conn = app.db.acquire().await?;
    let talent = queries::talent_of(&mut conn, who.person).await?;
    let talent = talent.ok_or(catalogue::Error::NoTalent)?;
    let status = query.status.unwrap_or(Status::Open);
    let (cursor, limit) = (query.cursor.as_deref(), query.limit);
    Ok(Json(
        queries::inbox(&mut conn, talent, status, cursor, limit).await?,
    ))
}
