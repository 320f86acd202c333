use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::shown::{PresentationView, link, presentation};
use crate::app::App;
use crate::catalogue::Error;
use crate::money::Money;

/// A talent, as anybody sees them.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Talent)]
pub struct TalentView {
    pub id: Uuid,
    #[schema(example = "Ana Lima")]
    pub name: String,
    #[schema(example = "I sing for your birthday.")]
    pub description: String,
    pub price: Money,
    /// Whether they take orders now
    pub available: bool,
    /// Within how many days they deliver
    #[schema(example = 5)]
    pub delivery_days: i32,
    /// Slugs, in the order of the categories
    #[schema(example = json!(["musicians"]))]
    pub categories: Vec<String>,
    /// A picture of them, 512 pixels square; the link works for an hour or two
    #[schema(
        example = "https://api.marquee.example/v1/files/avatars/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.jpg?expires=1782914400&signature=q83vEjRWeJA"
    )]
    pub avatar_url: Option<String>,
    /// In which they present themselves
    pub presentation: Option<PresentationView>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// One whom the public sees.
pub async fn find_talent(conn: &mut PgConnection, app: &App, id: Uuid) -> Result<Option<TalentView>, Error> {
    Ok(in_order(conn, app, &[id]).await?.pop())
}

/// Those of `ids` whom the public sees, in this order.
pub(super) async fn in_order(
    conn: &mut PgConnection,
    app: &App,
    ids: &[Uuid],
) -> Result<Vec<TalentView>, Error> {
    let rows = sqlx::query!(
        r#"select
            talent.id, talent.name, description, price_minor, currency, available, delivery_days,
            talent.created_at, avatar, shown.file "video?", duration_ms "duration_ms?", video.width "width?",
            video.height "height?",
            array(
                select slug
                from catalogue.talent_category
                join catalogue.category on slug = category
                where talent_id = talent.id
                order by position
            ) "categories!"
        from unnest($1::uuid[]) with ordinality as wanted (wanted_id, place)
        join catalogue.talent on talent.id = wanted_id
        join accounts.person on person.id = person_id
        left join videos.video as video on video.upload_id = presentation_video_id and video.status = 'playable'
        left join videos.rendition as shown on shown.video_id = video.id and shown.kind = 'shown'
        where price_minor is not null and suspended_at is null and erased_at is null
        order by place"#,
        ids
    )
    .fetch_all(conn)
    .await?;
    let view = |price: Option<Money>| price.ok_or_else(|| anyhow::anyhow!("a listed talent has no price"));
    rows.into_iter()
        .map(|row| {
            Ok(TalentView {
                price: view(Money::from_columns(row.price_minor, row.currency.as_deref())?)?,
                id: row.id,
                name: row.name,
                description: row.description,
                available: row.available,
                delivery_days: row.delivery_days,
                categories: row.categories,
                avatar_url: link(app, row.avatar.as_deref())?,
                presentation: presentation(
                    app,
                    row.video.as_deref(),
                    row.duration_ms,
                    (row.width, row.height),
                )?,
                created_at: row.created_at,
            })
        })
        .collect()
}
