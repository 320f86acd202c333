use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::access::Principal;
use crate::app::App;
use crate::catalogue::domain::{Fault, Faults, is_slug, line};
use crate::catalogue::{Error, store};
use crate::platform::audit;

#[derive(Clone, Debug)]
pub struct NewCategory {
    /// What it is called in addresses, for ever.
    pub slug: String,
    pub name_pt_br: String,
    pub name_en: String,
}

/// What a category is to be called; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct CategoryNames {
    pub pt_br: Option<String>,
    pub en: Option<String>,
}

/// Makes a category, after all others.
pub async fn create_category(app: &App, by: &Principal, new: NewCategory) -> Result<(), Error> {
    let mut faults = Faults::default();
    let slug = is_slug(&new.slug).then_some(new.slug).ok_or_else(|| {
        let detail = "small letters, digits, `-` and `_`, at most 50, a letter or a digit first";
        Fault::new("/slug", "slug_invalid", detail)
    });
    let slug = faults.sift(slug);
    let pt_br = faults.sift(name_in("pt-BR", &new.name_pt_br));
    let en = faults.sift(name_in("en", &new.name_en));
    faults.none()?;
    let (slug, pt_br, en) = (
        slug.unwrap_or_default(),
        pt_br.unwrap_or_default(),
        en.unwrap_or_default(),
    );
    let mut tx = app.db.begin().await?;
    store::lock_categories(&mut tx).await?;
    if !store::insert_category(&mut tx, &slug, &pt_br, &en).await? {
        return Err(Error::CategoryExists(slug));
    }
    let after = json!({ "names": { "pt-BR": pt_br, "en": en } });
    record(&mut tx, app, by, "create_category", &slug, None, Some(after)).await?;
    tx.commit().await?;
    Ok(())
}

pub async fn change_category(
    app: &App,
    by: &Principal,
    slug: &str,
    names: CategoryNames,
) -> Result<(), Error> {
    let mut faults = Faults::default();
    let mut checked = |locale: &str, name: Option<String>| match name {
        Some(name) => faults.sift(name_in(locale, &name)),
        None => None,
    };
    let (pt_br, en) = (checked("pt-BR", names.pt_br), checked("en", names.en));
    faults.none()?;
    let mut tx = app.db.begin().await?;
    let unknown = || Error::NoCategory(slug.to_owned());
    let before = store::lock_category(&mut tx, slug).await?.ok_or_else(unknown)?;
    let after = store::Names {
        pt_br: pt_br.unwrap_or_else(|| before.pt_br.clone()),
        en: en.unwrap_or_else(|| before.en.clone()),
    };
    if after != before {
        store::rename_category(&mut tx, slug, &after).await?;
        let (before, after) = (described(&before), described(&after));
        record(
            &mut tx,
            app,
            by,
            "change_category",
            slug,
            Some(before),
            Some(after),
        )
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Puts the categories in this order, which names each of them once.
pub async fn order_categories(app: &App, by: &Principal, order: &[String]) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let before = store::lock_categories(&mut tx).await?;
    if let Some(unknown) = order.iter().find(|slug| !before.contains(slug)) {
        return Err(Error::Order(format!("there is no `{unknown}`")));
    }
    if let Some(missing) = before.iter().find(|slug| !order.contains(slug)) {
        return Err(Error::Order(format!("`{missing}` is missing")));
    }
    if order.len() > before.len() {
        return Err(Error::Order("one stands there twice".to_owned()));
    }
    if before != order {
        store::order_categories(&mut tx, order).await?;
        let (before, after) = (json!(before), json!(order));
        let action = "catalogue.order_categories";
        audit::record(
            &mut tx,
            app.now(),
            by,
            action,
            "categories",
            Some(before),
            Some(after),
        )
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Removes a category that no talent has.
pub async fn remove_category(app: &App, by: &Principal, slug: &str) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    let unknown = || Error::NoCategory(slug.to_owned());
    let before = store::lock_category(&mut tx, slug).await?.ok_or_else(unknown)?;
    if !store::delete_category(&mut tx, slug).await? {
        return Err(Error::CategoryInUse(slug.to_owned()));
    }
    record(
        &mut tx,
        app,
        by,
        "remove_category",
        slug,
        Some(described(&before)),
        None,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

fn name_in(locale: &str, name: &str) -> Result<String, Fault> {
    line(&format!("/names/{locale}"), name, 100)
}

fn described(names: &store::Names) -> Value {
    json!({ "names": { "pt-BR": names.pt_br, "en": names.en } })
}

async fn record(
    conn: &mut PgConnection,
    app: &App,
    by: &Principal,
    verb: &str,
    slug: &str,
    before: Option<Value>,
    after: Option<Value>,
) -> sqlx::Result<()> {
    let (action, subject) = (format!("catalogue.{verb}"), format!("category/{slug}"));
    audit::record(conn, app.now(), by, &action, &subject, before, after).await
}
