use axum::extract::State;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Entry, Filter, queries};
use crate::app::App;
use crate::http::{ApiError, Json, Query};
use crate::platform::paging::{List, Page};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// `key:<id>`, `operator` or `system`
    principal: Option<String>,
    /// Such as `redirects.publish`
    action: Option<String>,
    /// Such as `brand/acme`
    subject: Option<String>,
    /// At or after this time
    #[serde(default, with = "time::serde::rfc3339::option")]
    from: Option<OffsetDateTime>,
    /// Before this time
    #[serde(default, with = "time::serde::rfc3339::option")]
    to: Option<OffsetDateTime>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What was changed, by whom, newest first
#[utoipa::path(get, path = "/audit", tag = "audit", params(ListQuery),
    security(("api_key" = ["audit.read"])), responses((status = 200, body = List<Entry>)))]
async fn list(State(app): State<App>, Query(query): Query<ListQuery>) -> Result<Json<List<Entry>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let ListQuery {
        principal,
        action,
        subject,
        from,
        to,
        ..
    } = query;
    let filter = Filter {
        principal,
        action,
        subject,
        from,
        to,
    };
    Ok(Json(
        queries::list(&mut *app.db.acquire().await?, &filter, page).await?,
    ))
}
