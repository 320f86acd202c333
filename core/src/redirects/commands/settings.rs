use marquee_shared::compile::{Finding, check_settings};
use marquee_shared::rules::Settings;
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::{claim_hosts, locked_draft, store};
use crate::access::Principal;
use crate::app::App;
use crate::platform::audit;
use crate::redirects::domain::{merge, nul};
use crate::redirects::{Error, Refusal};

/// A draft's settings as they are now.
pub struct Changed {
    /// The draft's version.
    pub version: i64,
    pub settings: Settings,
    /// What is still to be done before they can be published.
    pub findings: Vec<Refusal>,
}

/// Puts other settings in the draft. `seen` is the version the caller has in mind.
///
/// # Errors
/// [`Error::SettingsInvalid`] names what would be wrong with them that was not before: a draft may be unfinished,
/// so what is missing already may go on missing.
pub async fn change_settings(
    app: &App,
    principal: &Principal,
    brand: &str,
    seen: Option<i64>,
    settings: Settings,
) -> Result<Changed, Error> {
    change(app, principal, brand, seen, |_| Ok(settings)).await
}

/// Changes some of the draft's settings, by a JSON merge patch (RFC 7396): `null` puts back what a new brand has.
///
/// # Errors
/// As for [`change_settings`].
pub async fn patch_settings(
    app: &App,
    principal: &Principal,
    brand: &str,
    seen: Option<i64>,
    patch: Value,
) -> Result<Changed, Error> {
    change(app, principal, brand, seen, |old| {
        let mut settings = serde_json::to_value(old).map_err(anyhow::Error::from)?;
        merge(&mut settings, patch);
        serde_json::from_value(settings).map_err(|error| refused("", "settings", &error.to_string()))
    })
    .await
}

pub(super) fn refused(pointer: &str, code: &'static str, detail: &str) -> Error {
    Error::SettingsInvalid(vec![Refusal::at(pointer, code, detail)])
}

/// Changes the draft's settings as `new` says.
pub(super) async fn change(
    app: &App,
    principal: &Principal,
    brand: &str,
    seen: Option<i64>,
    new: impl FnOnce(&Settings) -> Result<Settings, Error>,
) -> Result<Changed, Error> {
    let mut tx = app.db.begin().await?;
    let draft = locked_draft(&mut tx, brand, seen).await?;
    let settings = new(&draft.settings)?;
    let changed = apply(&mut tx, app, principal, brand, &draft, settings).await?;
    tx.commit().await?;
    Ok(changed)
}

/// Gives a locked draft other settings.
pub(super) async fn apply(
    conn: &mut PgConnection,
    app: &App,
    principal: &Principal,
    brand: &str,
    draft: &store::DraftRow,
    settings: Settings,
) -> Result<Changed, Error> {
    let (now, old) = (app.now(), &draft.settings.0);
    let findings = checked(conn, brand, old, &settings, "").await?;
    if settings == *old {
        return Ok(Changed {
            version: draft.version,
            settings,
            findings,
        });
    }
    let version = store::change_draft(conn, brand, &settings, principal, now).await?;
    claim_hosts(conn, brand, &settings).await?;
    store::release_hosts(conn, brand).await?;
    audit::record(
        conn,
        now,
        principal,
        "redirects.change_settings",
        &format!("brand/{brand}"),
        Some(json!({ "version": draft.version, "settings": old })),
        Some(json!({ "version": version, "settings": settings })),
    )
    .await?;
    Ok(Changed {
        version,
        settings,
        findings,
    })
}

/// What is wrong with the settings and was so before. `base` is where they are in what the caller sent.
///
/// # Errors
/// [`Error::SettingsInvalid`] with what was not.
pub(super) async fn checked(
    conn: &mut PgConnection,
    brand: &str,
    old: &Settings,
    new: &Settings,
    base: &str,
) -> Result<Vec<Refusal>, Error> {
    let json = serde_json::to_value(new).map_err(anyhow::Error::from)?;
    if let Some(pointer) = nul(&json) {
        return Err(refused(
            &format!("{base}{pointer}"),
            "nul",
            "a NUL may stand nowhere; remove it",
        ));
    }
    let mut variables = Vec::new();
    let mut found = check_settings(brand, new, &variables);
    // Only a template asks for variables, and only the rules know them.
    if found.iter().any(|finding| finding.code == "placeholder_unknown") {
        variables = store::draft_variables(conn, brand).await?;
        found = check_settings(brand, new, &variables);
    }
    if found.is_empty() {
        return Ok(Vec::new());
    }
    // Compared by what they say: pointers move when something before them is taken out.
    let before = check_settings(brand, old, &variables);
    let known = |finding: &Finding| {
        let same = |was: &Finding| was.code == finding.code && was.message == finding.message;
        before.iter().any(same)
    };
    let fresh: Vec<Refusal> = found
        .iter()
        .filter(|finding| !known(finding))
        .cloned()
        .map(|finding| rebased(finding.into(), base))
        .collect();
    if fresh.is_empty() {
        Ok(found.into_iter().map(Refusal::from).collect())
    } else {
        Err(Error::SettingsInvalid(fresh))
    }
}

fn rebased(refusal: Refusal, base: &str) -> Refusal {
    let pointer = match refusal.pointer.strip_prefix("/settings") {
        Some(rest) => format!("{base}{rest}"),
        None => refusal.pointer,
    };
    Refusal { pointer, ..refusal }
}
