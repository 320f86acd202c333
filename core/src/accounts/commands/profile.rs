use super::checked_name;
use crate::access::SignedIn;
use crate::accounts::{Error, store};
use crate::app::App;
use crate::locale::Locale;

/// What a person says of themselves; what `None` is stays.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    pub name: Option<String>,
    pub locale: Option<Locale>,
    pub marketing: Option<bool>,
}

pub async fn change_profile(app: &App, who: SignedIn, change: ProfileChange) -> Result<(), Error> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let person = store::lock_person(&mut tx, who.person).await?;
    let mut person = person.ok_or(Error::NoPerson)?;
    if let Some(name) = change.name {
        let name = checked_name(&name)?;
        if name != person.name {
            store::count_change(&mut tx, who.person).await?;
        }
        name.clone_into(&mut person.name);
    }
    person.locale = change.locale.unwrap_or(person.locale);
    person.marketing_since = match change.marketing {
        Some(false) => None,
        // Since they first agreed.
        Some(true) => person.marketing_since.or(Some(now)),
        None => person.marketing_since,
    };
    store::update_profile(&mut tx, &person).await?;
    tx.commit().await?;
    Ok(())
}
