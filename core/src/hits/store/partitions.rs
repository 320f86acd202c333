use sqlx::PgConnection;
use time::Date;

/// Creates what hits from `first` to `last` need, where it is missing. Running inserts go on.
pub(crate) async fn open_partitions(conn: &mut PgConnection, first: Date, last: Date) -> sqlx::Result<()> {
    sqlx::query!("select hits.open_partitions($1, $2)", first, last)
        .execute(conn)
        .await?;
    Ok(())
}

/// Drops the partitions of `parent` whose days all lie before `keep_from`; returns how many. Fails, to be tried
/// again later, if a long query keeps it waiting.
pub(crate) async fn drop_partitions(
    conn: &mut PgConnection,
    parent: &str,
    keep_from: Date,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select hits.drop_partitions($1, $2) as "dropped!""#,
        parent,
        keep_from
    )
    .fetch_one(conn)
    .await
}
