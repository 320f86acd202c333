use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::access::Principal;
use crate::app::App;
use crate::http::{ApiError, Json, Path, Query, detached};
use crate::platform::paging::{List, Page};
use crate::videos::domain::{VideoStatus, Visibility};
use crate::videos::queries::{self, VideoFilter, VideoView};
use crate::videos::{Error, commands};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(take_down))
        .routes(routes!(put_back))
        .routes(routes!(transcode))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    #[param(inline)]
    status: Option<VideoStatus>,
    #[param(inline)]
    visibility: Option<Visibility>,
    /// Whether staff took it down
    taken_down: Option<bool>,
    /// Only those of this person
    owner: Option<Uuid>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// What became of all uploads, newest first
#[utoipa::path(get, path = "/videos", tag = "videos", params(ListQuery), security(("api_key" = ["videos.manage"])),
    responses((status = 200, body = List<VideoView>)))]
async fn list(
    State(app): State<App>,
    Query(query): Query<ListQuery>,
) -> Result<Json<List<VideoView>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let filter = VideoFilter {
        id: None,
        status: query.status,
        visibility: query.visibility,
        taken_down: query.taken_down,
        owner: query.owner,
    };
    let mut conn = app.db.acquire().await?;
    Ok(Json(queries::list_videos(&mut conn, &filter, page).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TakeDownBody {
    /// Why, for staff: 1 to 2000 characters
    #[schema(example = "It shows somebody who did not agree to it.")]
    reason: String,
}

/// Let nobody see a video any more, from now on; it stays in the store
#[utoipa::path(post, path = "/videos/{id}/take-down", tag = "videos", request_body = TakeDownBody,
    params(("id" = Uuid, Path)), security(("api_key" = ["videos.manage"])),
    responses(
        (status = 204),
        (status = 404, description = "`video_unknown`"),
        (status = 422, description = "`body_invalid`"),
    ))]
async fn take_down(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
    Json(body): Json<TakeDownBody>,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move {
        commands::take_down(&command, &by, id, &body.reason).await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let those see a video again who saw it before it was taken down
#[utoipa::path(post, path = "/videos/{id}/put-back", tag = "videos", params(("id" = Uuid, Path)),
    security(("api_key" = ["videos.manage"])),
    responses((status = 204), (status = 404, description = "`video_unknown`")))]
async fn put_back(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let command = app.clone();
    detached(&app, async move { commands::put_back(&command, &by, id).await }).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Have what is shown of a video made once more, of what is kept of it without our mark
///
/// Whoever sees it sees what there is until all of it is replaced; then whoever is watching it begins anew. How far it is,
/// `GET /v1/uploads/{id}/progress` of its upload tells. Once more is fine.
#[utoipa::path(post, path = "/videos/{id}/transcode", tag = "videos", params(("id" = Uuid, Path)),
    security(("api_key" = ["videos.transcode"])),
    responses(
        (status = 202, body = VideoView),
        (status = 404, description = "`video_unknown`"),
        (status = 409, description = "`video_not_playable`"),
    ))]
async fn transcode(
    State(app): State<App>,
    by: Principal,
    Path(id): Path<Uuid>,
) -> Result<(StatusCode, Json<VideoView>), ApiError> {
    let command = app.clone();
    detached(&app, async move { commands::remake(&command, &by, id).await }).await?;
    let video = queries::find_video(&mut *app.db.acquire().await?, id).await?;
    Ok((StatusCode::ACCEPTED, Json(video.ok_or(Error::UnknownVideo)?)))
}
