use time::Duration;
use uuid::Uuid;

use crate::app::App;
use crate::catalogue;
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

/// Promises what an order of a talent costs now, for a quarter of an hour. `network`: from where it is asked.
///
/// # Errors
/// The public does not see the talent, or they take no orders.
pub async fn quote(app: &App, network: &str, talent: Uuid) -> Result<Uuid, Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    QUOTES.take(&mut tx, now, network).await??;
    let offer = catalogue::offer(&mut tx, talent).await?;
    let offer = offer.ok_or(catalogue::Error::NoTalent)?;
    if !offer.available {
        return Err(catalogue::Error::Unavailable.into());
    }
    let new = NewQuote {
        id: crate::ids::fresh(now),
        terms: Quote {
            talent,
            agency: offer.agency,
            price: Price::full(offer.price),
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
