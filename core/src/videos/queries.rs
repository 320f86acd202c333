//! What can be asked about uploads.

use serde::Serialize;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgTypeInfo, PgValueRef};
use sqlx::{Decode, PgConnection, Postgres};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::domain::{Purpose, Reason, Status};
use crate::platform::paging::{List, Page};

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
    pub status: Option<Status>,
    pub owner: Option<Uuid>,
}

/// Newest first.
pub async fn list(conn: &mut PgConnection, filter: &Filter, page: Page) -> sqlx::Result<List<UploadView>> {
    let uploads = sqlx::query_as!(
        UploadView,
        r#"select
            id, owner_id, purpose, media_type "type", size_bytes, status "status: Status",
            reason "reason: ReasonView", duration_ms, width, height, video_codec, audio_codec,
            created_at, expires_at, received_at, settled_at
        from videos.upload
        where ($1::uuid is null or id < $1)
            and ($2::text is null or status = $2)
            and ($3::uuid is null or owner_id = $3)
        order by id desc
        limit $4"#,
        page.after,
        filter.status.map(Status::name),
        filter.owner,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    Ok(page.list(uploads, |upload: &UploadView| upload.id))
}

pub async fn find(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<UploadView>> {
    sqlx::query_as!(
        UploadView,
        r#"select
            id, owner_id, purpose, media_type "type", size_bytes, status "status: Status",
            reason "reason: ReasonView", duration_ms, width, height, video_codec, audio_codec,
            created_at, expires_at, received_at, settled_at
        from videos.upload
        where id = $1"#,
        id,
    )
    .fetch_optional(conn)
    .await
}

/// The last announced of those for `purpose` that were accepted.
pub async fn newest_accepted(
    conn: &mut PgConnection,
    owner: Uuid,
    purpose: Purpose,
) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!(
        "select id
        from videos.upload
        where owner_id = $1 and purpose = $2 and status = 'accepted'
        order by id desc
        limit 1",
        owner,
        purpose.name(),
    )
    .fetch_optional(conn)
    .await
}
