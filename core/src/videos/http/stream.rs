//! Playlists, for players of HLS.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::app::App;
use crate::http::{ApiError, ClientNetwork, Path, Query};
use crate::videos::commands;
use crate::videos::queries;
use crate::videos::{Error, Pass};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(master))
        .routes(routes!(height))
        .routes(routes!(view))
}

const PLAYLIST: &str = "application/vnd.apple.mpegurl";
/// The links in a playlist work for at least an hour.
const CACHED: &str = "private, max-age=600";

/// The list of a video's streams (HLS); a private one needs what its link says
#[utoipa::path(get, path = "/videos/{id}/stream.m3u8", tag = "videos", security(()), params(("id" = Uuid, Path), Pass),
    responses(
        (status = 200, content((String = "application/vnd.apple.mpegurl"))),
        (status = 403, description = "`link_expired`, `link_invalid`"),
        (status = 404, description = "`video_unknown`, `video_not_streamed`"),
        (status = 410, description = "`video_taken_down`"),
    ))]
async fn master(
    State(app): State<App>,
    Path(id): Path<Uuid>,
    Query(pass): Query<Pass>,
) -> Result<impl IntoResponse, ApiError> {
    let mut conn = app.db.acquire().await?;
    let text = queries::master_playlist(&mut conn, &app, id, &pass).await?;
    Ok(playlist(text))
}

/// Where the parts of a video of one height are (HLS)
#[utoipa::path(get, path = "/videos/{id}/stream/{height}", tag = "videos", security(()),
    params(("id" = Uuid, Path), ("height" = String, Path, example = "720.m3u8"), Pass),
    responses(
        (status = 200, content((String = "application/vnd.apple.mpegurl"))),
        (status = 403, description = "`link_expired`, `link_invalid`"),
        (status = 404, description = "`video_unknown`, `video_not_streamed`"),
        (status = 410, description = "`video_taken_down`"),
    ))]
async fn height(
    State(app): State<App>,
    Path((id, height)): Path<(Uuid, String)>,
    Query(pass): Query<Pass>,
) -> Result<impl IntoResponse, ApiError> {
    let height = height
        .strip_suffix(".m3u8")
        .and_then(|height| height.parse().ok());
    let height = height.ok_or(Error::NoStream)?;
    let mut conn = app.db.acquire().await?;
    let text = queries::media_playlist(&mut conn, &app, id, height, &pass).await?;
    Ok(playlist(text))
}

fn playlist(text: String) -> impl IntoResponse {
    let head = [(header::CONTENT_TYPE, PLAYLIST), (header::CACHE_CONTROL, CACHED)];
    (head, text)
}

/// Say that somebody began to watch a video: pages do; once an hour counts
#[utoipa::path(post, path = "/videos/{id}/views", tag = "videos", security(()), params(("id" = Uuid, Path), Pass),
    responses(
        (status = 204),
        (status = 403, description = "`link_expired`, `link_invalid`"),
        (status = 404, description = "`video_unknown`"),
        (status = 410, description = "`video_taken_down`"),
    ))]
async fn view(
    State(app): State<App>,
    ClientNetwork(network): ClientNetwork,
    Path(id): Path<Uuid>,
    Query(pass): Query<Pass>,
) -> Result<StatusCode, ApiError> {
    let viewer = network.map(|network| network.to_string()).unwrap_or_default();
    commands::count_view(&app, id, &pass, &viewer).await?;
    Ok(StatusCode::NO_CONTENT)
}
