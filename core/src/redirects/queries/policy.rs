use crate::app::App;
use crate::redirects::{Error, Policy, store};

/// What publishing needs in the brand.
pub async fn policy(app: &App, brand: &str) -> Result<Policy, Error> {
    let mut conn = app.db.acquire().await?;
    store::draft(&mut conn, brand)
        .await?
        .ok_or_else(|| Error::NoBrand(brand.to_owned()))?;
    Ok(store::policy(&mut conn, brand).await?)
}
