use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::accounts::domain::{Kind, Purpose, Token};
use crate::accounts::{Error, store};
use crate::ids;

/// The link is none of ours, was used, or is too old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this link is no longer good: ask for a new one")]
pub struct LinkFault;

/// A link to mail, for one thing.
pub(super) async fn make(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    purpose: Purpose,
    subject: Uuid,
) -> Result<Token, Error> {
    let link = Token::fresh(Kind::Link, ids::fresh(now))?;
    store::insert_link(conn, &link, purpose, subject, now).await?;
    Ok(link)
}

/// For which of the purposes the link is, and what about; it is used up if the transaction commits.
pub(super) async fn take(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    link: &Token,
    purposes: &[Purpose],
) -> Result<(Purpose, Uuid), Error> {
    let found = match link.kind {
        Kind::Link => store::lock_link(conn, link.id, now).await?,
        Kind::Key | Kind::Session => None,
    };
    let found = found.filter(|found| link.matches(&found.secret_sha256));
    let found = found.ok_or(LinkFault)?;
    let purpose = purposes.iter().find(|purpose| purpose.name() == found.purpose);
    let purpose = *purpose.ok_or(LinkFault)?;
    store::delete_link(conn, link.id).await?;
    Ok((purpose, found.subject_id))
}
