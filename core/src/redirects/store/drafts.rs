use marquee_shared::rules::{Rule, Settings};
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;

use crate::access::Principal;

pub(in crate::redirects) async fn insert_draft(
    conn: &mut PgConnection,
    brand: &str,
    settings: &Settings,
    editor: &Principal,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into redirects.draft (brand, settings, edited_by, editor_name, edited_at)
        values ($1, $2, $3, $4, $5)",
        brand,
        Json(settings) as _,
        editor.id,
        editor.name,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A draft without its rules.
pub(in crate::redirects) struct DraftRow {
    pub(in crate::redirects) version: i64,
    pub(in crate::redirects) settings: Json<Settings>,
    pub(in crate::redirects) edited_by: String,
    /// For people to read.
    pub(in crate::redirects) editor_name: String,
    pub(in crate::redirects) edited_at: OffsetDateTime,
    pub(in crate::redirects) next_rule: i32,
    pub(in crate::redirects) retired_at: Option<OffsetDateTime>,
}

pub(in crate::redirects) async fn draft(
    conn: &mut PgConnection,
    brand: &str,
) -> sqlx::Result<Option<DraftRow>> {
    sqlx::query_as!(
        DraftRow,
        r#"select
            version, settings "settings: Json<Settings>", edited_by, editor_name, edited_at, next_rule, retired_at
        from redirects.draft
        join redirects.brand on code = brand
        where brand = $1"#,
        brand,
    )
    .fetch_optional(conn)
    .await
}

/// Whoever changes or freezes the draft holds this lock: one after the other.
pub(in crate::redirects) async fn lock_draft(
    conn: &mut PgConnection,
    brand: &str,
) -> sqlx::Result<Option<DraftRow>> {
    sqlx::query_as!(
        DraftRow,
        r#"select
            version, settings "settings: Json<Settings>", edited_by, editor_name, edited_at, next_rule, retired_at
        from redirects.draft
        join redirects.brand on code = brand
        where brand = $1
        for update"#,
        brand,
    )
    .fetch_optional(conn)
    .await
}

/// By number.
pub(in crate::redirects) async fn draft_rules(
    conn: &mut PgConnection,
    brand: &str,
) -> sqlx::Result<Vec<Rule>> {
    let rules = sqlx::query_scalar!(
        r#"select rule "rule: Json<Rule>" from redirects.draft_rule where brand = $1 order by number"#,
        brand,
    )
    .fetch_all(conn)
    .await?;
    Ok(rules.into_iter().map(|Json(rule)| rule).collect())
}

/// The draft's new version.
pub(in crate::redirects) async fn change_draft(
    conn: &mut PgConnection,
    brand: &str,
    settings: &Settings,
    editor: &Principal,
    now: OffsetDateTime,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        "update redirects.draft
        set version = version + 1, settings = $2, edited_by = $3, editor_name = $4, edited_at = $5
        where brand = $1
        returning version",
        brand,
        Json(settings) as _,
        editor.id,
        editor.name,
        now,
    )
    .fetch_one(conn)
    .await
}

/// Takes all rules out of the draft.
pub(in crate::redirects) async fn clear_rules(conn: &mut PgConnection, brand: &str) -> sqlx::Result<()> {
    sqlx::query!("delete from redirects.draft_rule where brand = $1", brand)
        .execute(conn)
        .await?;
    Ok(())
}

/// Puts `rules`, as number and JSON, in the draft, and keeps their numbers from being given out again.
pub(in crate::redirects) async fn add_rules(
    conn: &mut PgConnection,
    brand: &str,
    numbers: &[i32],
    rules: &[String],
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into redirects.draft_rule (brand, number, rule)
        select $1, number, rule::jsonb from unnest($2::integer[], $3::text[]) as given (number, rule)",
        brand,
        numbers,
        rules,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update redirects.brand set next_rule = greatest(next_rule, $2) where code = $1",
        brand,
        numbers
            .iter()
            .max()
            .map_or(1, |highest| highest.saturating_add(1)),
    )
    .execute(conn)
    .await?;
    Ok(())
}
