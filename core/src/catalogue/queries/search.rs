mod statement;

use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};
use utoipa::ToSchema;
use uuid::Uuid;

use super::cursor::Cursor;
use super::talents::{TalentView, in_order};
use crate::app::App;
use crate::catalogue::Error;
use crate::money::Currency;
use crate::platform::paging::List;

/// What comes first
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    Newest,
    /// The cheapest.
    Price,
    /// The dearest.
    #[serde(rename = "-price")]
    #[clap(name = "-price")]
    PriceDown,
    Name,
    /// What fits `q` best.
    Relevance,
}

/// Which talents; what is `None` does not matter.
#[derive(Clone, Debug)]
pub struct Search {
    /// Words as people type them, whole or begun, roughly: with or without accents.
    pub text: Option<String>,
    pub category: Option<String>,
    /// In the smallest unit of `currency`, as `max_price`.
    pub min_price: Option<i64>,
    pub max_price: Option<i64>,
    /// Only those priced in it; see [`Search::comparing_in`].
    pub currency: Option<Currency>,
    pub available: Option<bool>,
    pub max_delivery_days: Option<i32>,
    pub sort: Sort,
    pub cursor: Option<String>,
    /// At most so many.
    pub limit: u32,
}

impl Search {
    /// Prices are compared in one currency only: in the usual one unless another is given.
    pub fn comparing_in(mut self, usual: Option<Currency>) -> Self {
        let compares = matches!(self.sort, Sort::Price | Sort::PriceDown)
            || self.min_price.is_some()
            || self.max_price.is_some();
        self.currency = self.currency.or(usual.filter(|_| compares));
        self
    }
}

/// Those of the shop window, in a stable order: whoever comes or goes while one turns pages moves nobody else.
///
/// # Errors
/// [`Error::Cursor`]; the database.
pub async fn search(conn: &mut PgConnection, app: &App, search: &Search) -> Result<List<TalentView>, Error> {
    let text = search
        .text
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty());
    let sort = match search.sort {
        Sort::Relevance if text.is_none() => Sort::Newest,
        sort => sort,
    };
    let after = search.cursor.as_deref().map(|cursor| Cursor::read(cursor, sort));
    let after = after.transpose()?;
    let mut matching = match (text, &after) {
        (Some(text), Some(Cursor { nearly: true, .. })) => Some((text, Matching::Nearly)),
        (Some(text), _) => Some((text, words(conn, text).await?)),
        (None, _) => None,
    };
    let mut rows = found(conn, search, matching, sort, after.as_ref()).await?;
    if let (Some(text), None, true) = (text, &after, rows.is_empty()) {
        matching = Some((text, Matching::Nearly));
        rows = found(conn, search, matching, sort, None).await?;
    }
    let nearly = matches!(matching, Some((_, Matching::Nearly)));
    let read = |row: &PgRow| Ok((row.try_get("id")?, row.try_get("key")?));
    let mut keys = rows
        .iter()
        .map(read)
        .collect::<sqlx::Result<Vec<(Uuid, String)>>>()?;
    let limit = usize::try_from(search.limit).unwrap_or(usize::MAX);
    let more = keys.len() > limit;
    keys.truncate(limit);
    let ids: Vec<Uuid> = keys.iter().map(|(id, _)| *id).collect();
    let last = keys.pop().filter(|_| more);
    Ok(List {
        items: in_order(conn, app, &ids).await?,
        next_cursor: last.map(|(id, key)| {
            let cursor = Cursor {
                sort,
                key,
                id,
                nearly,
            };
            cursor.write()
        }),
    })
}

/// How to find who is what somebody looks for.
#[derive(Clone, Copy, Debug)]
enum Matching {
    /// Many have the words, the last one as far as it was typed: going through talents in order soon finds enough.
    Often,
    /// Some have: by the index of words.
    Words,
    /// Nobody has: by names that are written nearly so.
    Nearly,
}

/// How many of the newest talents tell what is often.
const SAMPLE: i64 = 2000;

async fn words(conn: &mut PgConnection, text: &str) -> sqlx::Result<Matching> {
    let mut count = statement::among_the_newest(SAMPLE, text);
    let count: i64 = count.build_query_scalar().fetch_one(conn).await?;
    Ok(if count > SAMPLE / 10 {
        Matching::Often
    } else {
        Matching::Words
    })
}

async fn found(
    conn: &mut PgConnection,
    search: &Search,
    matching: Option<(&str, Matching)>,
    sort: Sort,
    after: Option<&Cursor>,
) -> sqlx::Result<Vec<PgRow>> {
    statement::statement(search, matching, sort, after)
        .build()
        // Each is planned for what it asks: how many talents have a word decides how to find them.
        .persistent(false)
        .fetch_all(conn)
        .await
}
