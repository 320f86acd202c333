use marquee_shared::rules::Settings;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;

/// What is live of one brand.
#[derive(Debug)]
pub(in crate::redirects) struct LiveRow {
    pub(in crate::redirects) revision: i32,
    pub(in crate::redirects) mode: String,
    pub(in crate::redirects) canary_revision: Option<i32>,
    pub(in crate::redirects) canary_percent: Option<i16>,
    pub(in crate::redirects) canary_salt: Option<String>,
    pub(in crate::redirects) settings: Json<Settings>,
    pub(in crate::redirects) uses_city: bool,
}

pub(in crate::redirects) async fn live(
    conn: &mut PgConnection,
    brand: &str,
) -> sqlx::Result<Option<LiveRow>> {
    sqlx::query_as!(
        LiveRow,
        r#"select
            live.revision, live.mode, canary_revision, canary_percent, canary_salt,
            settings "settings: Json<Settings>", city_sha256 is not null "uses_city!"
        from redirects.live
        join redirects.revision on revision.brand = live.brand and revision.number = live.revision
        where live.brand = $1"#,
        brand,
    )
    .fetch_optional(conn)
    .await
}

/// The revision is live from now on, for everybody.
pub(in crate::redirects) async fn set_live(
    conn: &mut PgConnection,
    brand: &str,
    revision: i32,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into redirects.live (brand, revision) values ($1, $2)
        on conflict (brand) do update
        set revision = excluded.revision, canary_revision = null, canary_percent = null, canary_salt = null",
        brand,
        revision,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Nothing of the brand is live from now on.
pub(in crate::redirects) async fn clear_live(conn: &mut PgConnection, brand: &str) -> sqlx::Result<()> {
    sqlx::query!("delete from redirects.live where brand = $1", brand)
        .execute(conn)
        .await?;
    Ok(())
}

/// Another revision for some of the visitors, or nobody's.
pub(in crate::redirects) async fn set_canary(
    conn: &mut PgConnection,
    brand: &str,
    canary: Option<(i32, i16, &str)>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update redirects.live set canary_revision = $2, canary_percent = $3, canary_salt = $4 where brand = $1",
        brand,
        canary.map(|(revision, ..)| revision),
        canary.map(|(_, percent, _)| percent),
        canary.map(|(.., salt)| salt),
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::redirects) async fn set_mode(
    conn: &mut PgConnection,
    brand: &str,
    mode: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update redirects.live set mode = $2 where brand = $1",
        brand,
        mode
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// One change of what is live.
pub(in crate::redirects) struct NewPublication<'a> {
    pub(in crate::redirects) sequence: i64,
    pub(in crate::redirects) brand: &'a str,
    pub(in crate::redirects) revision: i32,
    pub(in crate::redirects) action: &'a str,
    pub(in crate::redirects) author: &'a str,
    pub(in crate::redirects) note: &'a str,
}

pub(in crate::redirects) async fn insert_publication(
    conn: &mut PgConnection,
    publication: &NewPublication<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into redirects.publication (sequence, brand, revision, action, author, note, created_at)
        values ($1, $2, $3, $4, $5, $6, $7)",
        publication.sequence,
        publication.brand,
        publication.revision,
        publication.action,
        publication.author,
        publication.note,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// All that the manifest says of a brand.
pub(in crate::redirects) struct LiveBrandRow {
    pub(in crate::redirects) code: String,
    pub(in crate::redirects) mode: String,
    pub(in crate::redirects) settings: Json<Settings>,
    pub(in crate::redirects) revision: i32,
    pub(in crate::redirects) table_sha256: String,
    pub(in crate::redirects) table_size: i32,
    pub(in crate::redirects) city_sha256: Option<String>,
    pub(in crate::redirects) city_size: Option<i32>,
    pub(in crate::redirects) canary_revision: Option<i32>,
    pub(in crate::redirects) canary_percent: Option<i16>,
    pub(in crate::redirects) canary_salt: Option<String>,
    pub(in crate::redirects) canary_sha256: Option<String>,
    pub(in crate::redirects) canary_size: Option<i32>,
}

/// Every brand that is live, by code.
pub(in crate::redirects) async fn live_brands(conn: &mut PgConnection) -> sqlx::Result<Vec<LiveBrandRow>> {
    sqlx::query_as!(
        LiveBrandRow,
        r#"select
            live.brand "code!", live.mode "mode!", stable.settings "settings!: Json<Settings>",
            live.revision "revision!",
            stable.table_sha256 "table_sha256!", stable_table.size_bytes "table_size!",
            stable.city_sha256 "city_sha256?", city.size_bytes "city_size?",
            live.canary_revision, live.canary_percent, live.canary_salt,
            canary.table_sha256 "canary_sha256?", canary_table.size_bytes "canary_size?"
        from redirects.live
        join redirects.revision as stable on stable.brand = live.brand and stable.number = live.revision
        join redirects.blob as stable_table on stable_table.sha256 = stable.table_sha256
        left join redirects.blob as city on city.sha256 = stable.city_sha256
        left join redirects.revision as canary
            on canary.brand = live.brand and canary.number = live.canary_revision
        left join redirects.blob as canary_table on canary_table.sha256 = canary.table_sha256
        order by live.brand"#,
    )
    .fetch_all(conn)
    .await
}
