//! Counts and cells as 30 days of ingestion leave them, written by SQL: 50 million hits would take hours to send.

use anyhow::{Context, Result};
use marquee_core::access::Principal;
use marquee_core::app::App;
use marquee_core::redirects::commands::{
    Import, NewBrand, Publish, Scope, What, create_brand, import, publish,
};
use marquee_core::redirects::{Format, Progress};
use sqlx::{Executor as _, PgPool};
use time::{Duration, OffsetDateTime};

/// The largest of the brands, the only one with rules of its own; of its rules, 288 are used.
pub(super) const BRAND: &str = "shop-1";
const RULES: usize = 3_000;

#[derive(Clone, Copy, Debug)]
pub(super) struct Estate {
    pub(super) brands: i32,
    hits: i32,
}

/// What there is then.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) hits: f64,
    pub(super) counts: f64,
    pub(super) summary: f64,
    pub(super) lost: f64,
}

impl Estate {
    pub(super) const WHOLE: Self = Self {
        brands: 100,
        hits: 50_000_000,
    };
    pub(super) const SMALL: Self = Self {
        brands: 5,
        hits: 2_500_000,
    };

    pub(super) async fn fill(self, app: &App, now: OffsetDateTime) -> Result<Filled> {
        publish_rules(app).await?;
        let db = &app.db;
        sqlx::query("select hits.open_partitions($1, $2)")
            .bind(now.date().saturating_sub(Duration::days(30)))
            .bind(now.date())
            .execute(db)
            .await
            .context("opening partitions")?;
        for day in 0..30 {
            let at = (now - Duration::days(day)).date().midnight().assume_utc();
            for sql in [COUNTS, LOST] {
                sqlx::query(sql)
                    .bind(at)
                    .bind(self.brands)
                    .bind(self.hits)
                    .execute(db)
                    .await
                    .context("filling a day")?;
            }
            sqlx::query(SUMMARY)
                .bind(at)
                .execute(db)
                .await
                .context("summing up a day")?;
        }
        // As autovacuum does to what is no longer written to.
        for table in ["rollup", "summary", "cell"] {
            let sql = format!("vacuum analyze hits.{table}");
            db.execute(sqlx::AssertSqlSafe(sql)).await.context("vacuuming")?;
        }
        Ok(Filled {
            hits: figure(
                db,
                "select sum(hits)::float8 from hits.rollup where grain = 'day'",
            )
            .await?,
            counts: figure(db, "select count(*)::float8 from hits.rollup where grain = 'day'").await?,
            summary: figure(
                db,
                "select count(*)::float8 from hits.summary where grain = 'day'",
            )
            .await?,
            lost: figure(
                db,
                "select count(*)::float8 from hits.cell where outcome = 'lost'",
            )
            .await?,
        })
    }
}

async fn publish_rules(app: &App) -> Result<()> {
    let operator = Principal::operator();
    let mut set = marquee_sample::rules(RULES, 1);
    set.settings.hosts = vec![format!("{BRAND}.localhost")];
    BRAND.clone_into(&mut set.brand);
    let brand = NewBrand {
        code: BRAND.to_owned(),
        name: "Shop".to_owned(),
        settings: set.settings.clone(),
    };
    create_brand(app, &operator, brand).await?;
    let file = Import {
        bytes: serde_json::to_vec(&set)?,
        format: Format::Json,
        scope: Scope::Draft,
        dry_run: false,
        repair_zips: false,
        sheet: None,
        seen: None,
        progress: Progress::untold(),
    };
    import(app, &operator, BRAND, file).await?;
    let draft = Publish {
        what: What::Draft { seen: None },
        note: String::new(),
    };
    publish(app, &operator, BRAND, draft).await?;
    Ok(())
}

async fn figure(db: &PgPool, sql: &'static str) -> Result<f64> {
    sqlx::query_scalar(sql).fetch_one(db).await.context("counting")
}

/// $1 the day, $2 brands, $3 hits of all days. A brand's share falls with its number, a state's with its place. In
/// every product and state of a brand, four rules decide for people, one of them by a split, and one for bots; some
/// visitors fall back, some are lost.
const COUNTS: &str = "
    insert into hits.rollup (grain, at, brand, product, rule, variant, state, outcome, bot, hits, last_at)
    select
        'day', $1, 'shop-' || brand, product,
        case when slot < 6 then product_place * 75 + slot * 12 + (brand * 67 + place) % 12 end::integer,
        case when slot = 0 then 'a' when slot = 1 then 'b' when slot < 6 then 'only' end,
        state,
        case slot when 6 then 'product_fallback' when 7 then 'lost' else 'redirect' end,
        slot = 5,
        greatest(1, $3 / 30.0 / 5.19 / brand / 4 / 4.52 / place * case slot
            when 5 then 0.03 when 6 then 0.03 when 7 then 0.01 else 0.186
        end)::bigint,
        $1 + interval '23 hours'
    from generate_series(1, $2) as brand
    cross join unnest(array['auto', 'home', 'life', 'health']) with ordinality as products (product, product_place)
    cross join unnest(string_to_array(
        'CA TX FL NY PA IL OH GA NC MI NJ VA WA AZ TN MA IN MD MO WI CO MN SC AL LA KY OR OK CT UT IA NV AR KS MS NM '
        'NE ID WV HI NH ME MT RI DE SD ND AK DC VT WY', ' '
    )) with ordinality as states (state, place)
    cross join generate_series(0, 7) as slot
    where slot < 6 or (place + slot + brand) % 2 = 0
    order by hashtext(product || state || slot || brand)";

/// As ingestion sums up. $1 the day.
const SUMMARY: &str = "
    insert into hits.summary (cut, grain, at, brand, product, state, rule, variant, outcome, bot, hits, last_at)
    select
        hits.cut('day', grouping(brand), grouping(state), grouping(rule)) as cut, 'day', $1, brand, product, state, rule,
        variant, outcome, bot, sum(hits), max(last_at)
    from hits.rollup
    where grain = 'day' and at = $1
    group by product, outcome, bot, grouping sets ((brand), (state), (brand, state), (brand, rule, variant))
    order by cut, hashtext(concat(product, state, rule, brand))
    on conflict do nothing";

/// One hit in a hundred and fifty is lost, by few ZIPs often and by many once. Parameters as for the counts.
const LOST: &str = "
    insert into hits.cell (day, brand, product, language, device, media, zip, outcome, bot, hits, last_at)
    select
        ($1 at time zone 'UTC')::date, 'shop-' || (1 + abs(hashint4(n)) % $2),
        (array['auto', 'home', 'life', 'health'])[1 + n % 4], 'en', (array['desktop', 'mobile', 'tablet'])[1 + n % 3],
        'm' || n % 20, lpad((((n::bigint * n) % 9973) * 10)::text, 5, '0'), 'lost', n % 10 = 0, 1,
        $1 + n % 86400 * interval '1 second'
    from generate_series(1, $3 / 30 / 150) as n
    on conflict do nothing";
