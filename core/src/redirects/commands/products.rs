use marquee_shared::rules::Product;

use super::settings::{Changed, apply, change};
use super::{locked_draft, store};
use crate::access::Principal;
use crate::app::App;
use crate::redirects::domain::RuleFilter;
use crate::redirects::{Error, Refusal};

/// Rules named when a product cannot be removed.
const NAMED: i64 = 20;

/// Puts a product in the draft, or changes it; true if it is new.
///
/// # Errors
/// [`Error::SettingsInvalid`], at its places in the product.
pub async fn put_product(
    app: &App,
    principal: &Principal,
    brand: &str,
    seen: Option<i64>,
    product: Product,
) -> Result<(Changed, bool), Error> {
    let (mut fresh, mut place) = (false, 0);
    let changed = change(app, principal, brand, seen, |old| {
        let mut settings = old.clone();
        let known = settings
            .products
            .iter()
            .position(|known| known.code == product.code);
        (fresh, place) = (known.is_none(), known.unwrap_or(settings.products.len()));
        match settings.products.get_mut(place) {
            Some(known) => *known = product,
            None => settings.products.push(product),
        }
        Ok(settings)
    })
    .await;
    let product = format!("/products/{place}");
    let in_product = |refusal: Refusal| {
        let pointer = refusal.pointer.strip_prefix(&product);
        let pointer = pointer.unwrap_or(&refusal.pointer).to_owned();
        Refusal { pointer, ..refusal }
    };
    match changed {
        Ok(changed) => Ok((changed, fresh)),
        Err(Error::SettingsInvalid(refusals)) => Err(Error::SettingsInvalid(
            refusals.into_iter().map(in_product).collect(),
        )),
        Err(error) => Err(error),
    }
}

/// Takes a product out of the draft.
///
/// # Errors
/// [`Error::ProductInUse`] while rules name it.
pub async fn remove_product(
    app: &App,
    principal: &Principal,
    brand: &str,
    seen: Option<i64>,
    code: &str,
) -> Result<Changed, Error> {
    let mut tx = app.db.begin().await?;
    let draft = locked_draft(&mut tx, brand, seen).await?;
    let mut settings = draft.settings.0.clone();
    settings.products.retain(|product| product.code != code);
    if settings.products.len() == draft.settings.products.len() {
        return Err(Error::NoProduct(code.to_owned()));
    }
    let named = RuleFilter {
        product: Some(code.to_owned()),
        ..RuleFilter::default()
    };
    let wanted = named.wanted(app.now()).map_err(Error::Senseless)?;
    let mut rules = store::find_rules(&mut tx, brand, &wanted, 0, NAMED + 1).await?;
    if !rules.is_empty() {
        let more = rules.len() as i64 > NAMED;
        rules.truncate(usize::try_from(NAMED).unwrap_or(0));
        return Err(Error::ProductInUse {
            product: code.to_owned(),
            rules: rules.iter().map(|rule| rule.number).collect(),
            more,
        });
    }
    let changed = apply(&mut tx, app, principal, brand, &draft, settings).await?;
    tx.commit().await?;
    Ok(changed)
}
