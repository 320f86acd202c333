use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::platform::paging::{BadCursor, List};

/// Who gets what of a talent's sale, in basis points: 10000 together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Shares)]
pub struct SharesView {
    #[schema(example = 7500)]
    pub talent_bp: i32,
    /// Whether it is the talent's own, not the default
    pub custom: bool,
    /// `null`: the talent has none
    pub agency_id: Option<Uuid>,
    #[schema(example = 500)]
    pub agency_bp: i32,
    #[schema(example = 2000)]
    pub platform_bp: i32,
}

/// A share that was set.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Share)]
pub struct ShareView {
    #[schema(example = 1)]
    pub id: i64,
    /// `default`, `talent` or `agency`
    #[schema(example = "talent")]
    pub kind: String,
    /// Of which talent or agency
    pub subject_id: Option<Uuid>,
    /// `null`: the default again
    #[schema(example = 8000)]
    pub share_bp: Option<i32>,
    /// Who set it, as the audit log names them
    #[schema(example = "staff:019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10")]
    pub by: String,
    #[schema(example = "Ana Lima")]
    pub by_name: String,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// What holds now. `None`: there is no such talent.
pub async fn shares_of(conn: &mut PgConnection, talent: Uuid) -> sqlx::Result<Option<SharesView>> {
    sqlx::query_as!(
        SharesView,
        r#"select
            coalesce(own.share_bp, usual.share_bp) "talent_bp!", own.share_bp is not null "custom!", agency_id,
            coalesce(agency.share_bp, 0) "agency_bp!",
            10000 - coalesce(own.share_bp, usual.share_bp) - coalesce(agency.share_bp, 0) "platform_bp!"
        from catalogue.talent
        join catalogue.share_now as usual on usual.kind = 'default'
        left join catalogue.share_now as own on own.kind = 'talent' and own.subject_id = talent.id
        left join catalogue.share_now as agency on agency.kind = 'agency' and agency.subject_id = agency_id
        where talent.id = $1"#,
        talent,
    )
    .fetch_optional(conn)
    .await
}

/// Every share that was ever set, newest first: of one talent or agency, if one is given.
pub async fn list_shares(
    conn: &mut PgConnection,
    subject: Option<Uuid>,
    cursor: Option<&str>,
    limit: u32,
) -> Result<List<ShareView>, crate::catalogue::Error> {
    let after: Option<i64> = cursor.map(str::parse).transpose().map_err(|_| BadCursor)?;
    let mut items = sqlx::query_as!(
        ShareView,
        r#"select id, kind, subject_id, share_bp, principal_id "by", principal_name by_name, at
        from catalogue.share
        where ($1::uuid is null or subject_id = $1) and ($2::bigint is null or id < $2)
        order by id desc
        limit $3"#,
        subject,
        after,
        i64::from(limit) + 1,
    )
    .fetch_all(conn)
    .await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let last = items.last().filter(|_| more);
    Ok(List {
        next_cursor: last.map(|share| share.id.to_string()),
        items,
    })
}
