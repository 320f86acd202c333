use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::app::App;
use crate::catalogue;
use crate::http::{ApiError, Json, Path, Query};
use crate::orders::queries::{self, VideoPage};
use crate::platform::paging::{List, Page};
use crate::videos::Pass;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(show))
        .routes(routes!(of_talent))
}

/// A video and where to play it: a public one for everybody, a private one for who has its link
#[utoipa::path(get, path = "/videos/{id}", tag = "videos", security(()), params(("id" = Uuid, Path), Pass),
    responses(
        (status = 200, body = VideoPage),
        (status = 403, description = "`link_expired`, `link_invalid`"),
        (status = 404, description = "`video_unknown`"),
        (status = 410, description = "`video_taken_down`"),
    ))]
async fn show(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(pass): Query<Pass>,
) -> Result<impl IntoResponse, ApiError> {
    let mut conn = app.db.acquire().await?;
    let page = queries::video_page(&mut conn, &app, id, &pass).await?;
    // Private ones are not to be found by search engines, and the links in either work for an hour.
    Ok((
        [(header::CACHE_CONTROL, "private, max-age=300")],
        [("x-robots-tag", if page.is_public { "all" } else { "noindex" })],
        Json(page),
    ))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// The videos of a talent that everybody may see, newest first
#[utoipa::path(get, path = "/talents/{id}/videos", tag = "catalogue", security(()),
    params(("id" = Uuid, Path), PageQuery),
    responses((status = 200, body = List<VideoPage>), (status = 404, description = "`talent_unknown`")))]
async fn of_talent(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(query): Query<PageQuery>,
) -> Result<Json<List<VideoPage>>, ApiError> {
    let page = Page::new(query.cursor.as_deref(), query.limit)?;
    let mut conn = app.db.acquire().await?;
    let videos = queries::public_videos(&mut conn, &app, id, page).await?;
    Ok(Json(videos.ok_or(catalogue::Error::NoTalent)?))
}
