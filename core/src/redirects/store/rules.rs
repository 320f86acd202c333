//! Single rules of a draft, and those that answer a description.

use marquee_shared::rules::Rule;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::redirects::domain::Wanted;

/// Rules of a source, `rule` by `number`, that answer a [`Wanted`]: checked SQL has to be one text at build time. The
/// source may use `$1`, the brand, and `$28`.
macro_rules! wanted_of {
    ($source:tt, $brand:expr, $wanted:expr, $after:expr, $limit:expr, $revision:expr $(,)?) => {{
        let (wanted, after, limit): (&Wanted, i32, i64) = ($wanted, $after, $limit);
        let revision: Option<i32> = $revision;
        sqlx::query_scalar!(
            r#"select rule "rule!: Json<Rule>" from "#
                + $source
                + r#"
        where number > $2 and number between $3 and $4
        and ($5::text is null or rule ->> 'kind' = $5)
        and ($6::boolean is null or rule -> 'enabled' = to_jsonb($6))
        and ($7::integer is null or rule -> 'priority' = to_jsonb($7))
        and ($9::text is null or coalesce(rule -> 'when' -> 'product' ? $9, not $8))
        and ($10::text is null or coalesce(rule -> 'when' -> 'language' ? $10, not $8))
        and ($11::text is null or coalesce(rule -> 'when' -> 'device' ? $11, not $8))
        and ($12::text is null or coalesce(rule -> 'when' -> 'media' ? $12, not $8))
        and (
            $13::text is null
            or coalesce(rule -> 'when' -> 'state' ? $13, false)
            or not $8 and (
                not rule -> 'when' ?| array['state', 'zip']
                or exists (
                    select from jsonb_array_elements_text(rule -> 'when' -> 'zip') as clause
                    join unnest($14::text[], $15::text[]) as inside (first, last)
                        on redirects.zip_first(clause) <= inside.last
                        and redirects.zip_last(clause) >= inside.first
                )
            )
        )
        and (
            $16::text is null
            or exists (
                select from jsonb_array_elements_text(rule -> 'when' -> 'zip') as clause
                where $16 between redirects.zip_first(clause) and redirects.zip_last(clause)
            )
            or not $8 and (
                not rule -> 'when' ?| array['state', 'zip']
                or coalesce(rule -> 'when' -> 'state' ?| $17::text[], false)
            )
        )
        and (
            $18::text is null
            or exists (
                select from jsonb_array_elements(rule -> 'target' -> 'variants') as variant
                where position(lower($18) in lower(variant ->> 'url')) > 0
            )
        )
        and (
            $19::text is null
            or exists (
                select from jsonb_array_elements(rule -> 'target' -> 'variants') as variant
                where variant ->> 'system' = $19
            )
        )
        and ($20::text is null or position(lower($20) in lower(rule ->> 'note')) > 0)
        and ($21::text is null or coalesce(rule -> 'vars' ? $21, false))
        and (
            $22::text is null
            or exists (
                select from jsonb_each_text(rule -> 'vars') as variable (name, value)
                where position(lower($22) in lower(value)) > 0
            )
        )
        -- Times are UTC, so they sort as text does once the `Z` is gone.
        and ($23::text is null or rtrim(rule ->> 'from', 'Z') collate "C" > $23)
        and ($24::text is null or coalesce(rtrim(rule ->> 'from', 'Z') collate "C" <= $24, true))
        and ($25::text is null or coalesce(rtrim(rule ->> 'until', 'Z') collate "C" > $25, true))
        and ($26::text is null or rtrim(rule ->> 'until', 'Z') collate "C" <= $26)
        order by number
        limit $27"#,
            $brand,
            after,
            wanted.numbers.0,
            wanted.numbers.1,
            wanted.kind,
            wanted.enabled,
            wanted.priority,
            wanted.fixed,
            wanted.product,
            wanted.language,
            wanted.device,
            wanted.media,
            wanted.state,
            &wanted.state_zips.0,
            &wanted.state_zips.1,
            wanted.zip,
            &wanted.zip_states,
            wanted.url,
            wanted.system,
            wanted.note,
            wanted.variable,
            wanted.value,
            wanted.begins_after,
            wanted.begun_by,
            wanted.ends_after,
            wanted.ended_by,
            limit,
            revision,
        )
    }};
}

