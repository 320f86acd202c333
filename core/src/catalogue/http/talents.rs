use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::app::App;
use crate::catalogue::Error;
use crate::catalogue::queries::{self, Search, Sort, TalentView};
use crate::http::{ApiError, Path, Query, cached};
use crate::money::Currency;
use crate::platform::paging::{List, Page};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(find))
        .routes(routes!(related))
}

/// How long everybody may keep what they see.
const KEPT_SECONDS: u32 = 30;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Words as people type them, at most 100 characters; accents, capitals and small slips do not matter
    #[param(example = "ana", max_length = 100)]
    q: Option<String>,
    /// A category's slug
    #[param(example = "musicians")]
    category: Option<String>,
    /// In the currency's smallest unit
    #[param(example = 5_000, minimum = 0)]
    min_price: Option<i64>,
    #[param(example = 50_000, minimum = 0)]
    max_price: Option<i64>,
    /// Only those priced in it; where prices are compared and none is given, the usual one
    #[param(value_type = Option<String>, example = "BRL")]
    currency: Option<Currency>,
    /// Whether they take orders now
    available: Option<bool>,
    #[param(example = 7, minimum = 1)]
    max_delivery_days: Option<i32>,
    /// `relevance` with `q` and `newest` without, unless given
    #[param(inline)]
    sort: Option<Sort>,
    cursor: Option<String>,
    limit: Option<u32>,
}

impl ListQuery {
    fn check(&self) -> Result<(), ApiError> {
        let too_long = self.q.as_deref().is_some_and(|text| text.chars().count() > 100);
        let below = |value: Option<i64>, least: i64| value.is_some_and(|value| value < least);
        let detail = if too_long {
            "`q` has at most 100 characters"
        } else if below(self.min_price, 0) || below(self.max_price, 0) {
            "no price is below 0"
        } else if below(self.max_delivery_days.map(i64::from), 1) {
            "`max_delivery_days` is 1 or more"
        } else {
            return Ok(());
        };
        Err(ApiError::unprocessable("filter_invalid", detail))
    }
}

/// Talents whom customers can order from, or could: see `available`
#[utoipa::path(get, path = "/talents", tag = "catalogue", security(()),
    params(ListQuery,
        ("if-none-match" = Option<String>, Header, description = "The ETag of what the caller has")),
    responses(
        (status = 200, body = List<TalentView>),
        (status = 304, description = "It is what the caller has"),
    ))]
async fn list(
    State(app): State<App>,
    headers: HeaderMap,
    Query(query): Query<ListQuery>,
) -> Result<Response, ApiError> {
    query.check()?;
    let sort = match &query.q {
        Some(_) => Sort::Relevance,
        None => Sort::Newest,
    };
    let limit = query.limit.unwrap_or(Page::DEFAULT_LIMIT);
    let search = Search {
        text: query.q,
        category: query.category,
        min_price: query.min_price,
        max_price: query.max_price,
        currency: query.currency,
        available: query.available,
        max_delivery_days: query.max_delivery_days,
        sort: query.sort.unwrap_or(sort),
        cursor: query.cursor,
        limit: limit.clamp(1, Page::MAX_LIMIT),
    };
    let search = search.comparing_in(app.config.currencies.first().copied());
    let talents = queries::search(&mut *app.db.acquire().await?, &app, &search).await?;
    cached(&headers, KEPT_SECONDS, &talents)
}

/// One talent
#[utoipa::path(get, path = "/talents/{id}", tag = "catalogue", security(()),
    params(("id" = Uuid, Path),
        ("if-none-match" = Option<String>, Header, description = "The ETag of what the caller has")),
    responses(
        (status = 200, body = TalentView),
        (status = 304, description = "It is what the caller has"),
        (status = 404, description = "`talent_unknown`"),
    ))]
async fn find(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
) -> Result<Response, ApiError> {
    let talent = queries::find_talent(&mut *app.db.acquire().await?, &app, id).await?;
    cached(&headers, KEPT_SECONDS, &talent.ok_or(Error::NoTalent)?)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RelatedQuery {
    /// 1 to 24, 6 unless given; what is beyond is brought within
    #[param(minimum = 0, maximum = 4_294_967_295_i64, example = 6)]
    limit: Option<u32>,
}

/// Who else may please whoever looks at this talent
#[utoipa::path(get, path = "/talents/{id}/related", tag = "catalogue", security(()),
    params(("id" = Uuid, Path), RelatedQuery,
        ("if-none-match" = Option<String>, Header, description = "The ETag of what the caller has")),
    responses(
        (status = 200, body = List<TalentView>),
        (status = 304, description = "It is what the caller has"),
        (status = 404, description = "`talent_unknown`"),
    ))]
async fn related(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<Uuid>,
    Query(query): Query<RelatedQuery>,
) -> Result<Response, ApiError> {
    let limit = query.limit.unwrap_or(6).clamp(1, 24);
    let talents = queries::related(&mut *app.db.acquire().await?, &app, id, limit).await?;
    cached(&headers, KEPT_SECONDS, &talents)
}
