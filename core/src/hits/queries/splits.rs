use std::collections::{BTreeMap, HashMap};

use marquee_shared::rules::{Action, Target};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::cut::{Cut, look};
use super::{Dimension, Error, Filter, Paging};
use crate::app::App;
use crate::hits::domain::{Range, Share};
use crate::platform::paging::List;
use crate::redirects;
use crate::redirects::queries::{Which, last_change, rule_set};

/// One rule's variants, as they came out and as they are meant.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Split {
    #[schema(example = 41)]
    pub rule: i32,
    #[schema(example = 100)]
    pub hits: i64,
    /// Whether every variant's hits may come of the weights that are live; `null` if the rule is not live any more, or
    /// is no split. Other weights before `live_since` count as well: ask for the time from then on.
    #[schema(example = false)]
    pub compatible: Option<bool>,
    /// Since when the brand's rules are what they are; `null` if nothing is live
    #[serde(with = "time::serde::rfc3339::option")]
    pub live_since: Option<OffsetDateTime>,
    /// By name; those with a weight and no hits, too
    pub variants: Vec<VariantShare>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VariantShare {
    #[schema(example = "b")]
    pub variant: String,
    #[schema(example = 75)]
    pub hits: i64,
    #[serde(flatten)]
    pub share: Share,
    /// The share that its weight gives it in the live rule set, 0 to 1; `null` if the rule or the variant is gone
    #[schema(example = 0.5)]
    pub intended: Option<f64>,
    /// Whether that is within the interval. The interval takes visits for independent: of a sticky split, one visitor
    /// who comes often counts each time
    #[schema(example = false)]
    pub compatible: Option<bool>,
}

/// How a brand's splits came out, by rule number: the share of each variant, and how sure one can be of it,
/// beside what the live rules mean.
pub async fn splits(
    app: &App,
    brand: &str,
    range: Range,
    filter: &Filter,
    paging: &Paging,
) -> Result<List<Split>, Error> {
    let after = paging.after_rule()?;
    let of_brand = Filter {
        brand: Some(brand.to_owned()),
        ..Filter::default()
    };
    let mut tx = look(app).await?;
    let rows = sqlx::query!(
        r#"
        with split as (
            select rule, variant, sum(hits)::bigint as hits, dense_rank() over (order by rule) as place
            from hits.counted
            where cut = $9
                and grain = $1
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
        Cut::of(range.grain, &of_brand, &[Dimension::Rule]).name(),
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    let (intended, live_since) = intended(app, brand).await?;
    let items: Vec<Split> = rows
        .chunk_by(|row, next| row.rule == next.rule)
        .filter_map(|rows| {
            let rule = rows.first()?.rule;
            let hits = rows.iter().map(|row| (row.variant.clone(), row.hits));
            let variants = variants(hits.collect(), intended.get(&rule));
            let judged: Option<Vec<bool>> = intended.get(&rule).map(|_| {
                let told = variants.iter().filter_map(|variant| variant.compatible);
                told.collect()
            });
            Some(Split {
                rule,
                hits: variants.iter().map(|variant| variant.hits).sum(),
                compatible: judged.map(|judged| judged.into_iter().all(|fits| fits)),
                live_since,
                variants,
            })
        })
        .collect();
    Ok(paging.list(items, |split| split.rule.to_string()))
}

/// Variant → the share that it is to have.
type Intended = BTreeMap<String, f64>;

/// What came out beside what is meant, by name.
fn variants(mut hits: BTreeMap<String, i64>, intended: Option<&Intended>) -> Vec<VariantShare> {
    let all = hits.values().sum();
    for (variant, share) in intended.into_iter().flatten() {
        if *share > 0.0 {
            hits.entry(variant.clone()).or_default();
        }
    }
    let shares = hits.into_iter().map(|(variant, hits)| {
        let share = Share::of(hits, all);
        let intended = intended.and_then(|intended| intended.get(&variant).copied());
        VariantShare {
            compatible: intended.map(|intended| share.may_be(intended)),
            variant,
            hits,
            share,
            intended,
        }
    });
    shares.collect()
}

/// What the live rules mean, by rule, and since when; nothing if nothing is live.
async fn intended(app: &App, brand: &str) -> Result<(HashMap<i32, Intended>, Option<OffsetDateTime>), Error> {
    let set = match rule_set(app, brand, Which::Live).await {
        Ok((_, set)) => set,
        Err(redirects::Error::NoBrand(_) | redirects::Error::NotLive(_)) => {
            return Ok((HashMap::new(), None));
        }
        Err(error) => return Err(error.into()),
    };
    let splits = set.rules.iter().filter_map(|rule| match &rule.action {
        Action::Route(Target::Split { variants, .. }) if rule.enabled => {
            let all: u64 = variants.iter().map(|variant| u64::from(variant.weight)).sum();
            let share = |weight: u32| f64::from(weight) / all.max(1) as f64;
            let shares = variants
                .iter()
                .map(|variant| (variant.name.clone(), share(variant.weight)));
            Some((i32::try_from(rule.number).ok()?, shares.collect()))
        }
        _ => None,
    });
    Ok((splits.collect(), last_change(app, brand).await?))
}
