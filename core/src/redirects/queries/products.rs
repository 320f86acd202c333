use marquee_shared::rules::Product;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Page, draft_settings};
use crate::app::App;
use crate::redirects::Error;

/// What a brand's visitors ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProductView {
    #[schema(example = "auto")]
    pub code: String,
    #[schema(example = "Car insurance")]
    pub name: String,
    /// Where a visitor goes whom no rule wants; `null`: to the brand's fallback
    #[schema(example = "https://quotes.acme.example/auto")]
    pub fallback_url: Option<String>,
}

impl From<Product> for ProductView {
    fn from(product: Product) -> Self {
        let Product {
            code,
            name,
            fallback_url,
        } = product;
        Self {
            code,
            name,
            fallback_url,
        }
    }
}

/// A draft's products, by code, after `cursor`; and the draft's version.
pub async fn products(
    app: &App,
    brand: &str,
    cursor: Option<&str>,
    limit: i64,
) -> Result<(i64, Page<ProductView>), Error> {
    let (version, settings) = draft_settings(app, brand).await?;
    let mut products = settings.products;
    products.sort_by(|a, b| a.code.cmp(&b.code));
    let after = cursor.unwrap_or_default();
    let after = products
        .into_iter()
        .filter(|product| product.code.as_str() > after);
    let some = usize::try_from(limit + 1).unwrap_or(usize::MAX);
    let items = after.take(some).map(ProductView::from).collect();
    let page = Page::new(items, limit, |product: &ProductView| product.code.clone());
    Ok((version, page))
}
