use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::app::App;
use crate::hits::domain::{Compared, Difference, Grain, Population, Share, Verdict, compare};
use crate::redirects::queries::RunningCanary;
use crate::redirects::{self, Policy};

/// A canary beside what is live for the others, since it began.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CanaryComparison {
    #[schema(example = "acme")]
    pub brand: String,
    #[schema(example = 42)]
    pub revision: i32,
    #[schema(example = 41)]
    pub stable_revision: i32,
    /// Of the visitors.
    #[schema(example = 5)]
    pub percent: i16,
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    pub canary: PopulationView,
    pub stable: PopulationView,
    /// Of the shares that are lost.
    pub lost: Difference,
    /// Of the shares sent to a product's or the brand's fallback.
    pub fallback: Difference,
    pub verdict: Verdict,
    /// How the brand's policy is exceeded; `null` if it is not.
    #[schema(example = "lost +9.00 points (+6.72 to +11.93), 5 allowed")]
    pub breach: Option<String>,
}

/// How the visitors of one population fared; without bots, and without those who came while the kill switch was
/// thrown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PopulationView {
    #[schema(example = 12_400)]
    pub hits: i64,
    pub redirect: Fared,
    pub product_fallback: Fared,
    pub brand_fallback: Fared,
    pub lost: Fared,
}

/// So many of them, and their share with its 95 % interval.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Fared {
    pub hits: i64,
    #[serde(flatten)]
    pub share: Share,
}

impl From<&Population> for PopulationView {
    fn from(population: &Population) -> Self {
        let whole = population.hits();
        let fared = |hits| Fared {
            hits,
            share: Share::of(hits, whole),
        };
        Self {
            hits: whole,
            redirect: fared(population.redirect),
            product_fallback: fared(population.product_fallback),
            brand_fallback: fared(population.brand_fallback),
            lost: fared(population.lost),
        }
    }
}

/// Compares the brand's canary with what is live for the others.
///
/// # Errors
/// There is no such brand, or it has no canary.
pub async fn canary(app: &App, brand: &str) -> Result<CanaryComparison, redirects::Error> {
    let running = redirects::queries::canary(app, brand).await?;
    let policy = redirects::queries::policy(app, brand).await?;
    Ok(comparison(app, running, &policy).await?)
}

/// The same, of a canary that was found already.
pub(in crate::hits) async fn comparison(
    app: &App,
    running: RunningCanary,
    policy: &Policy,
) -> sqlx::Result<CanaryComparison> {
    let (canary, stable) = populations(app, &running).await?;
    let compared = compare(&canary, &stable, policy.canary_min_hits.into());
    let Compared {
        lost,
        fallback,
        verdict,
    } = compared;
    let RunningCanary {
        brand,
        revision,
        stable: stable_revision,
        percent,
        since,
    } = running;
    Ok(CanaryComparison {
        brand,
        revision,
        stable_revision,
        percent,
        since,
        canary: PopulationView::from(&canary),
        stable: PopulationView::from(&stable),
        lost,
        fallback,
        verdict,
        breach: compared.breach(policy.canary_max_lost_points, policy.canary_max_fallback_points),
    })
}

/// The canary's, and the others'.
async fn populations(app: &App, running: &RunningCanary) -> sqlx::Result<(Population, Population)> {
    let rows = sqlx::query!(
        r#"
        select canary, outcome, sum(hits)::bigint as "hits!"
        from hits.population
        where brand = $1
            and at >= $2
            and not bot
            and revision = case when canary then $3::int else $4::int end
        group by canary, outcome
        "#,
        running.brand,
        // Of the minute it began in, some hits are from before.
        Grain::Minute.ceil(running.since),
        running.revision,
        running.stable,
    )
    .fetch_all(&app.db)
    .await?;
    let (mut canary, mut stable) = (Population::default(), Population::default());
    for row in rows {
        let population = if row.canary { &mut canary } else { &mut stable };
        match row.outcome.as_str() {
            "redirect" => population.redirect = row.hits,
            "product_fallback" => population.product_fallback = row.hits,
            "brand_fallback" => population.brand_fallback = row.hits,
            "lost" => population.lost = row.hits,
            _ => {}
        }
    }
    Ok((canary, stable))
}
