use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::locale::Locale;
use crate::orders::Error;
use crate::platform::files::Key;
use crate::platform::paging::{List, Page};
use crate::videos::queries::{MediaView, Shown, playable, shown};
use crate::videos::{self, Pass, Visibility};

/// A video that a talent made for somebody, as whoever may see it sees it: nothing of what was written or paid for it
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = VideoPage)]
pub struct VideoPage {
    pub id: Uuid,
    pub talent_id: Uuid,
    #[schema(example = "Ana Lima")]
    pub talent_name: String,
    #[schema(example = "birthday")]
    pub occasion: Option<String>,
    /// In which the talent speaks
    pub language: Locale,
    /// Whether everybody may see it, or who has a link
    #[schema(example = true)]
    pub is_public: bool,
    /// How often somebody began to watch it
    #[schema(example = 7)]
    pub views: i64,
    /// For saving it under a name of its talent's
    #[schema(
        example = "https://api.marquee.example/v1/files/videos/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.mp4?expires=1782914400&signature=q83vEjRWeJA&name=Marquee%20%2D%20Ana%20Lima%2Emp4"
    )]
    pub download_url: String,
    pub media: MediaView,
    #[serde(with = "time::serde::rfc3339::option")]
    pub released_at: Option<OffsetDateTime>,
}

/// For whoever shows this pass, or everybody if it is public.
///
/// # Errors
/// For them there is none.
pub async fn video_page(
    conn: &mut PgConnection,
    app: &App,
    id: Uuid,
    pass: &Pass,
) -> Result<VideoPage, Error> {
    let video = shown(conn, app, id, pass).await?;
    let page = pages(conn, app, vec![video]).await?.pop();
    page.ok_or_else(|| videos::Error::UnknownVideo.into())
}

/// What everybody may see of a talent's, newest first. `None`: the public does not see the talent.
pub async fn public_videos(
    conn: &mut PgConnection,
    app: &App,
    talent: Uuid,
    page: Page,
) -> Result<Option<List<VideoPage>>, Error> {
    let person = sqlx::query_scalar!(
        "select person_id from catalogue.talent join accounts.person on person.id = person_id
        where talent.id = $1 and price_minor is not null and suspended_at is null and erased_at is null",
        talent,
    );
    let Some(person) = person.fetch_optional(&mut *conn).await? else {
        return Ok(None);
    };
    let ids = sqlx::query_scalar!(
        "select video.id from videos.video
        join orders.purchase on purchase.upload_id = video.upload_id
        where owner_id = $1 and visibility = 'public' and taken_down_at is null
            and ($2::uuid is null or video.id < $2)
        order by video.id desc
        limit $3",
        person,
        page.after,
        page.limit + 1,
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids = page.list(ids, |id| *id);
    let shown = playable(conn, app, &ids.items).await?;
    Ok(Some(List {
        items: pages(conn, app, shown).await?,
        next_cursor: ids.next_cursor,
    }))
}

/// The same videos, with what their orders say of them.
async fn pages(conn: &mut PgConnection, app: &App, shown: Vec<Shown>) -> Result<Vec<VideoPage>, Error> {
    let uploads: Vec<Uuid> = shown.iter().map(|video| video.upload).collect();
    let orders = sqlx::query!(
        r#"select upload_id "upload!", talent_id, talent.name, occasion, language "language: Locale"
        from orders.purchase join catalogue.talent on talent.id = talent_id
        where upload_id = any($1)"#,
        &uploads,
    )
    .fetch_all(conn)
    .await?;
    let page = |video: Shown| {
        let order = orders.iter().find(|order| order.upload == video.upload)?;
        Some(VideoPage {
            id: video.id,
            talent_id: order.talent_id,
            talent_name: order.name.clone(),
            occasion: order.occasion.clone(),
            language: order.language,
            is_public: video.visibility == Visibility::Public,
            views: video.views,
            download_url: download_url(app, &video.file, &order.name),
            media: video.media,
            released_at: video.released_at,
        })
    };
    Ok(shown.into_iter().filter_map(page).collect())
}

/// A name that says whose video it is.
pub(super) fn download_url(app: &App, file: &Key, talent: &str) -> String {
    app.files
        .link_to_save(file, &format!("Marquee - {talent}.mp4"), app.now())
}
