use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::shown::{PresentationView, link, presentation};
use crate::app::App;
use crate::catalogue::Error;
use crate::catalogue::domain::Network;
use crate::money::Money;
use crate::platform::paging::{List, Page};

/// A talent with all that the public does not see: for themselves and for staff.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TalentProfile)]
pub struct ProfileView {
    pub id: Uuid,
    pub person_id: Uuid,
    #[schema(example = "ana@acme.example")]
    pub email: String,
    #[schema(example = "Ana Lima")]
    pub name: String,
    #[schema(example = "I sing for your birthday.")]
    pub description: String,
    /// `null`: none yet, and the public does not see them
    pub price: Option<Money>,
    /// Whether they take orders now
    pub available: bool,
    /// How many orders a week they take; `null`: as many as come
    #[schema(example = 20)]
    pub weekly_capacity: Option<i32>,
    /// Within how many days they deliver
    #[schema(example = 5)]
    pub delivery_days: i32,
    /// Slugs, in the order of the categories
    #[schema(example = json!(["musicians"]))]
    pub categories: Vec<String>,
    /// Where most people know them from
    pub network: Network,
    #[schema(example = "analima")]
    pub handle: String,
    #[schema(example = 120_000)]
    pub followers: i64,
    #[schema(example = "+5511999990000")]
    pub phone: String,
    /// A picture of them, 512 pixels square; the link works for an hour or two
    #[schema(
        example = "https://api.marquee.example/v1/files/avatars/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.jpg?expires=1782914400&signature=q83vEjRWeJA"
    )]
    pub avatar_url: Option<String>,
    /// In which they present themselves
    pub presentation: Option<PresentationView>,
    /// The upload in which they do
    pub presentation_video_id: Option<Uuid>,
    /// Whether the public sees them
    pub listed: bool,
    /// Since when nothing of theirs opens anything, and the public does not see them
    #[serde(with = "time::serde::rfc3339::option")]
    pub suspended_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// Which talents; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct ProfileFilter {
    /// Part of the name, accents and capitals apart, or the whole e-mail address.
    pub text: Option<String>,
    pub category: Option<String>,
    /// Whether the public sees them.
    pub listed: Option<bool>,
}

/// One talent by its own id.
pub async fn find_profile(
    conn: &mut PgConnection,
    app: &App,
    id: Uuid,
) -> Result<Option<ProfileView>, Error> {
    let which = Which {
        id: Some(id),
        ..Which::all()
    };
    Ok(read(conn, app, which).await?.pop())
}

/// The talent that this person is.
pub async fn profile_of(
    conn: &mut PgConnection,
    app: &App,
    person: Uuid,
) -> Result<Option<ProfileView>, Error> {
    let which = Which {
        person: Some(person),
        ..Which::all()
    };
    Ok(read(conn, app, which).await?.pop())
}

/// Newest first.
pub async fn list_profiles(
    conn: &mut PgConnection,
    app: &App,
    filter: &ProfileFilter,
    page: Page,
) -> Result<List<ProfileView>, Error> {
    let which = Which {
        filter: filter.clone(),
        after: page.after,
        limit: page.limit + 1,
        ..Which::all()
    };
    Ok(page.list(read(conn, app, which).await?, |talent: &ProfileView| talent.id))
}

struct Which {
    id: Option<Uuid>,
    person: Option<Uuid>,
    filter: ProfileFilter,
    after: Option<Uuid>,
    limit: i64,
}

impl Which {
    fn all() -> Self {
        Self {
            id: None,
            person: None,
            filter: ProfileFilter::default(),
            after: None,
            limit: 1,
        }
    }
}

async fn read(conn: &mut PgConnection, app: &App, which: Which) -> Result<Vec<ProfileView>, Error> {
    let rows = sqlx::query!(
        r#"select
            talent.id, person_id, email, talent.name, description, price_minor, currency, available,
            weekly_capacity, delivery_days, network "network: Network", handle, followers, phone,
            presentation_video_id, suspended_at, talent.created_at,
            avatar, shown.file "video?", duration_ms "duration_ms?", video.width "width?",
            video.height "height?",
            price_minor is not null and suspended_at is null "listed!",
            array(
                select slug
                from catalogue.talent_category
                join catalogue.category on slug = category
                where talent_id = talent.id
                order by position
            ) "categories!"
        from catalogue.talent
        join accounts.person on person.id = person_id
        left join videos.video as video on video.upload_id = presentation_video_id and video.status = 'playable'
        left join videos.rendition as shown on shown.video_id = video.id and shown.kind = 'shown'
        where erased_at is null
            and ($1::uuid is null or talent.id = $1)
            and ($2::uuid is null or person_id = $2)
            and ($3::text is null or lower(email) = lower($3) or plain_name like '%' ||
                replace(replace(replace(catalogue.plain($3), '\', '\\'), '%', '\%'), '_', '\_') || '%')
            and ($4::text is null or exists (
                select from catalogue.talent_category where talent_id = talent.id and category = $4
            ))
            and ($5::bool is null or (price_minor is not null and suspended_at is null) = $5)
            and ($6::uuid is null or talent.id < $6)
        order by talent.id desc
        limit $7"#,
        which.id,
        which.person,
        which.filter.text,
        which.filter.category,
        which.filter.listed,
        which.after,
        which.limit,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ProfileView {
                price: Money::from_columns(row.price_minor, row.currency.as_deref())?,
                id: row.id,
                person_id: row.person_id,
                email: row.email,
                name: row.name,
                description: row.description,
                available: row.available,
                weekly_capacity: row.weekly_capacity,
                delivery_days: row.delivery_days,
                categories: row.categories,
                network: row.network,
                handle: row.handle,
                followers: row.followers,
                phone: row.phone,
                avatar_url: link(app, row.avatar.as_deref())?,
                presentation: presentation(
                    app,
                    row.video.as_deref(),
                    row.duration_ms,
                    (row.width, row.height),
                )?,
                presentation_video_id: row.presentation_video_id,
                listed: row.listed,
                suspended_at: row.suspended_at,
                created_at: row.created_at,
            })
        })
        .collect()
}
