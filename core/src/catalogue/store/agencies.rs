use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

pub(in crate::catalogue) async fn insert_agency(
    conn: &mut PgConnection,
    id: Uuid,
    name: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into catalogue.agency (id, name, created_at) values ($1, $2, $3)",
        id,
        name,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Its name; held until the transaction ends.
pub(in crate::catalogue) async fn lock_agency(
    conn: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select name from catalogue.agency where id = $1 for update", id)
        .fetch_optional(conn)
        .await
}

pub(in crate::catalogue) async fn rename_agency(
    conn: &mut PgConnection,
    id: Uuid,
    name: &str,
) -> sqlx::Result<()> {
    sqlx::query!("update catalogue.agency set name = $2 where id = $1", id, name)
        .execute(conn)
        .await?;
    Ok(())
}

/// Of which agency a talent, whose row is then held, is a member. `None`: there is no such talent.
pub(in crate::catalogue) async fn agency_of(
    conn: &mut PgConnection,
    talent: Uuid,
) -> sqlx::Result<Option<Option<Uuid>>> {
    sqlx::query_scalar!(
        "select agency_id from catalogue.talent where id = $1 for update",
        talent
    )
    .fetch_optional(conn)
    .await
}

pub(in crate::catalogue) async fn set_agency(
    conn: &mut PgConnection,
    talent: Uuid,
    agency: Option<Uuid>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update catalogue.talent set agency_id = $2 where id = $1",
        talent,
        agency
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// False: it was so already.
pub(in crate::catalogue) async fn set_manager(
    conn: &mut PgConnection,
    agency: Uuid,
    person: Uuid,
    is_to_be: bool,
) -> sqlx::Result<bool> {
    let changed = if is_to_be {
        sqlx::query!(
            "insert into catalogue.agency_manager (agency_id, person_id) values ($1, $2) on conflict do nothing",
            agency,
            person,
        )
        .execute(conn)
        .await?
    } else {
        sqlx::query!(
            "delete from catalogue.agency_manager where agency_id = $1 and person_id = $2",
            agency,
            person,
        )
        .execute(conn)
        .await?
    };
    Ok(changed.rows_affected() == 1)
}
