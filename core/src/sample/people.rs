use anyhow::Context as _;
use uuid::Uuid;

use super::file::{Marketplace, Person};
use super::{Load, Somebody};
use crate::access::{Grant, SignedIn};
use crate::accounts::{self, NewStaff, Token};

/// Who is let in, and what they may do if they are to work with us.
#[derive(Clone, Copy)]
pub(super) struct ToLetIn<'a> {
    person: &'a Person,
    grants: Option<&'a [String]>,
}

pub(super) fn everybody(marketplace: &Marketplace) -> Vec<ToLetIn<'_>> {
    let managers = marketplace.agencies.iter().flat_map(|agency| &agency.managers);
    let talents = marketplace.talents.iter().map(|talent| &talent.person);
    let others = marketplace.customers.iter().chain(managers).chain(talents);
    let others = others.map(|person| ToLetIn { person, grants: None });
    let staff = marketplace.staff.iter().map(|member| ToLetIn {
        person: &member.person,
        grants: Some(&member.grants),
    });
    others.chain(staff).collect()
}

pub(super) fn one_of_each(marketplace: &Marketplace) -> Vec<Somebody> {
    let somebody = |role, person: Option<&Person>| {
        person.map(|person| Somebody {
            role,
            name: person.name.clone(),
            email: person.email.clone(),
            password: marketplace.password.clone(),
        })
    };
    let mut managers = marketplace.agencies.iter().flat_map(|agency| &agency.managers);
    let each = [
        somebody("customer", marketplace.customers.first()),
        somebody("talent", marketplace.talents.first().map(|talent| &talent.person)),
        somebody("agency manager", managers.next()),
        somebody("staff", marketplace.staff.first().map(|member| &member.person)),
    ];
    each.into_iter().flatten().collect()
}

/// An account with a password and a picture, as far as they lack them.
pub(super) async fn let_in(load: &Load<'_>, ToLetIn { person, grants }: ToLetIn<'_>) -> anyhow::Result<()> {
    account(load, person)
        .await
        .with_context(|| format!("letting {} in", person.email))?;
    let id = find(load, &person.email).await?;
    let is = accounts::find_person(load.app, id).await?;
    let is = is.with_context(|| format!("{} is not there any more", person.email))?;
    if let Some(grants) = grants.filter(|_| !is.staff) {
        let grants = grants.iter().map(|grant| grant.parse::<Grant>());
        let new = NewStaff {
            email: person.email.clone(),
            name: person.name.clone(),
            grants: grants.collect::<Result<_, _>>()?,
        };
        accounts::create_staff(load.app, &load.by, new).await?;
        load.add(|added| added.staff += 1);
    }
    if let Some(picture) = person.picture.as_ref().filter(|_| is.avatar_url.is_none()) {
        let file = load.folder.join(picture);
        let read = tokio::fs::read(&file).await;
        let read = read.with_context(|| format!("reading {}", file.display()))?;
        // As whom it is set; of the session nothing is asked.
        let who = SignedIn {
            person: id,
            session: Uuid::nil(),
        };
        accounts::set_avatar(load.app, who, read).await?;
        load.add(|added| added.pictures += 1);
    }
    Ok(())
}

/// They are let in, and choose the password by the link that they would be mailed.
async fn account(load: &Load<'_>, person: &Person) -> anyhow::Result<()> {
    let known = accounts::person_by_email(&mut *load.app.db.acquire().await?, &person.email).await?;
    let mut tx = load.app.db.begin().await?;
    let admitted = accounts::admit(&mut tx, load.app, &person.email, &person.name, person.locale).await?;
    tx.commit().await?;
    if let Some(link) = admitted.link {
        let token = link.rsplit('#').next().and_then(Token::parse);
        let token = token.context("the link to choose a password has no token")?;
        accounts::complete_reset(load.app, &token, load.password.into()).await?;
    }
    if known.is_none() {
        load.add(|added| added.people += 1);
    }
    Ok(())
}

/// The id of somebody who was let in.
pub(super) async fn find(load: &Load<'_>, email: &str) -> anyhow::Result<Uuid> {
    let person = accounts::person_by_email(&mut *load.app.db.acquire().await?, email).await?;
    person.with_context(|| format!("nobody has the address {email}"))
}