pub(in crate::redirects) async fn draft_rule(
    conn: &mut PgConnection,
    brand: &str,
    number: i32,
) -> sqlx::Result<Option<Rule>> {
    let rule = sqlx::query_scalar!(
        r#"select rule "rule: Json<Rule>" from redirects.draft_rule where brand = $1 and number = $2"#,
        brand,
        number,
    )
    .fetch_optional(conn)
    .await?;
    Ok(rule.map(|Json(rule)| rule))
}

pub(in crate::redirects) async fn count_rules(conn: &mut PgConnection, brand: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) "count!" from redirects.draft_rule where brand = $1"#,
        brand
    )
    .fetch_one(conn)
    .await
}

/// Puts rules, as number and JSON, in the place of those with the same numbers.
pub(in crate::redirects) async fn change_rules(
    conn: &mut PgConnection,
    brand: &str,
    numbers: &[i32],
    rules: &[String],
) -> sqlx::Result<()> {
    sqlx::query!(
        "update redirects.draft_rule set rule = given.rule::jsonb
        from unnest($2::integer[], $3::text[]) as given (number, rule)
        where draft_rule.brand = $1 and draft_rule.number = given.number",
        brand,
        numbers,
        rules,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes rules out of the draft.
pub(in crate::redirects) async fn remove_rules(
    conn: &mut PgConnection,
    brand: &str,
    numbers: &[i32],
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from redirects.draft_rule where brand = $1 and number = any($2)",
        brand,
        numbers,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The variables that the draft's attribute rules yield, by name.
pub(in crate::redirects) async fn draft_variables(
    conn: &mut PgConnection,
    brand: &str,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select distinct name "name!"
        from redirects.draft_rule, jsonb_object_keys(rule -> 'vars') as name
        where brand = $1 and rule ? 'vars'
        order by name"#,
        brand,
    )
    .fetch_all(conn)
    .await
}

/// The rules of a draft that answer `wanted`, by number, above `after`, at most `limit`.
///
/// Read in the order of the primary key, which a page needs few rows of when many answer; when few do, every
/// rule of the brand is looked at. No further index: of 100,000 rules a page took 1 ms where many answer, and 30 to
/// 210 ms where none does (Postgres 18, two shared cores), while an index would slow each import down.
pub(in crate::redirects) async fn find_rules(
    conn: &mut PgConnection,
    brand: &str,
    wanted: &Wanted,
    after: i32,
    limit: i64,
) -> sqlx::Result<Vec<Rule>> {
    let rules = wanted_of!(
        "(select number, rule from redirects.draft_rule where brand = $1 and $28::integer is null) as listed",
        brand,
        wanted,
        after,
        limit,
        None,
    );
    let rules = rules.fetch_all(conn).await?;
    Ok(rules.into_iter().map(|Json(rule)| rule).collect())
}

/// The same of a revision, whose rules are one value, which is taken apart for each page.
pub(in crate::redirects) async fn find_revision_rules(
    conn: &mut PgConnection,
    brand: &str,
    number: i32,
    wanted: &Wanted,
    after: i32,
    limit: i64,
) -> sqlx::Result<Vec<Rule>> {
    // One that was frozen before drafts were jsonb may have a NUL, which jsonb has not.
    let rules = wanted_of!(
        r"(
            select (rule ->> 'rule')::integer as number, rule
            from redirects.revision, jsonb_array_elements(replace(rules::text, '\u0000', '\ufffd')::jsonb) as rule
            where brand = $1 and number = $28
        ) as listed",
        brand,
        wanted,
        after,
        limit,
        Some(number),
    );
    let rules = rules.fetch_all(conn).await?;
    Ok(rules.into_iter().map(|Json(rule)| rule).collect())
}
