use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::queries::{self, ScheduleView};
use crate::app::App;
use crate::http::{ApiError, Json};
use crate::platform::paging::List;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// What runs by the clock: when it ran, runs next, and how it is
///
/// All of it is on one page.
#[utoipa::path(get, path = "/schedules", tag = "jobs", security(("api_key" = ["jobs.manage"])),
    responses((status = 200, body = List<ScheduleView>)))]
async fn list(State(app): State<App>) -> Result<Json<List<ScheduleView>>, ApiError> {
    Ok(Json(queries::schedules(&app).await?))
}
