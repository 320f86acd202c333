//! Sending straight to the store, by links.

use std::collections::HashSet;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use sqlx::PgConnection;
use time::Duration;
use uuid::Uuid;

use super::receive::{MOST_PARTS, received, still_open};
use crate::app::App;
use crate::platform::files::{self, Area, FileType, PutLink};
use crate::videos::Error;
use crate::videos::domain::Status;
use crate::videos::store::parts::Part;
use crate::videos::store::{self, parts};

/// As large as the store takes one.
const MOST_BYTES: u64 = 5_000_000_000;
/// How soon we look by ourselves whether all of it is there, if nobody says so.
const LOOK_AFTER: Duration = Duration::minutes(15);
/// Objects that are looked for at once.
const AT_ONCE: usize = 8;

/// A part that somebody wants to put. They follow one another by their numbers.
#[derive(Clone, Copy, Debug)]
pub struct NewPart {
    pub number: i32,
    pub size_bytes: u64,
}

/// Gives out a link for each, in their order. Once more is fine: it is the same object, unless its size is another.
///
/// # Errors
/// It is nobody's or somebody else's; it is not open, or was begun in another way; parts that cannot be.
pub async fn put_links(
    app: &App,
    owner: Uuid,
    id: Uuid,
    wanted: &[NewPart],
) -> Result<Vec<(NewPart, PutLink)>, Error> {
    check(wanted)?;
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let upload = still_open(app, store::lock(&mut tx, id, owner).await?)?;
    let known = parts::list(&mut tx, id).await?;
    if known.iter().any(|part| part.is_there) {
        return Err(Error::Begun);
    }
    let mut given = Vec::new();
    for wanted in wanted {
        let part = expect(&mut tx, app, id, &known, *wanted).await?;
        files::will_be_put(&mut tx, now, &part.key).await?;
        given.push((*wanted, part.key));
    }
    let all = parts::list(&mut tx, id).await?;
    let announced: u64 = all.iter().map(|part| part.size_bytes).sum();
    if announced > upload.size_bytes.unsigned_abs() {
        return Err(Error::Parts("the parts have more bytes than the upload"));
    }
    store::look_at(&mut tx, id, now + LOOK_AFTER).await?;
    tx.commit().await?;

    let mut links = Vec::with_capacity(given.len());
    for (part, key) in given {
        links.push((part, app.files.put_link(&key, part.size_bytes, now).await?));
    }
    Ok(links)
}

fn check(wanted: &[NewPart]) -> Result<(), Error> {
    let numbers: HashSet<_> = wanted.iter().map(|part| part.number).collect();
    let is_number =
        |number: i32| usize::try_from(number).is_ok_and(|number| (1..=MOST_PARTS).contains(&number));
    let fault = match wanted {
        [] => "`parts` is empty",
        _ if numbers.len() != wanted.len() => "a number is there twice",
        _ if !numbers.into_iter().all(is_number) => "numbers are 1 to 1000",
        _ if wanted
            .iter()
            .any(|part| !(1..=MOST_BYTES).contains(&part.size_bytes)) =>
        {
            "a part has 1 to 5000000000 bytes"
        }
        _ => return Ok(()),
    };
    Err(Error::Parts(fault))
}

/// The one that is waited for already, or another.
async fn expect(
    conn: &mut PgConnection,
    app: &App,
    id: Uuid,
    known: &[Part],
    wanted: NewPart,
) -> Result<Part, Error> {
    let now = app.now();
    if let Some(before) = known.iter().find(|part| part.number == wanted.number) {
        if before.size_bytes == wanted.size_bytes {
            return Ok(before.clone());
        }
        parts::take_out_one(conn, &before.key).await?;
        files::discard(conn, now, &before.key).await?;
    }
    let part = Part {
        number: wanted.number,
        key: files::expect(conn, now, Area::QUARANTINE, FileType::Unknown).await?,
        size_bytes: wanted.size_bytes,
        is_there: false,
    };
    parts::insert(conn, id, &part, now).await?;
    Ok(part)
}

