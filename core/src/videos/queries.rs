//! What can be asked about uploads.

mod manage;
mod shown;

use serde::{Deserialize, Serialize};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgTypeInfo, PgValueRef};
use sqlx::{Decode, PgConnection, Postgres};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::domain::{Purpose, Reason, Status, VideoStatus};
use crate::platform::paging::{List, Page};

pub use manage::{VideoFilter, VideoView, find_video, list_videos};
pub use shown::{MediaView, Shown, is_playable, master_playlist, media_playlist, of_upload, playable, shown};

/// A video that somebody sends, as its owner and staff see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Upload)]
pub struct UploadView {
    pub id: Uuid,
    /// The person whose it is
    pub owner_id: Uuid,
    #[schema(example = "presentation")]
    pub purpose: String,
    /// As it was announced
    #[schema(example = "video/mp4")]
    pub r#type: String,
    #[schema(example = 7_340_032)]
    pub size_bytes: i64,
    /// How much of it is there; what is put straight into the store counts when the upload is completed
    #[schema(example = 5_242_880)]
    pub received_bytes: i64,
    /// How much of it is there, of 100
    #[schema(example = 71)]
    pub received_percent: i32,
    pub status: Status,
    /// Why it was refused
    pub reason: Option<ReasonView>,
    #[schema(example = 42_000)]
    pub duration_ms: Option<i64>,
    /// As it is shown
    #[schema(example = 1_080)]
    pub width: Option<i32>,
    #[schema(example = 1_920)]
    pub height: Option<i32>,
    #[schema(example = "h264")]
    pub video_codec: Option<String>,
    /// `null` when it is silent
    #[schema(example = "aac")]
    pub audio_codec: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Until when it can be sent
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub received_at: Option<OffsetDateTime>,
    /// When it was accepted, refused, aborted or expired
    #[serde(with = "time::serde::rfc3339::option")]
    pub settled_at: Option<OffsetDateTime>,
    /// What is made of it, once it was accepted
    #[schema(value_type = Option<MakingView>)]
    pub making: Option<sqlx::types::Json<MakingView>>,
}

impl UploadView {
    /// Whether nothing changes any more, neither of it nor of what is made of it.
    pub fn is_over(&self) -> bool {
        match &self.making {
            Some(making) => making.status.is_settled() && !making.remaking,
            None => self.status.is_settled(),
        }
    }
}

/// How far what is made of an upload is
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Making)]
pub struct MakingView {
    /// Of the video that it becomes
    pub video_id: Uuid,
    pub status: VideoStatus,
    /// Staff have it made once more; what there is stays until then
    pub remaking: bool,
    /// Of 100
    #[schema(example = 42.5)]
    pub percent: f32,
    /// How many times as fast as it plays, while it is made
    #[schema(example = 2.4)]
    pub speed: Option<f32>,
    #[schema(example = 17)]
    pub seconds_left: Option<i64>,
}

/// Why a video is refused
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReasonView {
    #[schema(example = "too_long")]
    pub code: String,
    /// For whoever sent it
    #[schema(example = "the video is too long")]
    pub detail: String,
}

/// A row holds the code only.
impl sqlx::Type<Postgres> for ReasonView {
    fn type_info() -> PgTypeInfo {
        <str as sqlx::Type<Postgres>>::type_info()
    }

    fn compatible(other: &PgTypeInfo) -> bool {
        <str as sqlx::Type<Postgres>>::compatible(other)
    }
}

impl<'row> Decode<'row, Postgres> for ReasonView {
    fn decode(value: PgValueRef<'row>) -> Result<Self, BoxDynError> {
        let code = <String as Decode<Postgres>>::decode(value)?;
        let detail = Reason::parse(&code).map_or_else(|| code.clone(), |reason| reason.to_string());
        Ok(Self { code, detail })
    }
}

/// Which uploads; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub id: Option<Uuid>,
    pub status: Option<Status>,
    pub owner: Option<Uuid>,
}

/// Newest first.
pub async fn list(conn: &mut PgConnection, filter: &Filter, page: Page) -> sqlx::Result<List<UploadView>> {
    let uploads = sqlx::query_as!(
        UploadView,
        r#"select
            id, owner_id, purpose, media_type "type", size_bytes, received_bytes "received_bytes!",
            (100 * received_bytes / size_bytes)::integer "received_percent!", status "status: Status",
            reason "reason: ReasonView", duration_ms, width, height, video_codec, audio_codec, created_at,
            expires_at, received_at, settled_at,
            (
                select json_build_object('video_id', id, 'status', status, 'remaking', remaking, 'percent', percent,
                    'speed', speed, 'seconds_left', (left_ms + 999) / 1000)
                from videos.video
                where upload_id = upload.id
            ) "making: sqlx::types::Json<MakingView>"
        from videos.upload, lateral (
            select case
                when received_at is not null then size_bytes
                else coalesce((
                    select sum(part.size_bytes)::bigint
                    from videos.part as part
                    where part.upload_id = upload.id and part.received_at is not null
                ), 0)
            end received_bytes
        ) as so_far
        where ($1::uuid is null or id < $1)
            and ($2::uuid is null or id = $2)
            and ($3::text is null or status = $3)
            and ($4::uuid is null or owner_id = $4)
        order by id desc
        limit $5"#,
        page.after,
        filter.id,
        filter.status.map(Status::name),
        filter.owner,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    Ok(page.list(uploads, |upload: &UploadView| upload.id))
}

pub async fn find(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<UploadView>> {
    let filter = Filter {
        id: Some(id),
        ..Filter::default()
    };
    Ok(list(conn, &filter, Page::ONE).await?.items.pop())
}

/// The last announced of those for `purpose` that can be played.
pub async fn newest_playable(
    conn: &mut PgConnection,
    owner: Uuid,
    purpose: Purpose,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "select upload_id
        from videos.video
        where owner_id = $1 and purpose = $2 and status = 'playable'
        order by upload_id desc
        limit 1",
        owner,
        purpose.name(),
    )
    .fetch_optional(conn)
    .await
}
