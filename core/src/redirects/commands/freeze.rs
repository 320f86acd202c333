use std::sync::Arc;

use anyhow::Context;
use marquee_shared::rules::RuleSet;
use serde_json::json;
use sqlx::PgConnection;

use super::{checked_note, editable, locked_draft, store};
use crate::access::Principal;
use crate::app::App;
use crate::platform::audit;
use crate::redirects::Error;
use crate::redirects::cities::{CityBlob, cities};
use crate::redirects::gates::{self, Built};

pub struct Freeze {
    /// The version of the draft the caller has in mind.
    pub seen: Option<i64>,
    /// Why, for people to read.
    pub note: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frozen {
    pub revision: i32,
    /// False: this version of the draft was frozen before.
    pub fresh: bool,
}

/// Makes the draft a revision: numbered, compiled, never changed again. Twice makes one.
pub async fn freeze(app: &App, principal: &Principal, brand: &str, freeze: Freeze) -> Result<Frozen, Error> {
    checked_note(&freeze.note)?;
    let fresh = match look(app, brand, freeze.seen).await? {
        Draft::Frozen(revision) => {
            return Ok(Frozen {
                revision,
                fresh: false,
            });
        }
        Draft::Fresh(fresh) => fresh,
    };
    app.faults.hit("redirects.freeze.after_compile");
    let mut tx = app.db.begin().await?;
    let frozen = insert(&mut tx, app, principal, &fresh, &freeze.note).await?;
    tx.commit().await?;
    Ok(frozen)
}

/// A draft that was compiled outside any transaction.
pub(super) struct Fresh {
    pub(super) built: Arc<Built>,
    edited_by: String,
    version: i64,
    /// The city table, for a rule set that uses it.
    city: Option<&'static CityBlob>,
}

pub(super) enum Draft {
    /// This version of it is a revision already.
    Frozen(i32),
    Fresh(Box<Fresh>),
}

/// Reads and compiles the draft, unless that was done before.
pub(super) async fn look(app: &App, brand: &str, seen: Option<i64>) -> Result<Draft, Error> {
    let mut conn = app.db.acquire().await?;
    let draft = store::draft(&mut conn, brand)
        .await?
        .ok_or_else(|| Error::NoBrand(brand.to_owned()))?;
    let draft = editable(draft, brand, seen)?;
    if let Some(revision) = store::revision_of_draft(&mut conn, brand, draft.version).await? {
        return Ok(Draft::Frozen(revision));
    }
    let rules = store::draft_rules(&mut conn, brand).await?;
    drop(conn);
    let set = RuleSet {
        brand: brand.to_owned(),
        settings: draft.settings.0,
        rules,
    };
    let now = app.now();
    let build = move || gates::build(set, now).map(|built| (built.uses_city.then(cities), built));
    let (city, built) = tokio::task::spawn_blocking(build)
        .await
        .context("compiling the draft")?
        .map_err(Error::Refused)?;
    let (built, version, edited_by) = (Arc::new(built), draft.version, draft.edited_by);
    Ok(Draft::Fresh(Box::new(Fresh {
        built,
        version,
        edited_by,
        city,
    })))
}

/// Freezes what was compiled, if the draft is still that.
pub(super) async fn insert(
    conn: &mut PgConnection,
    app: &App,
    principal: &Principal,
    fresh: &Fresh,
    note: &str,
) -> Result<Frozen, Error> {
    let Fresh {
        built,
        version,
        edited_by,
        city,
    } = fresh;
    let brand = &built.set.brand;
    locked_draft(conn, brand, Some(*version)).await?;
    // Somebody froze the same version while we compiled it.
    if let Some(revision) = store::revision_of_draft(conn, brand, *version).await? {
        return Ok(Frozen {
            revision,
            fresh: false,
        });
    }
    let now = app.now();
    store::insert_blob(conn, &built.sha256, "table", &built.table, now).await?;
    if let Some(city) = city {
        store::insert_blob(conn, &city.sha256, "city", &city.bytes, now).await?;
    }
    let revision = store::NewRevision {
        set: &built.set,
        table_sha256: &built.sha256,
        city_sha256: city.map(|city| city.sha256.as_str()),
        draft_version: *version,
        edited_by,
        author: &principal.id,
        note,
    };
    let revision = store::insert_revision(conn, &revision, now).await?;
    let after =
        json!({ "revision": revision, "draft_version": version, "table": built.sha256, "note": note });
    let subject = format!("brand/{brand}");
    audit::record(
        conn,
        now,
        principal,
        "redirects.freeze",
        &subject,
        None,
        Some(after),
    )
    .await?;
    Ok(Frozen {
        revision,
        fresh: true,
    })
}
