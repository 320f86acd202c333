use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::catalogue::Error;
use crate::money::Money;
use crate::platform::paging::{List, Page};

/// An agency, with who acts for it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Agency)]
pub struct AgencyView {
    pub id: Uuid,
    #[schema(example = "Lima & Lima")]
    pub name: String,
    /// Of each sale of its talents, in basis points
    #[schema(example = 500)]
    pub share_bp: i32,
    /// How many talents it has
    pub talents: i64,
    #[schema(value_type = Vec<Manager>)]
    pub managers: Json<Vec<Manager>>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

/// Who acts for an agency.
#[derive(Clone, Debug, Serialize, serde::Deserialize, ToSchema)]
pub struct Manager {
    pub person_id: Uuid,
    #[schema(example = "bia@lima.example")]
    pub email: String,
    #[schema(example = "Bia Lima")]
    pub name: String,
}

/// A talent as their agency sees them.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AgencyTalent)]
pub struct MemberView {
    pub id: Uuid,
    #[schema(example = "Ana Lima")]
    pub name: String,
    pub price: Option<Money>,
    pub available: bool,
    pub weekly_capacity: Option<i32>,
    #[schema(example = 5)]
    pub delivery_days: i32,
    /// Whether the public sees them
    pub listed: bool,
}

/// Newest first; those for which `manager` acts, if one is given.
pub async fn list_agencies(
    conn: &mut PgConnection,
    manager: Option<Uuid>,
    page: Page,
) -> sqlx::Result<List<AgencyView>> {
    let agencies = read(conn, None, manager, page.after, page.limit + 1).await?;
    Ok(page.list(agencies, |agency: &AgencyView| agency.id))
}

/// One agency; only if `manager` acts for it, if one is given.
pub async fn find_agency(
    conn: &mut PgConnection,
    id: Uuid,
    manager: Option<Uuid>,
) -> sqlx::Result<Option<AgencyView>> {
    Ok(read(conn, Some(id), manager, None, 1).await?.pop())
}

async fn read(
    conn: &mut PgConnection,
    id: Option<Uuid>,
    manager: Option<Uuid>,
    after: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<AgencyView>> {
    sqlx::query_as!(
        AgencyView,
        r#"select
            agency.id, agency.name, created_at,
            coalesce((
                select share_bp from catalogue.share_now where kind = 'agency' and subject_id = agency.id
            ), 0) "share_bp!",
            (select count(*) from catalogue.talent where agency_id = agency.id) "talents!",
            (
                select coalesce(jsonb_agg(
                    jsonb_build_object('person_id', person.id, 'email', email, 'name', person.name)
                    order by person.id
                ), '[]')
                from catalogue.agency_manager
                join accounts.person on person.id = person_id
                where agency_id = agency.id and erased_at is null
            ) "managers!: Json<Vec<Manager>>"
        from catalogue.agency
        where ($1::uuid is null or agency.id = $1)
            and ($2::uuid is null or exists (
                select from catalogue.agency_manager where agency_id = agency.id and person_id = $2
            ))
            and ($3::uuid is null or agency.id < $3)
        order by agency.id desc
        limit $4"#,
        id,
        manager,
        after,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// Its talents, newest first.
pub async fn list_members(
    conn: &mut PgConnection,
    agency: Uuid,
    page: Page,
) -> Result<List<MemberView>, Error> {
    let rows = sqlx::query!(
        r#"select
            talent.id, talent.name, price_minor, currency, available, weekly_capacity, delivery_days,
            price_minor is not null and suspended_at is null "listed!"
        from catalogue.talent
        join accounts.person on person.id = person_id
        where agency_id = $1 and erased_at is null and ($2::uuid is null or talent.id < $2)
        order by talent.id desc
        limit $3"#,
        agency,
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    let members = rows.into_iter().map(|row| {
        Ok(MemberView {
            price: Money::from_columns(row.price_minor, row.currency.as_deref())?,
            id: row.id,
            name: row.name,
            available: row.available,
            weekly_capacity: row.weekly_capacity,
            delivery_days: row.delivery_days,
            listed: row.listed,
        })
    });
    let members = members.collect::<Result<Vec<_>, Error>>()?;
    Ok(page.list(members, |member: &MemberView| member.id))
}
