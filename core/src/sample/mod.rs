//! Made-up people and their marketplace, for a developer's machine: from a folder that `marquee-sample` wrote, by the
//! same commands as everything else.
//!
//! What is there already is left as it is, so a load that was cut off is finished by the next, and one more adds
//! nothing.

mod agencies;
mod file;
mod people;
mod talents;

use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context as _, ensure};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Serialize;

use self::file::Marketplace;
use crate::access::Principal;
use crate::app::App;
use crate::catalogue::{self, NewCategory};

/// How many people are let in at the same time: most of it is hashing passwords and drawing pictures.
const AT_ONCE: usize = 2;

/// What was made that was not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Added {
    pub categories: usize,
    pub people: usize,
    pub staff: usize,
    pub pictures: usize,
    pub talents: usize,
    /// Sent; a worker looks into them.
    pub videos: usize,
    pub agencies: usize,
    pub applications: usize,
}

impl Added {
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// Somebody as whom one can sign in.
#[derive(Clone, Debug, Serialize)]
pub struct Somebody {
    /// `customer`, `talent`, `agency manager` or `staff`.
    pub role: &'static str,
    pub name: String,
    pub email: String,
    pub password: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Loaded {
    pub added: Added,
    /// One of each role.
    pub sign_in: Vec<Somebody>,
}

/// What every part of loading needs.
struct Load<'a> {
    app: &'a App,
    by: Principal,
    folder: &'a Path,
    password: &'a str,
    added: Mutex<Added>,
}

impl Load<'_> {
    /// Notes something that was made.
    fn add(&self, note: impl FnOnce(&mut Added)) {
        // Nobody panics while counting.
        if let Ok(mut added) = self.added.lock() {
            note(&mut added);
        }
    }
}

/// Loads what of the marketplace in `folder` is not there yet. `told` hears after each person how many of how many are
/// done.
///
/// # Errors
/// The environment is not a developer's; the folder; or what a command refuses.
pub async fn load(app: &App, folder: &Path, told: impl Fn(usize, usize) + Sync) -> anyhow::Result<Loaded> {
    let env = &app.config.env;
    ensure!(
        app.config.is_local(),
        "sample data is for MARQUEE_ENV=local, and this is {env}: everybody knows its passwords"
    );
    let file = folder.join("marketplace.json");
    let read = || {
        format!(
            "reading {}: `marquee-sample FOLDER --marketplace` writes it",
            file.display()
        )
    };
    let text = tokio::fs::read(&file).await.with_context(read)?;
    let marketplace: Marketplace = serde_json::from_slice(&text).with_context(read)?;
    let load = Load {
        app,
        by: Principal::operator(),
        folder,
        password: &marketplace.password,
        added: Mutex::default(),
    };

    categories(&load, &marketplace).await?;
    let of = marketplace.people();
    let done = Mutex::new(0);
    let one_more = || {
        if let Ok(mut done) = done.lock() {
            *done += 1;
            told(*done, of);
        }
    };
    let everybody = stream::iter(people::everybody(&marketplace)).map(Ok);
    everybody
        .try_for_each_concurrent(AT_ONCE, async |somebody| {
            people::let_in(&load, somebody).await?;
            one_more();
            anyhow::Ok(())
        })
        .await?;
    let talents = stream::iter(&marketplace.talents).map(Ok);
    talents
        .try_for_each_concurrent(AT_ONCE, async |talent| {
            talents::take_in(&load, talent).await?;
            one_more();
            anyhow::Ok(())
        })
        .await?;
    for agency in &marketplace.agencies {
        agencies::make(&load, agency).await?;
    }
    for application in &marketplace.applications {
        talents::apply(&load, application).await?;
    }
    Ok(Loaded {
        added: load.added.into_inner().unwrap_or_default(),
        sign_in: people::one_of_each(&marketplace),
    })
}

async fn categories(load: &Load<'_>, marketplace: &Marketplace) -> anyhow::Result<()> {
    let known = catalogue::list_categories(&mut *load.app.db.acquire().await?).await?;
    for category in &marketplace.categories {
        if known.items.iter().all(|known| known.slug != category.slug) {
            let new = NewCategory {
                slug: category.slug.clone(),
                name_pt_br: category.pt_br.clone(),
                name_en: category.en.clone(),
            };
            catalogue::create_category(load.app, &load.by, new).await?;
            load.add(|added| added.categories += 1);
        }
    }
    Ok(())
}
