use sqlx::PgConnection;
use time::Duration;
use uuid::Uuid;

use super::promotions::{Asked, price_promotion};
use crate::app::App;
use crate::catalogue;
use crate::money::Money;
use crate::orders::Error;
use crate::orders::domain::Price;
use crate::orders::store::{self, NewQuote, Quote};
use crate::platform::throttle::Allowance;

/// How long what was promised holds.
const GOOD_FOR: Duration = Duration::minutes(15);
/// Of one network: quotes are rows, and anybody may ask.
const QUOTES: Allowance = Allowance {
    name: "orders.quote",
    burst: 60,
    every: Duration::seconds(5),
};

/// Of one network: what a code is good for; nobody is to find one by trying.
const CODES: Allowance = Allowance {
    name: "orders.code",
    burst: 20,
    every: Duration::seconds(30),
};

/// Promises what an order of a talent costs now, for a quarter of an hour; with a promotion's code, less. `network`: from
/// where it is asked.
///
/// # Errors
/// The public does not see the talent, or they take no orders; the code takes nothing off.
pub async fn quote(app: &App, network: &str, talent: Uuid, code: Option<&str>) -> Result<Uuid, Error> {
    let now = app.now();
    if code.is_some() {
        // Not in the transaction: what fails counts, too.
        CODES.take(&mut *app.db.acquire().await?, now, network).await??;
    }
    let mut tx = app.db.begin().await?;
    QUOTES.take(&mut tx, now, network).await??;
    let offer = catalogue::offer(&mut tx, talent).await?;
    let offer = offer.ok_or(catalogue::Error::NoTalent)?;
    if !offer.available {
        return Err(catalogue::Error::Unavailable.into());
    }
    let price = match code {
        None => Price::full(offer.price),
        Some(code) => reduced(app, &mut tx, talent, offer.price, code).await?,
    };
    let new = NewQuote {
        id: crate::ids::fresh(now),
        terms: Quote {
            talent,
            agency: offer.agency,
            price,
            shares: offer.shares,
            delivery_days: offer.delivery_days,
        },
        created_at: now,
        expires_at: now + GOOD_FOR,
    };
    store::insert_quote(&mut tx, &new).await?;
    tx.commit().await?;
    Ok(new.id)
}

/// The price, less what a code takes off. Whose order it will be is not known yet: how often they had the code is looked
/// at when it is placed.
async fn reduced(
    app: &App,
    conn: &mut PgConnection,
    talent: Uuid,
    price: Money,
    code: &str,
) -> Result<Price, Error> {
    let asked = Asked {
        code,
        talent,
        price,
        customer: None,
    };
    let discount = price_promotion(app, conn, asked).await?;
    let reduced = Price::new(price, discount.discount_minor, Some(discount.promotion));
    Ok(reduced.map_err(anyhow::Error::from)?)
}
