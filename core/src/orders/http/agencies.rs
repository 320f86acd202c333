use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::access::SignedIn;
use crate::app::App;
use crate::catalogue;
use crate::http::{ApiError, Json, Path, Query};
use crate::orders::queries::{self, AgencyFilter, AgencyOrder};
use crate::orders::{Error, Status};
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AgencyOrdersQuery {
    #[param(inline)]
    status: Option<Status>,
    /// Only of this talent
    talent: Option<Uuid>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What was ordered of the talents of an agency that one acts for, newest first; where customers are written to is not said
#[utoipa::path(get, path = "/me/agencies/{id}/orders", tag = "orders", params(("id" = Uuid, Path), AgencyOrdersQuery),
    security(("session" = [])),
    responses(
        (status = 200, body = List<AgencyOrder>),
        (status = 404, description = "`agency_unknown`: there is none, or one acts for another"),
    ))]
async fn list(
    State(app): State<App>,
    who: SignedIn,
    Path(id): Path<Uuid>,
    Query(query): Query<AgencyOrdersQuery>,
) -> Result<Json<List<AgencyOrder>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let mut conn = app.db.acquire().await?;
    let agency = catalogue::find_agency(&mut conn, id, Some(who.person)).await?;
    let agency = agency.ok_or(catalogue::Error::NoAgency)?;
    let filter = AgencyFilter {
        status: query.status,
        talent: query.talent,
    };
    let list = queries::of_agency(&mut conn, agency.id, filter, page).await;
    Ok(Json(list.map_err(Error::from)?))
}
