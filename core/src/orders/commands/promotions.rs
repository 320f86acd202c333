use serde_json::{Value, json};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::access::Principal;
use crate::app::App;
use crate::catalogue::{self, Fault, Faults};
use crate::ids;
use crate::money::Money;
use crate::orders::domain::{Limits, Reduction, Unusable, code};
use crate::orders::store::{self, Inserted, Promotion};
use crate::orders::{Error, queries};
use crate::platform::{audit, sealed};

#[derive(Clone, Debug)]
pub struct NewPromotion {
    /// What customers type: 3 to 40 letters without accents, digits, `-` and `_`, large or small.
    pub code: String,
    pub reduction: Reduction,
    /// Limits and the note; what is `None` is not limited.
    pub limits: PromotionChange,
    /// For this talent only.
    pub talent: Option<Uuid>,
    /// For talents of this category only.
    pub category: Option<String>,
}

/// What is to be other than it is; `None` stays, `Some(None)` is no longer limited.
#[derive(Clone, Debug, Default)]
pub struct PromotionChange {
    /// What it is for, for people to read.
    pub note: Option<String>,
    pub minimum_price: Option<Option<Money>>,
    pub valid_from: Option<Option<OffsetDateTime>>,
    /// Until just before then.
    pub valid_until: Option<Option<OffsetDateTime>>,
    pub total_uses: Option<Option<i32>>,
    pub uses_per_customer: Option<Option<i32>>,
}

impl PromotionChange {
    fn of(self, limits: &Limits) -> Limits {
        Limits {
            note: self
                .note
                .map_or_else(|| limits.note.clone(), |note| note.trim().to_owned()),
            minimum_price: self.minimum_price.unwrap_or(limits.minimum_price),
            valid_from: self.valid_from.unwrap_or(limits.valid_from),
            valid_until: self.valid_until.unwrap_or(limits.valid_until),
            total_uses: self.total_uses.unwrap_or(limits.total_uses),
            uses_per_customer: self.uses_per_customer.unwrap_or(limits.uses_per_customer),
        }
    }
}

/// Makes a promotion; its id.
pub async fn create_promotion(app: &App, by: &Principal, new: NewPromotion) -> Result<Uuid, Error> {
    let mut faults = Faults::default();
    let code = faults.sift(code(&new.code).ok_or_else(|| {
        let detail = "3 to 40 letters without accents, digits, `-` and `_`";
        Fault::new("/code", "code_invalid", detail)
    }));
    let limits = new.limits.of(&Limits::default());
    let currency = limits.check(new.reduction, 0, &app.config.currencies, &mut faults);
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if let Some(category) = &new.category {
        let known = catalogue::list_categories(&mut tx).await?.items;
        let known = known.iter().any(|one| one.slug == *category);
        let unknown = || Fault::new("/category", "category_unknown", "there is no such category");
        faults.sift(known.then_some(()).ok_or_else(unknown));
    }
    faults.none()?;
    let promotion = Promotion {
        id: ids::fresh(now),
        code: code.unwrap_or_default(),
        reduction: new.reduction,
        limits,
        currency,
        talent: new.talent,
        category: new.category,
    };
    match store::insert_promotion(&mut tx, &promotion, now).await? {
        Inserted::Yes => {}
        Inserted::CodeTaken => return Err(Error::PromotionExists(promotion.code)),
        Inserted::NoTalent => {
            let fault = Fault::new("/talent_id", "talent_unknown", "there is no such talent");
            return Err(vec![fault].into());
        }
    }
    let after = json!({
        "code": promotion.code, "discount": promotion.reduction, "limits": promotion.limits,
        "talent_id": promotion.talent, "category": promotion.category,
    });
    record(&mut tx, app, by, "create", promotion.id, None, Some(after)).await?;
    tx.commit().await?;
    Ok(promotion.id)
}

/// Changes a promotion's limits; what it takes off never changes. `seen`: the version that the caller has in mind.
pub async fn change_promotion(
    app: &App,
    by: &Principal,
    id: Uuid,
    seen: Option<i64>,
    change: PromotionChange,
) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let before = held(&mut tx, id, seen).await?;
    let limits = change.of(&before.limits);
    let mut faults = Faults::default();
    let currencies = &app.config.currencies;
    let currency = limits.check(before.reduction, before.uses, currencies, &mut faults);
    faults.none()?;
    if limits != before.limits {
        store::update_promotion(&mut tx, id, &limits, currency).await?;
        let (before, after) = (json!(before.limits), json!(limits));
        record(&mut tx, app, by, "change", id, Some(before), Some(after)).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Nobody uses it from now on; who has it keeps it. `seen` as in [`change_promotion`].
pub async fn retire_promotion(app: &App, by: &Principal, id: Uuid, seen: Option<i64>) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    held(&mut tx, id, seen).await?;
    store::retire_promotion(&mut tx, id, app.now()).await?;
    record(&mut tx, app, by, "retire", id, None, None).await?;
    tx.commit().await?;
    Ok(())
}

