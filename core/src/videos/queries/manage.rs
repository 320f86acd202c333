use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::ReasonView;
use crate::platform::paging::{List, Page};
use crate::videos::domain::{VideoStatus, Visibility};

/// What became of an upload, as staff sees it
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Video)]
pub struct VideoView {
    pub id: Uuid,
    pub upload_id: Uuid,
    /// The person whose it is
    pub owner_id: Uuid,
    #[schema(example = "order")]
    pub purpose: String,
    #[schema(inline)]
    pub status: VideoStatus,
    /// Staff have it made once more; what there is stays until then
    pub remaking: bool,
    /// Why nothing could be made of it
    pub reason: Option<ReasonView>,
    #[schema(inline)]
    pub visibility: Visibility,
    /// Why staff took it down, if it did
    #[schema(example = "It shows somebody who did not agree to it.")]
    pub taken_down_reason: Option<String>,
    #[schema(example = 42_000)]
    pub duration_ms: Option<i64>,
    #[schema(example = 1_080)]
    pub width: Option<i32>,
    #[schema(example = 1_920)]
    pub height: Option<i32>,
    /// How often somebody began to watch it
    #[schema(example = 7)]
    pub views: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub playable_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub released_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub taken_down_at: Option<OffsetDateTime>,
}

/// Which videos; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct VideoFilter {
    pub id: Option<Uuid>,
    pub status: Option<VideoStatus>,
    pub visibility: Option<Visibility>,
    pub taken_down: Option<bool>,
    pub owner: Option<Uuid>,
}

/// Newest first.
pub async fn list_videos(
    conn: &mut PgConnection,
    filter: &VideoFilter,
    page: Page,
) -> sqlx::Result<List<VideoView>> {
    let videos = sqlx::query_as!(
        VideoView,
        r#"select
            id, upload_id, owner_id, purpose, status "status: VideoStatus", reason "reason: ReasonView",
            remaking, visibility "visibility: Visibility", taken_down_reason, duration_ms, width, height, views,
            created_at, playable_at, released_at, taken_down_at
        from videos.video
        where ($1::uuid is null or id < $1)
            and ($2::uuid is null or id = $2)
            and ($3::text is null or status = $3)
            and ($4::text is null or visibility = $4)
            and ($5::boolean is null or (taken_down_at is not null) = $5)
            and ($6::uuid is null or owner_id = $6)
        order by id desc
        limit $7"#,
        page.after,
        filter.id,
        filter.status.map(VideoStatus::name),
        filter.visibility.map(Visibility::name),
        filter.taken_down,
        filter.owner,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    Ok(page.list(videos, |video: &VideoView| video.id))
}

pub async fn find_video(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<VideoView>> {
    let filter = VideoFilter {
        id: Some(id),
        ..VideoFilter::default()
    };
    Ok(list_videos(conn, &filter, Page::ONE).await?.items.pop())
}
