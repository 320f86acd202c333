use marquee_shared::rules::{Settings, TestCase};
use serde_json::json;

use super::{locked_draft, store};
use crate::access::Principal;
use crate::app::App;
use crate::platform::audit;
use crate::redirects::Error;

/// Tests a brand may have: each is run at every publish.
const MAX_TESTS: usize = 1_000;

/// Saves a test case in the draft, or changes the one of that name; the draft's new version. It may fail now, and
/// must pass before anything is published.
pub async fn save_test(
    app: &App,
    principal: &Principal,
    brand: &str,
    seen: Option<i64>,
    test: TestCase,
) -> Result<i64, Error> {
    if !(1..=100).contains(&test.name.chars().count()) {
        return Err(Error::BadTestName);
    }
    change(app, principal, brand, seen, |settings| {
        let tests = &mut settings.tests;
        let full = tests.len() >= MAX_TESTS;
        let before = match tests.iter_mut().find(|known| known.name == test.name) {
            Some(known) => Some(std::mem::replace(known, test.clone())),
            None if full => return Err(Error::TooManyTests(MAX_TESTS)),
            None => {
                tests.push(test.clone());
                None
            }
        };
        Ok((before, Some(test)))
    })
    .await
}

/// Takes a test case out of the draft; its new version.
pub async fn remove_test(
    app: &App,
    principal: &Principal,
    brand: &str,
    seen: Option<i64>,
    name: &str,
) -> Result<i64, Error> {
    change(app, principal, brand, seen, |settings| {
        let index = settings.tests.iter().position(|test| test.name == name);
        let index = index.ok_or_else(|| Error::NoTest(name.to_owned()))?;
        Ok((Some(settings.tests.remove(index)), None))
    })
    .await
}

/// `edit` tells the test as it was and as it is.
async fn change(
    app: &App,
    principal: &Principal,
    brand: &str,
    seen: Option<i64>,
    edit: impl FnOnce(&mut Settings) -> Result<(Option<TestCase>, Option<TestCase>), Error>,
) -> Result<i64, Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let draft = locked_draft(&mut tx, brand, seen).await?;
    let mut settings = draft.settings.0;
    let (before, after) = edit(&mut settings)?;
    let version = store::change_draft(&mut tx, brand, &settings, principal, now).await?;
    let verb = if after.is_some() {
        "redirects.save_test"
    } else {
        "redirects.remove_test"
    };
    let subject = format!("brand/{brand}");
    let before = json!({ "version": draft.version, "test": before });
    let after = json!({ "version": version, "test": after });
    audit::record(&mut tx, now, principal, verb, &subject, Some(before), Some(after)).await?;
    tx.commit().await?;
    Ok(version)
}
