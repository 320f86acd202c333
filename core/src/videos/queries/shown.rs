use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::platform::files::Key;
use crate::videos::domain::{Variant, Visibility, master, media};
use crate::videos::{Error, Pass};

/// Where what was made of a video is; the links work for an hour or two
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = VideoMedia)]
pub struct MediaView {
    /// MP4, to be played
    #[schema(
        example = "https://api.marquee.example/v1/files/videos/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.mp4?expires=1782914400&signature=q83vEjRWeJA"
    )]
    pub url: String,
    /// The list of its streams, for players of HLS; this link works as long as one is let see the video
    #[schema(
        example = "https://api.marquee.example/v1/videos/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11/stream.m3u8"
    )]
    pub stream_url: Option<String>,
    /// A picture of it
    #[schema(
        example = "https://api.marquee.example/v1/files/videos/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b12.jpg?expires=1782914400&signature=q83vEjRWeJA"
    )]
    pub poster_url: Option<String>,
    /// A few seconds of it, in motion and without sound
    #[schema(
        example = "https://api.marquee.example/v1/files/videos/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b13.webp?expires=1782914400&signature=q83vEjRWeJA"
    )]
    pub preview_url: Option<String>,
    #[schema(example = 42_000)]
    pub duration_ms: i64,
    /// As it is shown
    #[schema(example = 1_080)]
    pub width: i32,
    #[schema(example = 1_920)]
    pub height: i32,
}

/// A video that can be played.
pub struct Shown {
    pub id: Uuid,
    pub upload: Uuid,
    pub visibility: Visibility,
    pub views: i64,
    pub released_at: Option<OffsetDateTime>,
    /// What is played and saved.
    pub file: Key,
    pub media: MediaView,
}

/// Whether something that can be played was made of an upload.
pub async fn is_playable(conn: &mut PgConnection, upload: Uuid) -> sqlx::Result<bool> {
    let playable = sqlx::query_scalar!(
        r#"select exists (select from videos.video where upload_id = $1 and status = 'playable') "playable!""#,
        upload,
    );
    playable.fetch_one(conn).await
}

/// What was made of an upload, whoever may see it. `None`: nothing that can be played, or it was taken down.
pub async fn of_upload(conn: &mut PgConnection, app: &App, upload: Uuid) -> Result<Option<Shown>, Error> {
    let id = sqlx::query_scalar!(
        "select id from videos.video
        where upload_id = $1 and status = 'playable' and taken_down_at is null",
        upload,
    )
    .fetch_optional(&mut *conn)
    .await?;
    match id {
        Some(id) => Ok(playable(conn, app, &[id]).await?.pop()),
        None => Ok(None),
    }
}

/// A video, for whoever shows this.
///
/// # Errors
/// For them there is none; or it was taken down, or their link's time is over.
pub async fn shown(conn: &mut PgConnection, app: &App, id: Uuid, pass: &Pass) -> Result<Shown, Error> {
    permit(conn, app, id, pass).await?;
    let shown = playable(conn, app, &[id]).await?.pop();
    shown.ok_or(Error::UnknownVideo)
}

/// The list of the heights in which it can be streamed, as players read it.
///
/// # Errors
/// As [`shown`]; or it cannot be streamed.
pub async fn master_playlist(
    conn: &mut PgConnection,
    app: &App,
    id: Uuid,
    pass: &Pass,
) -> Result<String, Error> {
    permit(conn, app, id, pass).await?;
    let variants = sqlx::query_as!(
        Variant,
        r#"select width, height, bits_per_second "bits_per_second!", codecs "codecs!"
        from videos.rendition
        where video_id = $1 and kind = 'stream'
        order by height"#,
        id,
    )
    .fetch_all(conn)
    .await?;
    if variants.is_empty() {
        return Err(Error::NoStream);
    }
    let query = pass.query();
    Ok(master(&variants, |height| format!("stream/{height}.m3u8{query}")))
}

/// Where the segments of one height are.
///
/// # Errors
/// As [`shown`]; or it cannot be streamed in this height.
pub async fn media_playlist(
    conn: &mut PgConnection,
    app: &App,
    id: Uuid,
    height: i32,
    pass: &Pass,
) -> Result<String, Error> {
    permit(conn, app, id, pass).await?;
    let stream = sqlx::query!(
        r#"select file, playlist "playlist!" from videos.rendition
        where video_id = $1 and kind = 'stream' and height = $2"#,
        id,
        height,
    )
    .fetch_optional(conn)
    .await?;
    let stream = stream.ok_or(Error::NoStream)?;
    let address = app.files.link(&Key::of_row(&stream.file)?, app.now());
    Ok(media(&stream.playlist, &address))
}

/// What nobody may see is not there.
async fn permit(conn: &mut PgConnection, app: &App, id: Uuid, pass: &Pass) -> Result<(), Error> {
    let video = sqlx::query!(
        r#"select visibility "visibility: Visibility", taken_down_at is not null "taken_down!"
        from videos.video
        where id = $1 and status = 'playable'"#,
        id,
    )
    .fetch_optional(conn)
    .await?;
    let video = video.ok_or(Error::UnknownVideo)?;
    match video.visibility {
        Visibility::Withheld => return Err(Error::UnknownVideo),
        Visibility::Private => pass.check(app, id)?,
        Visibility::Public => {}
    }
    if video.taken_down {
        return Err(Error::TakenDown);
    }
    Ok(())
}

/// Those of `ids` that can be played, in this order.
pub async fn playable(conn: &mut PgConnection, app: &App, ids: &[Uuid]) -> Result<Vec<Shown>, Error> {
    let rows = sqlx::query!(
        r#"select
            video.id, upload_id, visibility "visibility: Visibility", views, released_at,
            duration_ms "duration_ms!", video.width "width!", video.height "height!", shown.file,
            (select file from videos.rendition where video_id = video.id and kind = 'poster' limit 1) poster,
            (select file from videos.rendition where video_id = video.id and kind = 'preview' limit 1) preview,
            exists (select from videos.rendition where video_id = video.id and kind = 'stream') "streams!"
        from unnest($1::uuid[]) with ordinality as wanted (wanted_id, place)
        join videos.video on video.id = wanted_id
        join videos.rendition as shown on shown.video_id = video.id and shown.kind = 'shown'
        where status = 'playable'
        order by place"#,
        ids,
    )
    .fetch_all(conn)
    .await?;
    let link = |file: &str| anyhow::Ok(app.files.link(&Key::of_row(file)?, app.now()));
    let shown = rows.into_iter().map(|row| {
        let pass = match row.visibility {
            Visibility::Private => Pass::of(app, row.id).query(),
            Visibility::Withheld | Visibility::Public => String::new(),
        };
        let streams = row.streams && row.visibility != Visibility::Withheld;
        let media = MediaView {
            url: link(&row.file)?,
            stream_url: streams.then(|| app.config.api(&format!("videos/{}/stream.m3u8{pass}", row.id))),
            poster_url: row.poster.as_deref().map(link).transpose()?,
            preview_url: row.preview.as_deref().map(link).transpose()?,
            duration_ms: row.duration_ms,
            width: row.width,
            height: row.height,
        };
        Ok(Shown {
            id: row.id,
            upload: row.upload_id,
            visibility: row.visibility,
            views: row.views,
            released_at: row.released_at,
            file: Key::of_row(&row.file)?,
            media,
        })
    });
    shown.collect()
}
