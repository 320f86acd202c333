use sqlx::PgConnection;
use time::OffsetDateTime;

pub(in crate::redirects) async fn insert_brand(
    conn: &mut PgConnection,
    code: &str,
    name: &str,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into redirects.brand (code, name, created_at) values ($1, $2, $3)",
        code,
        name,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::redirects) async fn rename_brand(
    conn: &mut PgConnection,
    code: &str,
    name: &str,
) -> sqlx::Result<()> {
    sqlx::query!("update redirects.brand set name = $2 where code = $1", code, name)
        .execute(conn)
        .await?;
    Ok(())
}

/// A brand by itself, locked.
pub(in crate::redirects) struct BrandRow {
    pub(in crate::redirects) name: String,
    pub(in crate::redirects) retired_at: Option<OffsetDateTime>,
}

pub(in crate::redirects) async fn lock_brand(
    conn: &mut PgConnection,
    code: &str,
) -> sqlx::Result<Option<BrandRow>> {
    sqlx::query_as!(
        BrandRow,
        "select name, retired_at from redirects.brand where code = $1 for update",
        code,
    )
    .fetch_optional(conn)
    .await
}

/// Since when the brand is retired; `None` brings it back.
pub(in crate::redirects) async fn set_retired(
    conn: &mut PgConnection,
    code: &str,
    retired_at: Option<OffsetDateTime>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update redirects.brand set retired_at = $2 where code = $1",
        code,
        retired_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets go of every host of the brand.
pub(in crate::redirects) async fn free_hosts(conn: &mut PgConnection, brand: &str) -> sqlx::Result<()> {
    sqlx::query!("delete from redirects.host where brand = $1", brand)
        .execute(conn)
        .await?;
    Ok(())
}

/// Those of `hosts` that are another brand's.
pub(in crate::redirects) async fn foreign_hosts(
    conn: &mut PgConnection,
    brand: &str,
    hosts: &[String],
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "select host from redirects.host where host = any($2) and brand <> $1 order by host",
        brand,
        hosts,
    )
    .fetch_all(conn)
    .await
}

/// Claims a host, or violates `host_belongs_to_one_brand`.
pub(in crate::redirects) async fn claim_host(
    conn: &mut PgConnection,
    brand: &str,
    host: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into redirects.host (host, brand) values ($1, $2)
        on conflict on constraint host_of_brand do nothing",
        host,
        brand,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets go of the hosts that neither the draft nor what is live names.
pub(in crate::redirects) async fn release_hosts(conn: &mut PgConnection, brand: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from redirects.host
        where brand = $1
        and host not in (
            select json_array_elements_text(settings -> 'hosts') from redirects.draft where brand = $1
            union all
            select json_array_elements_text(revision.settings -> 'hosts')
            from redirects.live
            join redirects.revision on revision.brand = live.brand and revision.number = live.revision
            where live.brand = $1
        )",
        brand,
    )
    .execute(conn)
    .await?;
    Ok(())
}
