use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::money::Money;
use crate::orders::domain::{Limits, Offer, Reduction};
use crate::platform::paging::{List, Page};

/// A code that takes something off what a customer pays.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Promotion)]
pub struct PromotionView {
    pub id: Uuid,
    /// What customers type, large or small
    #[schema(example = "NATAL-10")]
    pub code: String,
    /// What it is for
    #[schema(example = "Newsletter of December")]
    pub note: String,
    pub status: PromotionStatus,
    /// What it takes off; never changed
    pub discount: Reduction,
    /// Of the list price; `null`: any
    pub minimum_price: Option<Money>,
    /// `null`: since ever
    #[serde(with = "time::serde::rfc3339::option")]
    pub valid_from: Option<OffsetDateTime>,
    /// Until just before then; `null`: until it is retired
    #[serde(with = "time::serde::rfc3339::option")]
    pub valid_until: Option<OffsetDateTime>,
    /// By how many orders; `null`: by any number
    #[schema(example = 500)]
    pub total_uses: Option<i32>,
    /// By how many of each customer's; `null`: by any number
    #[schema(example = 1)]
    pub uses_per_customer: Option<i32>,
    /// By how many orders it was used; who ends unpaid gives it back
    #[schema(example = 17)]
    pub uses: i32,
    /// For this talent only
    pub talent_id: Option<Uuid>,
    /// For talents of this category only
    #[schema(example = "musicians")]
    pub category: Option<String>,
    /// As in the ETag
    #[schema(example = 3)]
    pub version: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub retired_at: Option<OffsetDateTime>,
}

/// Whether a promotion can be used at present, and if not why
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[clap(rename_all = "snake_case")]
pub enum PromotionStatus {
    Upcoming,
    Active,
    UsedUp,
    Over,
    Retired,
}

impl PromotionStatus {
    pub fn name(self) -> &'static str {
        match self {
            Self::Upcoming => "upcoming",
            Self::Active => "active",
            Self::UsedUp => "used_up",
            Self::Over => "over",
            Self::Retired => "retired",
        }
    }
}

/// Which promotions; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct PromotionFilter {
    pub status: Option<PromotionStatus>,
    /// Part of the code or of the note, large or small.
    pub text: Option<String>,
    pub talent: Option<Uuid>,
    pub category: Option<String>,
}

/// Newest first.
pub async fn list_promotions(
    conn: &mut PgConnection,
    filter: &PromotionFilter,
    now: OffsetDateTime,
    page: Page,
) -> anyhow::Result<List<PromotionView>> {
    let views = select(conn, None, filter, now, page).await?;
    Ok(page.list(views, |promotion: &PromotionView| promotion.id))
}

pub async fn find_promotion(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> anyhow::Result<Option<PromotionView>> {
    let one = Page {
        after: None,
        limit: 1,
    };
    let found = select(conn, Some(id), &PromotionFilter::default(), now, one).await?;
    Ok(found.into_iter().next())
}

async fn select(
    conn: &mut PgConnection,
    id: Option<Uuid>,
    filter: &PromotionFilter,
    now: OffsetDateTime,
    page: Page,
) -> anyhow::Result<Vec<PromotionView>> {
    let rows = sqlx::query_as!(
        Row,
        r#"with told as (
            select *, case
                when retired_at is not null then 'retired'
                when valid_until <= $1 then 'over'
                when uses >= total_uses then 'used_up'
                when valid_from > $1 then 'upcoming'
                else 'active'
            end status
            from orders.promotion
        )
        select
            id, code, note, status "status!: PromotionStatus", amount_minor, basis_points, cap_minor, minimum_minor,
            currency, valid_from, valid_until, total_uses, uses_per_customer, uses, talent_id, category, version,
            created_at, retired_at
        from told
        where ($2::uuid is null or id = $2)
            and ($3::text is null or status = $3)
            and ($4::text is null or strpos(lower(code || ' ' || note), lower($4)) > 0)
            and ($5::uuid is null or talent_id = $5)
            and ($6::text is null or category = $6)
            and ($7::uuid is null or id < $7)
        order by id desc
        limit $8"#,
        now,
        id,
        filter.status.map(PromotionStatus::name),
        filter.text,
        filter.talent,
        filter.category,
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::view).collect()
}

struct Row {
    id: Uuid,
    code: String,
    note: String,
    status: PromotionStatus,
    amount_minor: Option<i64>,
    basis_points: Option<i32>,
    cap_minor: Option<i64>,
    minimum_minor: Option<i64>,
    currency: Option<String>,
    valid_from: Option<OffsetDateTime>,
    valid_until: Option<OffsetDateTime>,
    total_uses: Option<i32>,
    uses_per_customer: Option<i32>,
    uses: i32,
    talent_id: Option<Uuid>,
    category: Option<String>,
    version: i64,
    created_at: OffsetDateTime,
    retired_at: Option<OffsetDateTime>,
}

impl Row {
    fn view(self) -> anyhow::Result<PromotionView> {
        let currency = self.currency.as_deref();
        Ok(PromotionView {
            id: self.id,
            discount: Reduction::from_columns(
                self.amount_minor,
                self.basis_points,
                self.cap_minor,
                currency,
            )?,
            minimum_price: Money::from_columns(self.minimum_minor, currency)?,
            code: self.code,
            note: self.note,
            status: self.status,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            total_uses: self.total_uses,
            uses_per_customer: self.uses_per_customer,
            uses: self.uses,
            talent_id: self.talent_id,
            category: self.category,
            version: self.version,
            created_at: self.created_at,
            retired_at: self.retired_at,
        })
    }
}

/// The promotion that is in use under a code, as it is for a talent and for a customer: `hashes` of their address, none
/// if it is not known.
pub(in crate::orders) async fn find_offer(
    conn: &mut PgConnection,
    code: &str,
    talent: Uuid,
    hashes: &[Vec<u8>],
) -> anyhow::Result<Option<(Uuid, Offer)>> {
    let row = sqlx::query!(
        r#"select
            id, amount_minor, basis_points, cap_minor, minimum_minor, currency, note, valid_from, valid_until,
            total_uses, uses_per_customer, uses,
            coalesce(promotion.talent_id = $2, true) and (category is null or exists (
                select 1 from catalogue.talent_category own
                where own.talent_id = $2 and own.category = promotion.category
            )) "fits_talent!",
            (
                select count(*) from orders.redemption
                where redemption.promotion = promotion.id and customer_hash = any($3)
            ) "uses_of_customer!"
        from orders.promotion
        where code = $1 and retired_at is null"#,
        code,
        talent,
        hashes,
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let currency = row.currency.as_deref();
    let offer = Offer {
        reduction: Reduction::from_columns(row.amount_minor, row.basis_points, row.cap_minor, currency)?,
        limits: Limits {
            note: row.note,
            minimum_price: Money::from_columns(row.minimum_minor, currency)?,
            valid_from: row.valid_from,
            valid_until: row.valid_until,
            total_uses: row.total_uses,
            uses_per_customer: row.uses_per_customer,
        },
        fits_talent: row.fits_talent,
        uses: row.uses,
        uses_of_customer: row.uses_of_customer,
    };
    Ok(Some((row.id, offer)))
}
