use serde_json::{Map, Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::access::Principal;
use crate::accounts;
use crate::app::App;
use crate::catalogue::domain::{Fault, Network, TalentChange, Terms};
use crate::catalogue::{Error, mails, store};
use crate::ids;
use crate::locale::Locale;
use crate::platform::audit;
use crate::videos::{self, Purpose};

/// Which talent.
#[derive(Clone, Copy, Debug)]
pub enum Whom {
    Id(Uuid),
    /// The one that this person is.
    Person(Uuid),
}

impl Whom {
    /// The talent's id, or the person's.
    pub(super) fn columns(self) -> (Option<Uuid>, Option<Uuid>) {
        match self {
            Self::Id(id) => (Some(id), None),
            Self::Person(person) => (None, Some(person)),
        }
    }
}

/// Somebody whom staff takes in without an application.
#[derive(Clone, Debug)]
pub struct NewTalent {
    pub email: String,
    pub name: String,
    pub locale: Locale,
    pub network: Network,
    pub handle: String,
    pub followers: i64,
    pub phone: String,
}

/// Takes somebody in: makes them an account unless they have one, makes them a talent without a price, and mails them
/// how to go on. Their id.
pub async fn create_talent(app: &App, by: &Principal, new: NewTalent) -> Result<Uuid, Error> {
    let mut tx = app.db.begin().await?;
    let id = take_in(&mut tx, app, by, new).await?;
    tx.commit().await?;
    Ok(id)
}

/// [`create_talent`] in the caller's transaction.
pub(in crate::catalogue) async fn take_in(
    conn: &mut PgConnection,
    app: &App,
    by: &Principal,
    new: NewTalent,
) -> Result<Uuid, Error> {
    let NewTalent {
        email,
        name,
        locale,
        network,
        handle,
        followers,
        phone,
    } = new;
    let blank = Terms {
        name: String::new(),
        description: String::new(),
        price: None,
        available: false,
        weekly_capacity: None,
        delivery_days: DELIVERY_DAYS,
        categories: vec![],
        network,
        handle: String::new(),
        followers: 0,
        phone: String::new(),
    };
    let given = TalentChange {
        name: Some(name),
        handle: Some(handle),
        followers: Some(followers),
        phone: Some(phone),
        ..TalentChange::default()
    };
    let terms = given.of(&blank, &app.config.currencies)?;
    let admitted = accounts::admit(conn, app, &email, &terms.name, locale).await?;
    let (now, id) = (app.now(), ids::fresh(app.now()));
    if !store::insert_talent(conn, id, admitted.person, &terms, now).await? {
        return Err(Error::TalentExists);
    }
    // What they sent before they were taken in.
    let sent = videos::queries::newest_playable(conn, admitted.person, Purpose::Presentation).await?;
    store::set_presentation(conn, id, sent).await?;
    let after = Some(json!({ "person_id": admitted.person }));
    record(conn, app, by, "create_talent", id, None, after).await?;
    mails::accepted(
        conn,
        app,
        id,
        (&email, &terms.name),
        locale,
        admitted.link.as_deref(),
    )
    .await?;
    Ok(id)
}

/// What who is taken in begins with.
const DELIVERY_DAYS: i32 = 5;

/// Changes a talent's terms; a change of the price is kept for ever. Changing nothing is fine.
pub async fn change_talent(app: &App, by: &Principal, whom: Whom, change: TalentChange) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let (id, person) = whom.columns();
    let talent = store::lock_talent(&mut tx, id, person).await?;
    let store::Talent { id, terms: before } = talent.ok_or(Error::NoTalent)?;
    let wanted = change.categories.clone();
    let after = change.of(&before, &app.config.currencies)?;
    if let Some(wanted) = wanted {
        let known = store::known_categories(&mut tx, &wanted).await?;
        unknown_categories(&wanted, &known)?;
    }
    if after != before {
        store::update_talent(&mut tx, id, &after).await?;
        if let Some(price) = after.price.filter(|_| after.price != before.price) {
            let price = store::NewPrice {
                id: ids::fresh(app.now()),
                talent: id,
                price,
                before: before.price,
                by,
                at: app.now(),
            };
            store::insert_price(&mut tx, &price).await?;
        }
        let (before, after) = differences(&before, &after)?;
        record(&mut tx, app, by, "change_talent", id, Some(before), Some(after)).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn unknown_categories(wanted: &[String], known: &[String]) -> Result<(), Error> {
    let unknown = wanted
        .iter()
        .enumerate()
        .filter(|(_, slug)| !known.contains(slug));
    let faults: Vec<Fault> = unknown
        .map(|(at, slug)| {
            let detail = format!("there is no category `{slug}`");
            Fault::new(format!("/categories/{at}"), "category_unknown", detail)
        })
        .collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.into())
    }
}

/// By what a talent could be known.
const PERSONAL: [&str; 4] = ["name", "description", "handle", "phone"];

/// What of the terms is other than it was, before and after. Of what a talent could be known by it says only that:
/// the audit log is for ever, and they may want to be forgotten.
fn differences(before: &Terms, after: &Terms) -> Result<(Value, Value), Error> {
    let mut pair = (json!({}), json!({}));
    let members = |terms: &Terms| -> Result<Map<String, Value>, Error> {
        let value = serde_json::to_value(terms).map_err(anyhow::Error::from)?;
        Ok(value.as_object().cloned().unwrap_or_default())
    };
    let after = members(after)?;
    for (name, was) in members(before)? {
        let is = after.get(&name).cloned().unwrap_or_default();
        if was != is {
            let told = |value: Value| {
                if PERSONAL.contains(&name.as_str()) {
                    json!("…")
                } else {
                    value
                }
            };
            (pair.0[&name], pair.1[&name]) = (told(was), told(is));
        }
    }
    Ok(pair)
}

pub(in crate::catalogue) async fn record(
    conn: &mut PgConnection,
    app: &App,
    by: &Principal,
    verb: &str,
    id: Uuid,
    before: Option<Value>,
    after: Option<Value>,
) -> sqlx::Result<()> {
    let (action, subject) = (format!("catalogue.{verb}"), format!("talent/{id}"));
    audit::record(conn, app.now(), by, &action, &subject, before, after).await
}
