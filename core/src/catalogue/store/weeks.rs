use sqlx::PgConnection;
use time::Date;
use uuid::Uuid;

/// Takes one place in a talent's week. Of two at once at most one gets the last. False: the week is full.
pub(in crate::catalogue) async fn take(
    conn: &mut PgConnection,
    talent: Uuid,
    monday: Date,
) -> sqlx::Result<bool> {
    let taken = sqlx::query!(
        "insert into catalogue.week as known (talent_id, monday, taken)
        values ($1, $2, 1)
        on conflict (talent_id, monday) do update
        set taken = known.taken + 1
        where known.taken < coalesce(
            (select weekly_capacity from catalogue.talent where id = known.talent_id), 2147483647
        )",
        talent,
        monday,
    )
    .execute(conn)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// Gives one place back.
pub(in crate::catalogue) async fn give_back(
    conn: &mut PgConnection,
    talent: Uuid,
    monday: Date,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update catalogue.week set taken = taken - 1 where talent_id = $1 and monday = $2",
        talent,
        monday,
    )
    .execute(conn)
    .await?;
    Ok(())
}
