use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::money::{Money, Shares};
use crate::orders::domain::Status;
use crate::platform::paging::{List, Page};

/// An order of one of an agency's talents, as who acts for the agency sees it
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AgencyOrder)]
pub struct AgencyOrder {
    pub id: Uuid,
    #[schema(inline)]
    pub status: Status,
    pub talent_id: Uuid,
    #[schema(example = "Ana Lima")]
    pub talent_name: String,
    #[schema(example = "Bia")]
    pub is_to: String,
    #[schema(example = "birthday")]
    pub occasion: Option<String>,
    /// What the talent gets once it is delivered; `null`: nothing
    pub talent_share: Option<Money>,
    /// What the agency gets then; `null`: nothing
    pub agency_share: Option<Money>,
    /// Until when the talent may send the video
    #[serde(with = "time::serde::rfc3339::option")]
    pub deadline_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339")]
    pub placed_at: OffsetDateTime,
}

/// Which of an agency's orders; what is `None` does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct AgencyFilter {
    pub status: Option<Status>,
    pub talent: Option<Uuid>,
}

/// What was ordered of those who were an agency's talents then, newest first. What was never paid for is not there.
pub async fn of_agency(
    conn: &mut PgConnection,
    agency: Uuid,
    filter: AgencyFilter,
    page: Page,
) -> anyhow::Result<List<AgencyOrder>> {
    let rows = sqlx::query!(
        r#"select purchase.id, status "status: Status", talent_id, name, is_to, occasion, list_minor,
            purchase.currency, talent_bp, agency_bp, deadline_at, placed_at
        from orders.purchase
        join catalogue.talent on talent.id = talent_id
        where purchase.agency_id = $1 and deadline_at is not null
            and ($2::text is null or status = $2)
            and ($3::uuid is null or talent_id = $3)
            and ($4::uuid is null or purchase.id < $4)
        order by purchase.id desc
        limit $5"#,
        agency,
        filter.status.map(Status::name),
        filter.talent,
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    let items = rows.into_iter().map(|row| {
        let list = Money::new(row.list_minor, row.currency.parse()?)?;
        let split = Shares::new(row.talent_bp, row.agency_bp)?.split(list);
        let money = |minor| Money::new(minor, list.currency()).ok();
        Ok(AgencyOrder {
            id: row.id,
            status: row.status,
            talent_id: row.talent_id,
            talent_name: row.name,
            is_to: row.is_to,
            occasion: row.occasion,
            talent_share: money(split.talent_minor),
            agency_share: money(split.agency_minor),
            deadline_at: row.deadline_at,
            placed_at: row.placed_at,
        })
    });
    let items = items.collect::<anyhow::Result<Vec<_>>>()?;
    Ok(page.list(items, |order: &AgencyOrder| order.id))
}