/// All parts are put, its owner says: looks at each, and has the upload checked. Once more is fine.
///
/// # Errors
/// It is nobody's or somebody else's; it is not open; parts are missing, or of another size than was announced: those are
/// removed, and to be sent again.
pub async fn complete(app: &App, owner: Uuid, id: Uuid) -> Result<(), Error> {
    let upload = store::find(&mut *app.db.acquire().await?, id, owner).await?;
    match upload.as_ref().map(|upload| upload.status) {
        Some(Status::Received | Status::Checking | Status::Accepted) => return Ok(()),
        _ => still_open(app, upload)?,
    };
    finish(app, owner, id).await
}

/// Looks by ourselves at those that nobody has completed for a while, and for the last time when they expire.
pub(in crate::videos) async fn complete_forgotten(app: &App) -> Result<(), Error> {
    let now = app.now();
    let forgotten = store::to_look_at(&mut *app.db.acquire().await?, now).await?;
    for (id, owner) in forgotten {
        match finish(app, owner, id).await {
            Ok(()) => tracing::info!(upload = %id, "upload {id} was whole, and nobody had said so"),
            Err(
                Error::PartsMissing { .. } | Error::PartsDiffer { .. } | Error::NotOpen(_) | Error::Unknown,
            ) => store::look_at(&mut *app.db.acquire().await?, id, now + LOOK_AFTER).await?,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn finish(app: &App, owner: Uuid, id: Uuid) -> Result<(), Error> {
    let looked_at = parts::list(&mut *app.db.acquire().await?, id).await?;
    let sizes = sizes(app, &looked_at).await.map_err(Error::Storage)?;
    app.faults.hit("videos.complete");

    let now = app.now();
    let mut tx = app.db.begin().await?;
    let upload = store::lock(&mut tx, id, owner).await?.ok_or(Error::Unknown)?;
    match upload.status {
        Status::Open => {}
        // Somebody else was first.
        Status::Received | Status::Checking | Status::Accepted => return Ok(()),
        other => return Err(Error::NotOpen(other.name())),
    }
    let waited_for = parts::list(&mut tx, id).await?;
    let size = |part: &Part| {
        sizes
            .iter()
            .find(|(key, _)| *key == part.key)
            .map(|(_, size)| *size)
    };
    let (there, missing): (Vec<&Part>, Vec<&Part>) =
        waited_for.iter().partition(|part| size(part).flatten().is_some());
    let differing: Vec<&Part> = there
        .into_iter()
        .filter(|part| size(part).flatten() != Some(part.size_bytes))
        .collect();
    if !differing.is_empty() {
        for part in &differing {
            parts::take_out_one(&mut tx, &part.key).await?;
            files::discard(&mut tx, now, &part.key).await?;
        }
        tx.commit().await?;
        let numbers = differing.iter().map(|part| part.number).collect();
        return Err(Error::PartsDiffer { numbers });
    }
    let announced: u64 = waited_for.iter().map(|part| part.size_bytes).sum();
    let unannounced = upload.size_bytes.unsigned_abs().saturating_sub(announced);
    if !missing.is_empty() || unannounced > 0 {
        let missing = missing.iter().map(|part| part.number).collect();
        return Err(Error::PartsMissing { missing, unannounced });
    }
    parts::receive(&mut tx, id, now).await?;
    received(app, &mut tx, id).await?;
    tx.commit().await?;
    Ok(())
}

/// How large each is in the store; `None`: it is not there.
async fn sizes(app: &App, parts: &[Part]) -> anyhow::Result<Vec<(files::Key, Option<u64>)>> {
    let look = async |part: Part| {
        let size = match part.is_there {
            true => Some(part.size_bytes),
            false => app.files.find(&part.key).await?.map(|object| object.size_bytes),
        };
        anyhow::Ok((part.key, size))
    };
    let looks = stream::iter(parts.to_vec()).map(look);
    looks.buffered(AT_ONCE).try_collect().await
}
