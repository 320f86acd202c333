use marquee_shared::rules::{Mode, Settings};
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::Page;
use crate::access::Scope;
use crate::app::App;
use crate::redirects::Error;
use crate::redirects::domain::{effective_mode, mode_name, parse_mode};

/// A brand at a glance.
#[derive(Debug, Serialize, ToSchema)]
pub struct BrandView {
    #[schema(example = "acme")]
    pub code: String,
    #[schema(example = "Acme Insurance")]
    pub name: String,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Since when nobody may change or publish it; `null`: it is in use.
    #[serde(with = "time::serde::rfc3339::option")]
    pub retired_at: Option<OffsetDateTime>,
    pub draft: DraftView,
    /// `null` until something was published.
    pub live: Option<LiveView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DraftView {
    /// The draft's ETag.
    pub version: i64,
    pub rules: i64,
    /// Whoever last edited it, as in the audit log.
    pub edited_by: String,
    /// As they were called then; empty if nobody knows.
    #[schema(example = "Olga Reis")]
    pub editor_name: String,
    #[serde(with = "time::serde::rfc3339")]
    pub edited_at: OffsetDateTime,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct LiveView {
    pub revision: i32,
    /// Whether rules decide, or every visitor goes to the fallback: the switch and the revision both count.
    #[schema(example = "rules")]
    pub mode: Mode,
    /// The kill switch alone.
    #[schema(example = "rules")]
    pub switch: String,
    pub canary: Option<CanaryView>,
    /// The sequence of the brand's last change.
    pub sequence: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
}

impl LiveView {
    #[must_use]
    pub fn mode_name(&self) -> &'static str {
        mode_name(self.mode)
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CanaryView {
    pub revision: i32,
    pub percent: i16,
}

/// Which brands are meant.
#[derive(Clone, Debug, Default)]
pub struct BrandFilter {
    /// A part of the code, the name or a host, in any case.
    pub text: Option<String>,
    /// Those that are retired, instead of those in use.
    pub retired: bool,
}

/// The visible brands by code, after `cursor`.
pub async fn brands(
    app: &App,
    visible: &Scope,
    filter: &BrandFilter,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Page<BrandView>, Error> {
    let mut conn = app.db.acquire().await?;
    let rows = brand_rows(
        &mut conn,
        visible,
        Some(filter),
        cursor.unwrap_or_default(),
        limit + 1,
    )
    .await?;
    let views = rows.into_iter().map(BrandView::from).collect();
    Ok(Page::new(views, limit, |brand: &BrandView| brand.code.clone()))
}

pub async fn brand(app: &App, code: &str) -> Result<BrandView, Error> {
    let mut conn = app.db.acquire().await?;
    let only = Scope::of(Some([code.to_owned()]));
    let row = brand_rows(&mut conn, &only, None, "", 1).await?.pop();
    Ok(row.ok_or_else(|| Error::NoBrand(code.to_owned()))?.into())
}

/// Those of the codes that no brand has, be it in use or retired.
pub async fn unknown_brands(conn: &mut PgConnection, codes: &[String]) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select code "code!"
        from unnest($1::text[]) as asked (code)
        where not exists (select from redirects.brand where brand.code = asked.code)
        order by code"#,
        codes,
    )
    .fetch_all(conn)
    .await
}

struct BrandRow {
    code: String,
    name: String,
    created_at: OffsetDateTime,
    retired_at: Option<OffsetDateTime>,
    version: i64,
    rules: i64,
    edited_by: String,
    editor_name: String,
    edited_at: OffsetDateTime,
    revision: Option<i32>,
    switch: Option<String>,
    settings: Option<Json<Settings>>,
    canary_revision: Option<i32>,
    canary_percent: Option<i16>,
    sequence: Option<i64>,
    since: Option<OffsetDateTime>,
}

async fn brand_rows(
    conn: &mut PgConnection,
    visible: &Scope,
    filter: Option<&BrandFilter>,
    after: &str,
    limit: i64,
) -> sqlx::Result<Vec<BrandRow>> {
    let visible = visible.codes();
    sqlx::query_as!(
        BrandRow,
        r#"select
            code, name, brand.created_at, retired_at, version, edited_by, editor_name, edited_at,
            (select count(*) from redirects.draft_rule where draft_rule.brand = code) "rules!",
            live.revision "revision?", live.mode "switch?", live.canary_revision, live.canary_percent,
            (
                select settings from redirects.revision
                where revision.brand = code and revision.number = live.revision
            ) "settings: Json<Settings>",
            last.sequence "sequence?", last.created_at "since?"
        from redirects.brand
        join redirects.draft on draft.brand = code
        left join redirects.live on live.brand = code
        left join lateral (
            select sequence, publication.created_at
            from redirects.publication
            where publication.brand = code
            order by sequence desc
            limit 1
        ) as last on true
        where ($1::text[] is null or code = any($1)) and code > $2
        and ($4::boolean is null or (retired_at is not null) = $4)
        and (
            $5::text is null
            or position(lower($5) in lower(code || E'\n' || name)) > 0
            or exists (
                select from json_array_elements_text(draft.settings -> 'hosts') as host
                where position(lower($5) in host) > 0
            )
        )
        order by code
        limit $3"#,
        visible.as_deref(),
        after,
        limit,
        filter.map(|filter| filter.retired),
        filter.and_then(|filter| filter.text.as_deref()),
    )
    .fetch_all(conn)
    .await
}

impl From<BrandRow> for BrandView {
    fn from(row: BrandRow) -> Self {
        let draft = DraftView {
            version: row.version,
            rules: row.rules,
            edited_by: row.edited_by,
            editor_name: row.editor_name,
            edited_at: row.edited_at,
        };
        let canary = row.canary_revision.zip(row.canary_percent);
        let live = match (row.revision, row.switch, row.settings, row.sequence, row.since) {
            (Some(revision), Some(switch), Some(settings), Some(sequence), Some(since)) => Some(LiveView {
                revision,
                mode: effective_mode(parse_mode(&switch), settings.mode),
                switch,
                canary: canary.map(|(revision, percent)| CanaryView { revision, percent }),
                sequence,
                since,
            }),
            _ => None,
        };
        Self {
            code: row.code,
            name: row.name,
            created_at: row.created_at,
            retired_at: row.retired_at,
            draft,
            live,
        }
    }
}
