use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use marquee_shared::code::is_code;
use marquee_shared::zip::{Zip, locate};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};
use utoipa::ToSchema;

use super::cut::look;
use super::{Bots, Error, Paging};
use crate::app::App;
use crate::platform::paging::List;

/// A ZIP that visitors of a brand typed and no rule and no fallback had an answer for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LostZip {
    pub brand: String,
    pub zip: String,
    /// The state that the ZIP is in; null for a prefix that nobody has, which is most likely a slip.
    pub state: Option<String>,
    pub hits: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub last_at: OffsetDateTime,
}

/// Which lost ZIPs.
#[derive(Clone, Debug)]
pub struct LostZips {
    pub brand: Option<String>,
    pub product: Option<String>,
    /// The first day, UTC.
    pub since: Date,
    pub bots: Bots,
    pub order: Order,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Last seen last comes first.
    #[default]
    Newest,
    /// Most hits first.
    Frequent,
}

/// Lost ZIPs with how often and when last, by brand.
pub async fn lost_zips(app: &App, which: &LostZips, paging: &Paging) -> Result<List<LostZip>, Error> {
    let after = paging
        .cursor
        .as_deref()
        .map(|cursor| Cursor::decode(cursor, which.order))
        .transpose()?;
    let after = after.as_ref();
    let mut tx = look(app).await?;
    let rows = sqlx::query!(
        r#"
        with lost as (
            select
                brand,
                zip,
                sum(hits)::bigint as hits,
                max(last_at) as last_at
            from hits.cell
            where outcome = 'lost'
                and zip is not null
                and day >= $1
                and ($2::text is null or brand = $2)
                and ($3::text is null or product = $3)
                and ($4::bool is null or bot = $4)
            group by brand, zip
        ),
        ranked as (
            select
                *,
                case when $5 then hits else (extract(epoch from last_at) * 1000000)::bigint end as rank
            from lost
        )
        select brand as "brand!", zip as "zip!", hits as "hits!", last_at as "last_at!"
        from ranked
        where $6::bigint is null or (rank, brand, zip) < ($6, $7::text, $8::text)
        order by rank desc, brand desc, zip desc
        limit $9
        "#,
        which.since,
        which.brand,
        which.product,
        which.bots.flag(),
        which.order == Order::Frequent,
        after.map(|cursor| cursor.rank),
        after.map(|cursor| cursor.brand.as_str()),
        after.map(|cursor| cursor.zip.as_str()),
        paging.rows(),
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    let items = rows.into_iter().map(|row| LostZip {
        state: Zip::parse(&row.zip)
            .ok()
            .and_then(|typed| locate(typed.zip).state)
            .map(|state| state.code().to_owned()),
        brand: row.brand,
        zip: row.zip,
        hits: row.hits,
        last_at: row.last_at,
    });
    Ok(paging.list(items.collect(), |item| Cursor::of(item, which.order).encode()))
}

/// The last ZIP of a page, and what it was ranked by.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    order: Order,
    rank: i64,
    brand: String,
    zip: String,
}

impl Cursor {
    fn of(item: &LostZip, order: Order) -> Self {
        let rank = match order {
            Order::Newest => {
                item.last_at.unix_timestamp() * 1_000_000 + i64::from(item.last_at.microsecond())
            }
            Order::Frequent => item.hits,
        };
        Self {
            order,
            rank,
            brand: item.brand.clone(),
            zip: item.zip.clone(),
        }
    }

    fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    fn decode(text: &str, order: Order) -> Result<Self, Error> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::Cursor)?;
        let cursor: Self = serde_json::from_slice(&bytes).map_err(|_| Error::Cursor)?;
        let ours = cursor.order == order && is_code(&cursor.brand) && Zip::parse(&cursor.zip).is_ok();
        if ours { Ok(cursor) } else { Err(Error::Cursor) }
    }
}
