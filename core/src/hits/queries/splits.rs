use serde::Serialize;
use utoipa::ToSchema;

use super::{Error, Filter, Paging};
use crate::app::App;
use crate::hits::domain::{Range, Share};
use crate::platform::paging::List;

/// One rule's variants, as they came out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Split {
    pub rule: i32,
    pub hits: i64,
    /// By name.
    pub variants: Vec<VariantShare>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VariantShare {
    pub variant: String,
    pub hits: i64,
    #[serde(flatten)]
    pub share: Share,
}

/// How a brand's splits came out, by rule number: the share of each variant, and how sure one can be of it.
pub async fn splits(
    app: &App,
    brand: &str,
    range: Range,
    filter: &Filter,
    paging: &Paging,
) -> Result<List<Split>, Error> {
    let after = paging.after_rule()?;
    let rows = sqlx::query!(
        r#"
        with split as (
            select rule, variant, sum(hits)::bigint as hits, dense_rank() over (order by rule) as place
            from hits.rollup
            where grain = $1
                and at >= $2
                and at < $3
                and brand = $4
                and rule > $5
                and variant is not null
                and ($6::int is null or rule = $6)
                and ($7::bool is null or bot = $7)
            group by rule, variant
        )
        select rule as "rule!", variant as "variant!", hits as "hits!"
        from split
        where place <= $8
        order by rule, variant
        "#,
        range.grain.name(),
        range.from,
        range.to,
        brand,
        after,
        filter.rule,
        filter.bots.flag(),
        paging.rows(),
    )
    .fetch_all(&app.db)
    .await?;
    let items: Vec<Split> = rows
        .chunk_by(|row, next| row.rule == next.rule)
        .map(|rows| {
            let hits = rows.iter().map(|row| row.hits).sum();
            let variants = rows.iter().map(|row| VariantShare {
                variant: row.variant.clone(),
                hits: row.hits,
                share: Share::of(row.hits, hits),
            });
            Split {
                rule: rows.first().map_or(0, |row| row.rule),
                hits,
                variants: variants.collect(),
            }
        })
        .collect();
    Ok(paging.list(items, |split| split.rule.to_string()))
}
