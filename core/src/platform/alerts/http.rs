use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::queries::{self, AlertView, Filter};
use super::{Error, Severity, commands};
use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::platform::paging::{List, Page};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(acknowledge))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[param(example = "jobs.dead")]
    code: Option<String>,
    #[param(inline)]
    severity: Option<Severity>,
    /// Whether nobody has acknowledged it
    #[param(example = true)]
    open: Option<bool>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What a person should look at, the newest first
///
/// The same, of one code about one subject, is one alert until somebody acknowledges it.
#[utoipa::path(get, path = "/alerts", tag = "alerts", params(ListQuery),
    security(("api_key" = ["alerts.read"])), responses((status = 200, body = List<AlertView>)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<AlertView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = Filter {
        code: query.code,
        severity: query.severity,
        open: query.open,
    };
    Ok(Json(queries::list(&app, &filter, page).await?))
}

/// One alert
#[utoipa::path(get, path = "/alerts/{id}", tag = "alerts", params(("id" = Uuid, Path)),
    security(("api_key" = ["alerts.read"])),
    responses((status = 200, body = AlertView), (status = 404, description = "`alert_unknown`")))]
async fn show(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Json<AlertView>, ApiError> {
    let alert = queries::find(&app, id).await?;
    alert.map(Json).ok_or_else(|| Error::Unknown.into())
}

/// Say that somebody looks after it: nobody is told of this one any more
///
/// Raised again, it is another one, and told again.
#[utoipa::path(post, path = "/alerts/{id}/acknowledge", tag = "alerts", params(("id" = Uuid, Path)),
    security(("api_key" = ["alerts.manage"])), responses(
        (status = 200, body = AlertView),
        (status = 404, description = "`alert_unknown`"),
        (status = 409, description = "`alert_acknowledged`"),
    ))]
async fn acknowledge(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<Json<AlertView>, ApiError> {
    let command = app.clone();
    detached(
        &app,
        async move { commands::acknowledge(&command, &by, id).await },
    )
    .await?;
    show(State(app), Path(id)).await
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Unknown => Self::not_found("alert_unknown", detail),
            Error::Acknowledged => Self::conflict("alert_acknowledged", detail),
            Error::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}
