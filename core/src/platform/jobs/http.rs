use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{Error, Filter, JobView, Retried, Status, commands, queries};
use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::platform::paging::{List, Page};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(find, discard))
        .routes(routes!(retry))
        .routes(routes!(retry_all))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[param(inline)]
    status: Option<Status>,
    /// Such as `redirects.sync`
    name: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Jobs that are not done, newest first
#[utoipa::path(get, path = "/jobs", tag = "jobs", params(ListQuery),
    security(("api_key" = ["jobs.manage"])), responses((status = 200, body = List<JobView>)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<JobView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = Filter {
        status: query.status,
        name: query.name,
    };
    Ok(Json(
        queries::list(&mut *app.db.acquire().await?, &filter, page).await?,
    ))
}

/// One job
#[utoipa::path(get, path = "/jobs/{id}", tag = "jobs", params(("id" = Uuid, Path)),
    security(("api_key" = ["jobs.manage"])), responses((status = 200, body = JobView)))]
async fn find(State(app): State<App>, Path(id): Path<Uuid>) -> Result<Json<JobView>, ApiError> {
    let job = queries::find(&mut *app.db.acquire().await?, id).await?;
    job.map(Json).ok_or_else(|| Error::Unknown.into())
}

/// Try a dead job again
#[utoipa::path(post, path = "/jobs/{id}/retry", tag = "jobs", params(("id" = Uuid, Path)),
    security(("api_key" = ["jobs.manage"])), responses(
        (status = 200, body = JobView),
        (status = 404, description = "`job_unknown`"),
        (status = 409, description = "`job_not_dead`, `job_asked_for_again`"),
    ))]
async fn retry(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<Json<JobView>, ApiError> {
    let command = app.clone();
    let job = detached(&app, async move { commands::retry(&command, &by, id).await }).await?;
    Ok(Json(job))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RetryAllBody {
    /// Of which kind
    #[schema(example = "videos.transcode")]
    name: String,
}

/// Try all dead jobs of one kind again, up to a thousand
#[utoipa::path(post, path = "/jobs/retry", tag = "jobs", request_body = RetryAllBody,
    security(("api_key" = ["jobs.manage"])), responses((status = 200, body = Retried)))]
async fn retry_all(
    State(app): State<App>,
    by: Principal,
    Json(body): Json<RetryAllBody>,
) -> Result<Json<Retried>, ApiError> {
    let command = app.clone();
    let retried = detached(&app, async move {
        commands::retry_all(&command, &by, &body.name).await
    });
    Ok(Json(retried.await?))
}

/// Give a dead job up
#[utoipa::path(delete, path = "/jobs/{id}", tag = "jobs", params(("id" = Uuid, Path)),
    security(("api_key" = ["jobs.manage"])), responses(
        (status = 204),
        (status = 404, description = "`job_unknown`"),
        (status = 409, description = "`job_not_dead`"),
    ))]
async fn discard(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move { commands::discard(&command, &by, id).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Unknown => Self::not_found("job_unknown", detail),
            Error::NotDead => Self::conflict("job_not_dead", detail),
            Error::AskedForAgain => Self::conflict("job_asked_for_again", detail),
            Error::Unexpected(cause) => Self::unexpected(cause),
        }
    }
}
