use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::access::{Grants, Scope};
use crate::accounts::domain::GrantRow;

/// False: the person is one of the staff already.
pub(in crate::accounts) async fn insert_staff(
    conn: &mut PgConnection,
    person: Uuid,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "insert into accounts.staff (id, created_at) values ($1, $2) on conflict do nothing",
        person,
        now,
    )
    .execute(conn)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

pub(in crate::accounts) struct LockedStaff {
    pub(in crate::accounts) version: i64,
    pub(in crate::accounts) name: String,
    pub(in crate::accounts) suspended_at: Option<OffsetDateTime>,
    pub(in crate::accounts) grants: Json<Vec<GrantRow>>,
}

pub(in crate::accounts) async fn lock_staff(
    conn: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<LockedStaff>> {
    let locked = sqlx::query_scalar!("select id from accounts.staff where id = $1 for update", id)
        .fetch_optional(&mut *conn)
        .await?;
    if locked.is_none() {
        return Ok(None);
    }
    // Read once the lock is held: what one waited for may have changed the grants.
    sqlx::query_as!(
        LockedStaff,
        r#"select version, name, suspended_at, accounts.grants_of(id) "grants!: Json<Vec<GrantRow>>"
        from accounts.staff
        join accounts.person using (id)
        where id = $1"#,
        id,
    )
    .fetch_optional(conn)
    .await
}

/// Says that something of theirs was changed; nothing for who is not of the staff.
pub(in crate::accounts) async fn count_change(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts.staff set version = version + 1 where id = $1",
        id
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::accounts) async fn replace_grants(
    conn: &mut PgConnection,
    id: Uuid,
    grants: &Grants,
) -> sqlx::Result<()> {
    let (mut permissions, mut brands) = (Vec::new(), Vec::new());
    for (permission, scope) in grants.iter() {
        let codes: Vec<Option<String>> = match scope {
            Scope::All => vec![None],
            Scope::Brands(codes) => codes.iter().cloned().map(Some).collect(),
        };
        permissions.extend(codes.iter().map(|_| permission.to_string()));
        brands.extend(codes);
    }
    sqlx::query!("delete from accounts.staff_grant where staff = $1", id)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "insert into accounts.staff_grant (staff, permission, brand)
        select $1, permission, brand
        from unnest($2::text[], $3::text[]) as granted (permission, brand)",
        id,
        &permissions,
        &brands as &[Option<String>],
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::accounts) async fn rename(
    conn: &mut PgConnection,
    person: Uuid,
    name: &str,
) -> sqlx::Result<()> {
    sqlx::query!("update accounts.person set name = $2 where id = $1", person, name)
        .execute(conn)
        .await?;
    Ok(())
}

pub(in crate::accounts) async fn is_staff(conn: &mut PgConnection, person: Uuid) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from accounts.staff where id = $1) "is_staff!""#,
        person
    )
    .fetch_one(conn)
    .await
}
