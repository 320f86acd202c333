use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::cut::{Cut, look};
use super::{Error, Filter};
use crate::app::App;
use crate::hits::domain::{Grain, Range, Share};

/// What hits can be grouped by.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
#[schema(as = HitDimension)]
pub enum Dimension {
    Brand,
    Product,
    State,
    Rule,
    Variant,
    Outcome,
}

impl Dimension {
    pub const ALL: [Self; 6] = [
        Self::Brand,
        Self::Product,
        Self::State,
        Self::Rule,
        Self::Variant,
        Self::Outcome,
    ];

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Brand => "brand",
            Self::Product => "product",
            Self::State => "state",
            Self::Rule => "rule",
            Self::Variant => "variant",
            Self::Outcome => "outcome",
        }
    }
}

/// How many hits there were, when, and of which kind.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Totals {
    /// As asked for, widened to whole units of the grain.
    #[serde(with = "time::serde::rfc3339")]
    pub from: OffsetDateTime,
    /// Not included.
    #[serde(with = "time::serde::rfc3339")]
    pub to: OffsetDateTime,
    pub grain: Grain,
    pub hits: i64,
    /// In order of time; times without hits are left out.
    pub series: Vec<Point>,
    /// Most hits first; empty unless asked for.
    pub groups: Vec<Group>,
    /// Hits of the groups past the limit.
    pub other: i64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Point {
    /// Start of the minute, hour or day, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    pub hits: i64,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Group {
    /// The value in each dimension asked for; null where hits have none.
    pub by: BTreeMap<Dimension, Value>,
    pub hits: i64,
    /// Of all hits that the filter lets through.
    #[serde(flatten)]
    pub share: Share,
    #[serde(with = "time::serde::rfc3339")]
    pub last_at: OffsetDateTime,
}

/// Counts the hits of a range; with dimensions, also by group, of which the `limit` largest are told apart.
pub async fn totals(
    app: &App,
    range: Range,
    filter: &Filter,
    group_by: &[Dimension],
    limit: usize,
) -> Result<Totals, Error> {
    let mut tx = look(app).await?;
    let series = series(&mut tx, range, filter).await?;
    let hits = series.iter().map(|point| point.hits).sum();
    let groups = match group_by {
        [] => vec![],
        dimensions => groups(&mut tx, range, filter, dimensions, limit, hits).await?,
    };
    tx.commit().await?;
    let told: i64 = groups.iter().map(|group| group.hits).sum();
    let other = if group_by.is_empty() { 0 } else { hits - told };
    Ok(Totals {
        from: range.from,
        to: range.to,
        grain: range.grain,
        hits,
        series,
        groups,
        other,
    })
}

async fn series(conn: &mut PgConnection, range: Range, filter: &Filter) -> Result<Vec<Point>, Error> {
    let series = sqlx::query_as!(
        Point,
        r#"
        select at as "at!", sum(hits)::bigint as "hits!"
        from hits.counted
        where cut = $11
            and grain = $1
            and at >= $2
            and at < $3
            and ($4::text is null or brand = $4)
            and ($5::text is null or product = $5)
            and ($6::text is null or state = $6)
            and ($7::int is null or rule = $7)
            and ($8::text is null or variant = $8)
            and ($9::text is null or outcome = $9)
            and ($10::bool is null or bot = $10)
        group by at
        order by at
        "#,
        range.grain.name(),
        range.from,
        range.to,
        filter.brand,
        filter.product,
        filter.state,
        filter.rule,
        filter.variant,
        filter.outcome(),
        filter.bots.flag(),
        Cut::of(range.grain, filter, &[]).name(),
    )
    .fetch_all(conn)
    .await?;
    Ok(series)
}

async fn groups(
    conn: &mut PgConnection,
    range: Range,
    filter: &Filter,
    group_by: &[Dimension],
    limit: usize,
    all: i64,
) -> Result<Vec<Group>, Error> {
    let names: Vec<String> = group_by
        .iter()
        .map(|dimension| dimension.name().to_owned())
        .collect();
    let rows = sqlx::query!(
        r#"
        select
            case when 'brand' = any($11) then brand end as brand,
            case when 'product' = any($11) then product end as product,
            case when 'state' = any($11) then state end as state,
            case when 'rule' = any($11) then rule end as rule,
            case when 'variant' = any($11) then variant end as variant,
            case when 'outcome' = any($11) then outcome end as outcome,
            sum(hits)::bigint as "hits!",
            max(last_at) as "last_at!"
        from hits.counted
        where cut = $13
            and grain = $1
            and at >= $2
            and at < $3
            and ($4::text is null or brand = $4)
            and ($5::text is null or product = $5)
            and ($6::text is null or state = $6)
            and ($7::int is null or rule = $7)
            and ($8::text is null or variant = $8)
            and ($9::text is null or outcome = $9)
            and ($10::bool is null or bot = $10)
        group by 1, 2, 3, 4, 5, 6
        order by 7 desc, 1, 2, 3, 4, 5, 6
        limit $12
        "#,
        range.grain.name(),
        range.from,
        range.to,
        filter.brand,
        filter.product,
        filter.state,
        filter.rule,
        filter.variant,
        filter.outcome(),
        filter.bots.flag(),
        &names,
        i64::try_from(limit).unwrap_or(i64::MAX),
        Cut::of(range.grain, filter, group_by).name(),
    )
    .fetch_all(conn)
    .await?;
    let groups = rows.into_iter().map(|row| {
        let value = |dimension: &Dimension| match dimension {
            Dimension::Brand => row.brand.clone().into(),
            Dimension::Product => row.product.clone().into(),
            Dimension::State => row.state.clone().into(),
            Dimension::Rule => row.rule.into(),
            Dimension::Variant => row.variant.clone().into(),
            Dimension::Outcome => row.outcome.clone().into(),
        };
        let by = group_by
            .iter()
            .map(|dimension| (*dimension, value(dimension)))
            .collect();
        Group {
            by,
            hits: row.hits,
            share: Share::of(row.hits, all),
            last_at: row.last_at,
        }
    });
    Ok(groups.collect())
}
