use crate::access::SignedIn;
use crate::accounts::{Error, picture, store};
use crate::app::App;
use crate::platform::files::{self, Area, FileType, Key, PutError};

const AVATARS: Area = Area("avatars");

/// Makes a portrait of the file, a JPEG, PNG or WebP of any sort, and shows it as the person's picture from now on. The
/// one before is removed.
pub async fn set_avatar(app: &App, who: SignedIn, file: Vec<u8>) -> Result<(), Error> {
    let portrait = picture::portrait(file).await??;
    let (size, body) = (
        portrait.len() as u64,
        futures::stream::once(async { anyhow::Ok(portrait.into()) }),
    );
    let (key, _) = files::put(app, AVATARS, FileType::Jpeg, body, size)
        .await
        .map_err(|error: PutError| anyhow::Error::from(error))?;
    app.faults.hit("accounts.avatar_put");
    replace(app, who, Some(&key)).await
}

pub async fn remove_avatar(app: &App, who: SignedIn) -> Result<(), Error> {
    replace(app, who, None).await
}

async fn replace(app: &App, who: SignedIn, key: Option<&Key>) -> Result<(), Error> {
    let mut tx = app.db.begin().await?;
    // Of two at once the second replaces what the first has set.
    store::lock_person(&mut tx, who.person)
        .await?
        .ok_or(Error::NoPerson)?;
    let before = store::avatar(&mut tx, who.person).await?;
    if let Some(key) = key {
        files::keep(&mut tx, key).await?;
    }
    store::set_avatar(&mut tx, who.person, key.map(Key::as_str)).await?;
    if let Some(before) = before {
        files::discard(&mut tx, app.now(), &Key::of_row(&before)?).await?;
    }
    tx.commit().await?;
    Ok(())
}
