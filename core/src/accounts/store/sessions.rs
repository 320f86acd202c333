use ipnet::IpNet;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::accounts::domain::GrantRow;

pub(in crate::accounts) struct NewSession<'a> {
    pub(in crate::accounts) id: Uuid,
    pub(in crate::accounts) person_id: Uuid,
    pub(in crate::accounts) secret_sha256: &'a [u8],
    pub(in crate::accounts) created_at: OffsetDateTime,
    pub(in crate::accounts) expires_at: OffsetDateTime,
    pub(in crate::accounts) user_agent: &'a str,
    pub(in crate::accounts) network: Option<IpNet>,
}

pub(in crate::accounts) async fn insert_session(
    conn: &mut PgConnection,
    session: &NewSession<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into accounts.session (
            id, person_id, secret_sha256, created_at, expires_at, last_used_at, user_agent, network
        )
        values ($1, $2, $3, $4, $5, $4, $6, $7::text::cidr)",
        session.id,
        session.person_id,
        session.secret_sha256,
        session.created_at,
        session.expires_at,
        session.user_agent,
        session.network.map(|network| network.to_string()),
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::accounts) struct KnownSession {
    pub(in crate::accounts) secret_sha256: Vec<u8>,
    pub(in crate::accounts) last_used_at: OffsetDateTime,
    pub(in crate::accounts) person_id: Uuid,
    pub(in crate::accounts) name: String,
    pub(in crate::accounts) is_staff: bool,
    pub(in crate::accounts) grants: Json<Vec<GrantRow>>,
}

/// The session, if it still opens anything: in one statement, so that it and its person are of one moment.
pub(in crate::accounts) async fn usable_session(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<Option<KnownSession>> {
    sqlx::query_as!(
        KnownSession,
        r#"select
            secret_sha256, last_used_at, person_id, person.name,
            staff.id is not null "is_staff!",
            accounts.grants_of(staff.id) "grants!: Json<Vec<GrantRow>>"
        from accounts.session
        join accounts.person on person.id = person_id
        left join accounts.staff on staff.id = person_id
        where session.id = $1 and expires_at > $2 and suspended_at is null and erased_at is null"#,
        id,
        now,
    )
    .fetch_optional(conn)
    .await
}

pub(in crate::accounts) async fn note_session_use(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts.session set last_used_at = $2 where id = $1",
        id,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// False: the person has no such session.
pub(in crate::accounts) async fn delete_session(
    conn: &mut PgConnection,
    person: Uuid,
    id: Uuid,
) -> sqlx::Result<bool> {
    let deleted = sqlx::query!(
        "delete from accounts.session where person_id = $1 and id = $2",
        person,
        id
    )
    .execute(conn)
    .await?;
    Ok(deleted.rows_affected() == 1)
}

/// All of a person's, but for the one that is to stay.
pub(in crate::accounts) async fn delete_sessions(
    conn: &mut PgConnection,
    person: Uuid,
    but: Option<Uuid>,
) -> sqlx::Result<u64> {
    let deleted = sqlx::query!(
        "delete from accounts.session where person_id = $1 and id is distinct from $2",
        person,
        but
    )
    .execute(conn)
    .await?;
    Ok(deleted.rows_affected())
}
