use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Page;
use crate::app::App;
use crate::redirects::{Error, store};

/// A revision without its rules.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionView {
    pub number: i32,
    /// Whoever froze it.
    pub author: String,
    /// Whoever last edited the draft behind it.
    pub edited_by: String,
    pub note: String,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    pub rules: i32,
    pub table_sha256: String,
    pub table_size_bytes: i32,
    pub uses_city: bool,
    /// `live`, `canary`, `was_live` or `frozen`.
    #[schema(example = "live")]
    pub status: String,
}

/// Which revisions; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct RevisionFilter {
    /// Stands in the note, large or small letters alike.
    pub text: Option<String>,
    /// Whoever froze it or last edited what is in it, as in the audit log.
    pub author: Option<String>,
    /// Frozen at or after.
    pub from: Option<OffsetDateTime>,
    /// Frozen before.
    pub to: Option<OffsetDateTime>,
}

/// A brand's revisions, the newest first, below `cursor`.
pub async fn revisions(
    app: &App,
    brand: &str,
    filter: &RevisionFilter,
    cursor: Option<i32>,
    limit: i64,
) -> Result<Page<RevisionView>, Error> {
    let mut conn = app.db.acquire().await?;
    store::draft(&mut conn, brand)
        .await?
        .ok_or_else(|| Error::NoBrand(brand.to_owned()))?;
    let which = Which {
        only: None,
        filter: filter.clone(),
        below: cursor.unwrap_or(i32::MAX),
        limit: limit + 1,
    };
    let items = revision_rows(&mut conn, brand, which).await?;
    Ok(Page::new(items, limit, |revision: &RevisionView| {
        revision.number.to_string()
    }))
}

pub async fn revision(app: &App, brand: &str, number: i32) -> Result<RevisionView, Error> {
    let mut conn = app.db.acquire().await?;
    let which = Which {
        only: Some(number),
        filter: RevisionFilter::default(),
        below: i32::MAX,
        limit: 1,
    };
    let revision = revision_rows(&mut conn, brand, which).await?.pop();
    revision.ok_or_else(|| Error::NoRevision {
        brand: brand.to_owned(),
        number,
    })
}

struct Which {
    only: Option<i32>,
    filter: RevisionFilter,
    below: i32,
    limit: i64,
}

async fn revision_rows(
    conn: &mut PgConnection,
    brand: &str,
    which: Which,
) -> sqlx::Result<Vec<RevisionView>> {
    sqlx::query_as!(
        RevisionView,
        r#"select
            number, author, edited_by, note, revision.created_at, rule_count "rules!", table_sha256,
            size_bytes "table_size_bytes!", city_sha256 is not null "uses_city!",
            case
                when live.revision = number then 'live'
                when live.canary_revision = number then 'canary'
                when exists (
                    select from redirects.publication
                    where publication.brand = revision.brand and publication.revision = number
                    and action in ('publish', 'rollback', 'promote')
                ) then 'was_live'
                else 'frozen'
            end "status!"
        from redirects.revision
        join redirects.blob on sha256 = table_sha256
        left join redirects.live on live.brand = revision.brand
        where revision.brand = $1 and ($2::integer is null or number = $2) and number < $3
            and ($4::text is null or strpos(lower(note), lower($4)) > 0)
            and ($5::text is null or author = $5 or edited_by = $5)
            and ($6::timestamptz is null or revision.created_at >= $6)
            and ($7::timestamptz is null or revision.created_at < $7)
        order by number desc
        limit $8"#,
        brand,
        which.only,
        which.below,
        which.filter.text,
        which.filter.author,
        which.filter.from,
        which.filter.to,
        which.limit,
    )
    .fetch_all(conn)
    .await
}
