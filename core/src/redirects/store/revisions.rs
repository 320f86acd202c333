use marquee_shared::rules::{Rule, RuleSet, Settings};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;

/// A revision that is about to be frozen.
pub(in crate::redirects) struct NewRevision<'a> {
    pub(in crate::redirects) set: &'a RuleSet,
    pub(in crate::redirects) table_sha256: &'a str,
    pub(in crate::redirects) city_sha256: Option<&'a str>,
    pub(in crate::redirects) draft_version: i64,
    pub(in crate::redirects) edited_by: &'a str,
    pub(in crate::redirects) author: &'a str,
    pub(in crate::redirects) note: &'a str,
}

/// Freezes it under the brand's next number. Under the draft's lock.
pub(in crate::redirects) async fn insert_revision(
    conn: &mut PgConnection,
    revision: &NewRevision<'_>,
    now: OffsetDateTime,
) -> sqlx::Result<i32> {
    let RuleSet {
        brand,
        settings,
        rules,
    } = revision.set;
    sqlx::query_scalar!(
        "insert into redirects.revision (
            brand, number, settings, rules, rule_count, table_sha256, city_sha256, draft_version, edited_by, author,
            note, created_at
        )
        select $1, coalesce(max(number), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11
        from redirects.revision
        where brand = $1
        returning number",
        brand,
        Json(settings) as _,
        Json(rules) as _,
        i32::try_from(rules.len()).unwrap_or(i32::MAX),
        revision.table_sha256,
        revision.city_sha256,
        revision.draft_version,
        revision.edited_by,
        revision.author,
        revision.note,
        now,
    )
    .fetch_one(conn)
    .await
}

/// The revision that this version of the draft was frozen as.
pub(in crate::redirects) async fn revision_of_draft(
    conn: &mut PgConnection,
    brand: &str,
    draft_version: i64,
) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        "select number from redirects.revision where brand = $1 and draft_version = $2",
        brand,
        draft_version,
    )
    .fetch_optional(conn)
    .await
}

/// A revision without its rules.
pub(in crate::redirects) struct RevisionRow {
    pub(in crate::redirects) settings: Json<Settings>,
    pub(in crate::redirects) table_sha256: String,
    pub(in crate::redirects) edited_by: String,
    pub(in crate::redirects) city_sha256: Option<String>,
    pub(in crate::redirects) was_live: bool,
}

pub(in crate::redirects) async fn revision(
    conn: &mut PgConnection,
    brand: &str,
    number: i32,
) -> sqlx::Result<Option<RevisionRow>> {
    sqlx::query_as!(
        RevisionRow,
        r#"select
            settings "settings: Json<Settings>", table_sha256, edited_by, city_sha256,
            exists (
                select from redirects.publication
                where publication.brand = revision.brand and publication.revision = number
                and action in ('publish', 'rollback', 'promote')
            ) "was_live!"
        from redirects.revision
        where brand = $1 and number = $2"#,
        brand,
        number,
    )
    .fetch_optional(conn)
    .await
}

pub(in crate::redirects) async fn revision_rules(
    conn: &mut PgConnection,
    brand: &str,
    number: i32,
) -> sqlx::Result<Option<Vec<Rule>>> {
    let rules = sqlx::query_scalar!(
        r#"select rules "rules: Json<Vec<Rule>>" from redirects.revision where brand = $1 and number = $2"#,
        brand,
        number,
    )
    .fetch_optional(conn)
    .await?;
    Ok(rules.map(|Json(rules)| rules))
}
