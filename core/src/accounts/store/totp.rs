use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

pub(in crate::accounts) struct Totp {
    pub(in crate::accounts) secret: Vec<u8>,
    pub(in crate::accounts) confirmed_at: Option<OffsetDateTime>,
    pub(in crate::accounts) step: i64,
}

/// False: there is one that counts already.
pub(in crate::accounts) async fn replace_unconfirmed_totp(
    conn: &mut PgConnection,
    person: Uuid,
    secret: &[u8],
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let replaced = sqlx::query!(
        "insert into accounts.totp as known (person_id, secret, created_at)
        values ($1, $2, $3)
        on conflict (person_id) do update
        set secret = $2, created_at = $3, step = 0
        where known.confirmed_at is null",
        person,
        secret,
        now,
    )
    .execute(conn)
    .await?;
    Ok(replaced.rows_affected() == 1)
}

/// Held until the transaction ends: no code is taken twice at once.
pub(in crate::accounts) async fn lock_totp(
    conn: &mut PgConnection,
    person: Uuid,
) -> sqlx::Result<Option<Totp>> {
    sqlx::query_as!(
        Totp,
        "select secret, confirmed_at, step from accounts.totp where person_id = $1 for update",
        person,
    )
    .fetch_optional(conn)
    .await
}

pub(in crate::accounts) async fn confirm_totp(
    conn: &mut PgConnection,
    person: Uuid,
    step: i64,
    recovery_sha256: &[Vec<u8>],
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts.totp set confirmed_at = $2, step = $3, recovery_sha256 = $4 where person_id = $1",
        person,
        now,
        step,
        recovery_sha256,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::accounts) async fn take_step(
    conn: &mut PgConnection,
    person: Uuid,
    step: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts.totp set step = $2 where person_id = $1",
        person,
        step
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// False: it is none, or was used.
pub(in crate::accounts) async fn take_recovery_code(
    conn: &mut PgConnection,
    person: Uuid,
    sha256: &[u8],
) -> sqlx::Result<bool> {
    let taken = sqlx::query!(
        "update accounts.totp set recovery_sha256 = array_remove(recovery_sha256, $2)
        where person_id = $1 and $2 = any (recovery_sha256)",
        person,
        sha256,
    )
    .execute(conn)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// False: there is none.
pub(in crate::accounts) async fn delete_totp(conn: &mut PgConnection, person: Uuid) -> sqlx::Result<bool> {
    let deleted = sqlx::query!("delete from accounts.totp where person_id = $1", person)
        .execute(conn)
        .await?;
    Ok(deleted.rows_affected() == 1)
}
