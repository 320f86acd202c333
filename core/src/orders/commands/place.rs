use anyhow::Context as _;
use serde_json::json;
use sqlx::PgConnection;
use time::Duration;
use uuid::Uuid;

use super::promotions::claim_promotion;
use crate::access::Principal;
use crate::app::App;
use crate::catalogue::{self, Fault, Faults};
use crate::locale::Locale;
use crate::orders::domain::{Brief, Payer, Wish};
use crate::orders::queries::Person;
use crate::orders::secret::OrderKey;
use crate::orders::store::{self, NewOrder, UseOf};
use crate::orders::{Error, queries};
use crate::payments;
use crate::platform::idempotency::{self, Caller, Claim, Request};
use crate::platform::mail::Mailbox;

/// Who orders.
#[derive(Clone, Debug)]
pub enum Buyer {
    Guest {
        email: Option<String>,
        locale: Option<Locale>,
    },
    /// Somebody signed in.
    Person {
        person: Uuid,
        by: Principal,
        /// Given although the account has one.
        email: Option<String>,
        locale: Option<Locale>,
    },
}

#[derive(Clone, Debug)]
pub struct Place {
    pub quote: Uuid,
    pub buyer: Buyer,
    pub wish: Wish,
    /// Who pays, where the gateway wants to know.
    pub payer: Option<Payer>,
    /// The gateway's token of how it is paid.
    pub method: String,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Placed {
    pub order: Uuid,
    pub key: OrderKey,
    /// It was placed before, by the same request.
    pub replayed: bool,
}

/// To whom mails go.
struct Customer {
    person: Option<Uuid>,
    email: String,
    locale: Locale,
}

/// Places an order and has it paid for, or neither.
///
/// # Errors
/// What is wrong with the wish; a quote that is no longer good; a talent who takes no orders, or none this week.
pub async fn place(app: &App, request: &Request, place: Place) -> Result<Placed, Error> {
    let mut tx = app.db.begin().await?;
    let placed = place_in(app, &mut tx, request, place).await;
    if placed.is_err() {
        // Not by dropping it: until it is rolled back the key is taken, and who tries again would be told to wait.
        tx.rollback().await?;
        return placed;
    }
    app.faults.hit("orders.placing");
    tx.commit().await?;
    app.faults.hit("orders.placed");
    placed
}

async fn place_in(
    app: &App,
    conn: &mut PgConnection,
    request: &Request,
    place: Place,
) -> Result<Placed, Error> {
    let now = app.now();
    let caller = match &place.buyer {
        Buyer::Guest { .. } => Caller::ANYBODY,
        Buyer::Person { by, .. } => Caller::from(by),
    };
    let id = crate::ids::fresh(now);
    // The key is not in it: nobody reads it in the database.
    let answer = json!({ "order": id });
    let claimed = idempotency::claim_answering(conn, now, caller, request, Some(&answer));
    if let Claim::Replay(answer) = claimed.await? {
        return placed_before(app, conn, &answer).await;
    }
    let Checked {
        customer,
        brief,
        payer,
        method,
    } = check(app, conn, &place).await?;
    app.faults.hit("orders.claimed");
    let terms = match store::use_quote(conn, place.quote, now).await? {
        UseOf::Fresh(terms) => terms,
        UseOf::Used => return Err(Error::QuoteUsed),
        UseOf::Expired => return Err(Error::QuoteExpired),
        UseOf::Unknown => return Err(Error::NoQuote),
    };
    let (taker, monday) = catalogue::reserve(app, conn, terms.talent).await?;
    // Whoever is the talent does not order from themselves, signed in or not.
    if customer.person == Some(taker.person) || customer.email.eq_ignore_ascii_case(&taker.email) {
        return Err(Error::OwnVideo);
    }
    app.faults.hit("orders.reserved");
    let key = OrderKey::fresh()?;
    let open = payments::Open {
        order: id,
        amount: terms.price.due(),
        method,
        needed_for: Duration::days(terms.delivery_days.into()),
    };
    let payment = payments::open(app, conn, open).await?;
    let new = NewOrder {
        id,
        quote: place.quote,
        terms: &terms,
        brief: &brief,
        customer: customer.person,
        email: &customer.email,
        locale: customer.locale,
        monday,
        secret_sha256: &key.sha256(),
        secret: &key.seal(app, id)?,
        payment,
        by: match &place.buyer {
            Buyer::Guest { .. } => None,
            Buyer::Person { by, .. } => Some(&by.id),
        },
    };
    store::insert(conn, &new, now).await?;
    if let Some(payer) = &payer {
        store::replace_payer(app, conn, id, payer).await?;
    }
    // Last: who wants the same promotion waits from here on.
    if let Some(promotion) = terms.price.promotion() {
        claim_promotion(app, conn, promotion, id, &customer.email).await?;
    }
    Ok(Placed {
        order: id,
        key,
        replayed: false,
    })
}

async fn placed_before(
    app: &App,
    conn: &mut PgConnection,
    answer: &serde_json::Value,
) -> Result<Placed, Error> {
    let order = answer["order"].as_str().context("which order was it?")?;
    let order: Uuid = order.parse().context("reading an order's id")?;
    let key = key_of(app, conn, order).await?;
    Ok(Placed {
        order,
        key: key.ok_or(Error::Unknown)?,
        replayed: true,
    })
}

/// By what its customer opens an order.
pub async fn key_of(app: &App, conn: &mut PgConnection, order: Uuid) -> Result<Option<OrderKey>, Error> {
    let sealed = queries::sealed_key(conn, order).await?;
    Ok(sealed
        .map(|sealed| OrderKey::open(app, order, &sealed))
        .transpose()?)
}

/// What somebody wants, as it is kept.
struct Checked {
    customer: Customer,
    brief: Brief,
    payer: Option<Payer>,
    method: String,
}

async fn check(app: &App, conn: &mut PgConnection, place: &Place) -> Result<Checked, Error> {
    let mut faults = Faults::default();
    let brief = place.wish.clone().check(&mut faults);
    let customer = match &place.buyer {
        Buyer::Guest { email, locale } => faults.sift(guest(email.as_deref(), *locale)),
        Buyer::Person { email: Some(_), .. } => faults.sift(Err(Fault {
            pointer: "/email".to_owned(),
            code: "not_needed",
            detail: "who is signed in is written to at the address of their account".to_owned(),
        })),
        Buyer::Person { person, locale, .. } => {
            let Person { email, locale: own } =
                queries::person(conn, *person).await?.ok_or(Error::Unknown)?;
            Some(Customer {
                person: Some(*person),
                email,
                locale: locale.unwrap_or(own),
            })
        }
    };
    let payer = place.payer.clone();
    let payer = payer.and_then(|payer| payer.check(app.config.zone.at(app.now()).date(), &mut faults));
    let method = faults.sift(method(&place.method));
    faults.none()?;
    let all = customer.zip(brief).zip(method);
    let ((customer, brief), method) = all.context("something is wrong, and nothing was said")?;
    Ok(Checked {
        customer,
        brief,
        payer,
        method,
    })
}

fn guest(email: Option<&str>, locale: Option<Locale>) -> Result<Customer, Fault> {
    let fault = |code, detail: &str| Fault {
        pointer: "/email".to_owned(),
        code,
        detail: detail.to_owned(),
    };
    let email = email.ok_or_else(|| fault("missing", "who is not signed in says where we may write to"))?;
    let mailbox =
        Mailbox::new(email, "").ok_or_else(|| fault("email_invalid", "this is no e-mail address"))?;
    Ok(Customer {
        person: None,
        email: mailbox.address().to_owned(),
        locale: locale.unwrap_or_default(),
    })
}

/// A gateway's token is whatever the gateway says, as long as we can keep it.
pub(super) fn method(text: &str) -> Result<String, Fault> {
    let fine =
        (1..=500).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    fine.then(|| text.to_owned()).ok_or_else(|| Fault {
        pointer: "/payment_method".to_owned(),
        code: "payment_method_invalid",
        detail: "a token of the gateway's: 1 to 500 visible ASCII characters".to_owned(),
    })
}
