use anyhow::Context as _;
use bytes::Bytes;
use futures::stream;
use uuid::Uuid;

use super::file::{Application, Talent};
use super::{Load, people};
use crate::catalogue::{
    self, ApplicationFilter, NewApplication, NewTalent, ProfileView, TalentChange, Whom, Whose,
};
use crate::platform::paging::Page;
use crate::videos::queries::{self, Filter, UploadView};
use crate::videos::{self, Announced, Purpose, Status};

/// A talent with terms and a film, as far as they lack them. They have an account already.
pub(super) async fn take_in(load: &Load<'_>, talent: &Talent) -> anyhow::Result<()> {
    let email = &talent.person.email;
    let person = people::find(load, email).await?;
    let known = profile(load, person).await?;
    if known.is_none() {
        let reach = talent.reach.clone();
        let new = NewTalent {
            email: email.clone(),
            name: talent.person.name.clone(),
            locale: talent.person.locale,
            network: reach.network,
            handle: reach.handle,
            followers: reach.followers,
            phone: reach.phone,
        };
        catalogue::create_talent(load.app, &load.by, new).await?;
        load.add(|added| added.talents += 1);
    }
    let profile = profile(load, person).await?;
    let profile = profile.with_context(|| format!("{email} is no talent"))?;
    if profile.price.is_none() {
        terms(load, profile.id, talent).await?;
    }
    film(load, person, &talent.film)
        .await
        .with_context(|| format!("sending the film of {email}"))
}

async fn profile(load: &Load<'_>, person: Uuid) -> anyhow::Result<Option<ProfileView>> {
    Ok(catalogue::profile_of(&mut *load.app.db.acquire().await?, load.app, person).await?)
}

async fn terms(load: &Load<'_>, id: Uuid, talent: &Talent) -> anyhow::Result<()> {
    if talent.share_bp.is_some() {
        catalogue::set_share(load.app, &load.by, Whose::Talent(id), talent.share_bp).await?;
    }
    let change = TalentChange {
        description: Some(talent.description.clone()),
        price: Some(talent.price),
        available: Some(talent.available),
        weekly_capacity: Some(talent.weekly_capacity),
        delivery_days: Some(talent.delivery_days),
        categories: Some(talent.categories.clone()),
        ..TalentChange::default()
    };
    Ok(catalogue::change_talent(load.app, &load.by, Whom::Id(id), change).await?)
}

/// Announced and sent as the talent would.
async fn film(load: &Load<'_>, owner: Uuid, name: &str) -> anyhow::Result<()> {
    let of_theirs = Filter {
        id: None,
        status: None,
        owner: Some(owner),
    };
    let page = Page::new(None, None)?;
    let uploads = queries::list(&mut *load.app.db.acquire().await?, &of_theirs, page).await?;
    let is = |upload: &UploadView, status| upload.status == status;
    let on_its_way = [Status::Received, Status::Checking, Status::Accepted];
    if uploads
        .items
        .iter()
        .any(|upload| on_its_way.into_iter().any(|status| is(upload, status)))
    {
        return Ok(());
    }
    let file = tokio::fs::read(load.folder.join(name)).await;
    let file = Bytes::from(file.with_context(|| format!("reading {name}"))?);
    let open = uploads.items.iter().find(|upload| is(upload, Status::Open));
    let id = match open {
        Some(upload) => upload.id,
        None => open_upload(load, owner, file.len() as u64).await?,
    };
    let body = stream::once(async { anyhow::Ok(file) });
    videos::receive(load.app, owner, id, body).await?;
    load.add(|added| added.videos += 1);
    Ok(())
}

async fn open_upload(load: &Load<'_>, owner: Uuid, size_bytes: u64) -> anyhow::Result<Uuid> {
    let purpose = Purpose::Presentation;
    let announced = Announced {
        owner,
        purpose: purpose.name(),
        media_type: "video/mp4".to_owned(),
        size_bytes,
        most_bytes: purpose.most_bytes(),
        length: purpose.length(),
    };
    let mut tx = load.app.db.begin().await?;
    let id = videos::open_upload(&mut tx, load.app.now(), announced).await?;
    tx.commit().await?;
    Ok(id)
}

/// Somebody who has never applied does.
pub(super) async fn apply(load: &Load<'_>, application: &Application) -> anyhow::Result<()> {
    let person = &application.person;
    let theirs = ApplicationFilter {
        status: None,
        text: Some(person.email.clone()),
    };
    let page = Page::new(None, None)?;
    let known = catalogue::list_applications(&mut *load.app.db.acquire().await?, &theirs, page).await?;
    if !known.items.is_empty() {
        return Ok(());
    }
    let reach = application.reach.clone();
    let new = NewApplication {
        email: person.email.clone(),
        name: person.name.clone(),
        locale: person.locale,
        phone: reach.phone,
        network: reach.network,
        handle: reach.handle,
        followers: reach.followers,
        message: application.message.clone(),
    };
    catalogue::apply(load.app, None, new, None).await?;
    load.add(|added| added.applications += 1);
    Ok(())
}
