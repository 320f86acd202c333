use anyhow::Context as _;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Frozen, subject};
use crate::access::Principal;
use crate::app::App;
use crate::money::Currency;
use crate::payouts::Error;
use crate::payouts::domain::Month;
use crate::payouts::queries::{OwedTo, owed};
use crate::payouts::store::{self, NewBatch, NewLine};
use crate::platform::audit;
use crate::platform::idempotency::{self, Claim, Request};
use crate::{catalogue, ids};

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub struct Created {
    pub payout: Uuid,
    /// It was made before, by the same request.
    pub replayed: bool,
}

/// Freezes what everybody is owed at the end of a month, for another person to approve. Of two at once one makes it.
///
/// # Errors
/// The month is not over; there is a payout of it, or one that nobody has approved yet; nobody is to be paid.
pub async fn create(
    app: &App,
    by: &Principal,
    request: Option<&Request>,
    month: Month,
    currency: Currency,
) -> Result<Created, Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if let Some(request) = request
        && let Claim::Replay(answer) = idempotency::claim(&mut tx, now, by, request).await?
    {
        let payout = answer["payout"].as_str().context("which payout was it?")?;
        return Ok(Created {
            payout: payout.parse().context("reading a payout's id")?,
            replayed: true,
        });
    }
    let ends_at = month.ends_at(&app.config.zone);
    if ends_at > now {
        return Err(Error::NotOver(month));
    }
    let id = ids::fresh(now);
    let new = NewBatch {
        id,
        month,
        currency: currency.code(),
        minimum_minor: app.config.payout_minimum_minor,
        principal: &by.id,
    };
    if !store::insert_batch(&mut tx, &new, now).await? {
        return Err(Error::Exists);
    }
    let mut paid = owed(&mut tx, currency.code(), ends_at).await?;
    paid.retain(|owed| owed.owed.carried(new.minimum_minor).is_none());
    if paid.is_empty() {
        return Err(Error::NothingOwed);
    }
    let lines = freeze(app, &mut tx, paid, now).await?;
    store::insert_lines(&mut tx, id, &lines).await?;
    let total_minor: i64 = lines
        .iter()
        .map(|line| line.gross_minor - line.reversed_minor)
        .sum();
    let after =
        json!({ "month": month, "currency": currency, "lines": lines.len(), "total_minor": total_minor });
    audit::record(
        &mut tx,
        now,
        by,
        "payouts.create",
        &subject(id),
        None,
        Some(after),
    )
    .await?;
    if let Some(request) = request {
        idempotency::answer(&mut tx, by, request, &json!({ "payout": id })).await?;
    }
    app.faults.hit("payouts.creating");
    tx.commit().await?;
    Ok(Created {
        payout: id,
        replayed: false,
    })
}

/// With ids in the order of the numbers.
async fn freeze(
    app: &App,
    conn: &mut PgConnection,
    paid: Vec<OwedTo>,
    now: OffsetDateTime,
) -> anyhow::Result<Vec<NewLine>> {
    let talents: Vec<Uuid> = paid.iter().filter_map(|owed| owed.talent).collect();
    let agencies: Vec<Uuid> = paid.iter().filter_map(|owed| owed.agency).collect();
    let mut accounts = catalogue::accounts_to_pay(conn, app, &talents, &agencies).await?;
    let mut fresh: Vec<Uuid> = paid.iter().map(|_| ids::fresh(now)).collect();
    fresh.sort_unstable();
    let lines = paid.into_iter().zip(fresh).map(|(owed, id)| {
        let payee = owed.talent.or(owed.agency).unwrap_or_default();
        let account = accounts
            .remove(&payee)
            .context("bank details went away meanwhile")?;
        let frozen = Frozen {
            email: owed.email,
            account,
        };
        Ok(NewLine {
            id,
            talent: owed.talent,
            agency: owed.agency,
            sales: owed.sales,
            gross_minor: owed.owed.gross_minor,
            reversed_minor: owed.owed.reversed_minor,
            details: frozen.seal(app, id)?,
            entries: owed.entries,
        })
    });
    lines.collect()
}