async fn held(conn: &mut PgConnection, id: Uuid, seen: Option<i64>) -> Result<store::Locked, Error> {
    let promotion = store::lock_promotion(conn, id).await?.ok_or(Error::NoPromotion)?;
    if seen.is_some_and(|seen| seen != promotion.version) {
        return Err(Error::PromotionChanged);
    }
    if promotion.retired {
        return Err(Error::PromotionRetired);
    }
    Ok(promotion)
}

async fn record(
    conn: &mut PgConnection,
    app: &App,
    by: &Principal,
    verb: &str,
    id: Uuid,
    before: Option<Value>,
    after: Option<Value>,
) -> sqlx::Result<()> {
    let (action, subject) = (format!("orders.{verb}_promotion"), format!("promotion/{id}"));
    audit::record(conn, app.now(), by, &action, &subject, before, after).await
}

/// What somebody wants to use a code for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub code: &'a str,
    pub talent: Uuid,
    /// The talent's, before anything is taken off.
    pub price: Money,
    /// Their e-mail address, if it is known.
    pub customer: Option<&'a str>,
}

/// What a code takes off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discount {
    pub promotion: Uuid,
    /// As it is kept.
    pub code: String,
    /// In the price's currency; more than nothing, and leaving at least
    /// [`LEAST_PAID_MINOR`](crate::orders::LEAST_PAID_MINOR).
    pub discount_minor: i64,
}

/// What a code takes off at present: for a quote, which freezes it. Claims nothing. In the caller's transaction.
///
/// # Errors
/// [`Error::Promotion`] says why it takes nothing off.
pub async fn price_promotion(
    app: &App,
    conn: &mut PgConnection,
    asked: Asked<'_>,
) -> Result<Discount, Error> {
    let code = code(asked.code).ok_or(Unusable::Unknown)?;
    let hashes = asked.customer.map(|address| hashes(app, address));
    let offered = queries::find_offer(conn, &code, asked.talent, &hashes.unwrap_or_default()).await?;
    let (promotion, offer) = offered.ok_or(Unusable::Unknown)?;
    let discount_minor = offer.discount(app.now(), asked.price)?;
    Ok(Discount {
        promotion,
        code,
        discount_minor,
    })
}

/// Claims a use for an order, when it is placed. A quote is good for as long as it is good, so only whether there is a
/// use left is looked at; of several who want the last one, one gets it. Orders with one promotion wait for each other
/// from here to their commit. In the caller's transaction, which must be rolled back if this fails.
///
/// # Errors
/// [`Unusable::UsedUp`]: also when it was retired meanwhile.
pub async fn claim_promotion(
    app: &App,
    conn: &mut PgConnection,
    promotion: Uuid,
    order: Uuid,
    customer: &str,
) -> Result<(), Error> {
    let each = store::claim(conn, promotion).await?.ok_or(Unusable::UsedUp)?;
    let hashes = hashes(app, customer);
    if let Some(each) = each {
        // Nobody else claims meanwhile: the promotion is held.
        let had = store::uses_of_customer(conn, promotion, &hashes).await?;
        if had >= i64::from(each) {
            return Err(Unusable::UsedUp.into());
        }
    }
    let hash = hashes.first().map(Vec::as_slice);
    store::redeem(conn, (promotion, order), hash, app.now()).await?;
    Ok(())
}

/// Gives an order's use back when it ends unpaid; nothing if it has none. In the caller's transaction.
pub async fn release_promotion(conn: &mut PgConnection, order: Uuid) -> Result<(), Error> {
    Ok(store::release(conn, order).await?)
}

pub(super) async fn forget_customer(app: &App, conn: &mut PgConnection, address: &str) -> sqlx::Result<()> {
    store::forget_customer(conn, &hashes(app, address)).await
}

/// Of an address, large or small, under each key.
fn hashes(app: &App, address: &str) -> Vec<Vec<u8>> {
    let address = address.trim().to_lowercase();
    sealed::hashes(&app.config.data_keys, "orders.redemption", address.as_bytes())
}
