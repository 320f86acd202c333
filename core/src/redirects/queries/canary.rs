use time::OffsetDateTime;

use crate::app::App;
use crate::redirects::{Error, store};

/// A canary that is shown, beside what the other visitors see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningCanary {
    pub brand: String,
    pub revision: i32,
    /// What is live for the others.
    pub stable: i32,
    /// Of the visitors.
    pub percent: i16,
    /// Since it was started; showing it to more or fewer does not count.
    pub since: OffsetDateTime,
}

/// The brand's canary.
///
/// # Errors
/// There is no such brand, or no canary.
pub async fn canary(app: &App, brand: &str) -> Result<RunningCanary, Error> {
    store::draft(&mut *app.db.acquire().await?, brand)
        .await?
        .ok_or_else(|| Error::NoBrand(brand.to_owned()))?;
    running(app, Some(brand)).await?.pop().ok_or(Error::NoCanary)
}

/// Every canary that is shown, by brand.
pub async fn canaries(app: &App) -> Result<Vec<RunningCanary>, Error> {
    running(app, None).await
}

async fn running(app: &App, brand: Option<&str>) -> Result<Vec<RunningCanary>, Error> {
    let canaries = sqlx::query_as!(
        RunningCanary,
        r#"select
            live.brand "brand!", canary_revision "revision!", live.revision "stable!", canary_percent "percent!",
            began.at "since!"
        from redirects.live
        cross join lateral (
            select min(created_at) as at
            from redirects.publication
            where brand = live.brand and revision = live.canary_revision and action = 'canary'
                and sequence > (
                    select max(sequence)
                    from redirects.publication as ended
                    where ended.brand = live.brand and action in ('publish', 'rollback', 'promote', 'abort')
                )
        ) as began
        where canary_revision is not null and ($1::text is null or live.brand = $1)
        order by live.brand"#,
        brand,
    )
    .fetch_all(&app.db)
    .await?;
    Ok(canaries)
}
