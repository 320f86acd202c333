use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::super::cursor::Cursor;
use super::{Matching, Search, Sort};

/// How many matches are weighed at most.
const WEIGHED: i64 = 1000;

/// How many of the `sample` newest have the words.
pub(super) fn among_the_newest(sample: i64, text: &str) -> QueryBuilder<Postgres> {
    let mut sql = QueryBuilder::new("select count(*) from (select search from catalogue.talent");
    sql.push(" where price_minor is not null order by id desc limit ");
    sql.push_bind(sample);
    sql.push(") as newest where search @@ catalogue.words(");
    sql.push_bind(text.to_owned()).push(")");
    sql
}

/// Only what was asked for is in it, so that Postgres plans for just that.
///
/// Matches are gathered and sorted first, and then looked up as people until there are enough for a page: Postgres
/// cannot know how few that takes, and would read all people there are.
pub(super) fn statement(
    search: &Search,
    matching: Option<(&str, Matching)>,
    sort: Sort,
    after: Option<&Cursor>,
) -> QueryBuilder<Postgres> {
    let gathered = match matching {
        Some((_, Matching::Words | Matching::Nearly)) => true,
        Some((_, Matching::Often)) => sort == Sort::Relevance,
        None => false,
    };
    let down = match sort {
        Sort::Newest | Sort::PriceDown | Sort::Relevance => " desc",
        Sort::Price | Sort::Name => "",
    };
    let mut sql = QueryBuilder::new("select talent.id, talent.key::text as key from (select id, person_id, ");
    push_key(&mut sql, sort, matching);
    sql.push(" as key from ");
    push_source(&mut sql, matching, sort);
    push_filters(&mut sql, search, matching, sort);
    if let Some(Cursor { key, id, .. }) = after {
        push_after(&mut sql, sort, matching, key, *id);
    }
    if gathered {
        sql.push(" order by key").push(down).push(", id").push(down);
        sql.push(") as talent cross join lateral (select from accounts.person where person.id = person_id");
        sql.push(" and suspended_at is null and erased_at is null offset 0) as seen");
    } else {
        sql.push(") as talent join accounts.person on person.id = person_id");
        sql.push(" where suspended_at is null and erased_at is null");
    }
    sql.push(" order by ");
    if sort != Sort::Newest {
        sql.push("talent.key").push(down).push(", ");
    }
    sql.push("talent.id").push(down);
    sql.push(" limit ").push_bind(i64::from(search.limit) + 1);
    sql
}

fn push_filters(
    sql: &mut QueryBuilder<Postgres>,
    search: &Search,
    matching: Option<(&str, Matching)>,
    sort: Sort,
) {
    sql.push(" where price_minor is not null");
    if let Some((text, Matching::Often)) = matching.filter(|_| sort != Sort::Relevance) {
        sql.push(" and search @@ catalogue.words(");
        sql.push_bind(text.to_owned()).push(")");
    }
    if let Some(category) = &search.category {
        sql.push(
            " and exists (select from catalogue.talent_category where talent_id = talent.id and category = ",
        );
        sql.push_bind(category.clone()).push(")");
    }
    if let Some(currency) = search.currency {
        sql.push(" and currency = ").push_bind(currency.to_string());
    }
    if let Some(least) = search.min_price {
        sql.push(" and price_minor >= ").push_bind(least);
    }
    if let Some(most) = search.max_price {
        sql.push(" and price_minor <= ").push_bind(most);
    }
    if let Some(available) = search.available {
        sql.push(" and available = ").push_bind(available);
    }
    if let Some(days) = search.max_delivery_days {
        sql.push(" and delivery_days <= ").push_bind(days);
    }
}

/// All talents, or those that match. Where each match is weighed, so many as can be weighed in a moment: the newest that
/// have the words, or those whose name is nearest. `offset 0` keeps Postgres from finding them in another way.
fn push_source(sql: &mut QueryBuilder<Postgres>, matching: Option<(&str, Matching)>, sort: Sort) {
    let weighed = sort == Sort::Relevance;
    match matching {
        Some((text, Matching::Often)) if weighed => {
            sql.push("(select * from (select * from catalogue.talent");
            sql.push(" where price_minor is not null order by id desc limit ");
            sql.push_bind(10 * WEIGHED);
            sql.push(") as newest where search @@ catalogue.words(");
            sql.push_bind(text.to_owned()).push(") limit ");
            sql.push_bind(WEIGHED).push(") as talent");
        }
        Some((text, Matching::Words)) => {
            sql.push("(select * from (select * from catalogue.talent where search @@ catalogue.words(");
            sql.push_bind(text.to_owned());
            sql.push(") offset 0) as known where price_minor is not null");
            if weighed {
                sql.push(" order by id desc limit ").push_bind(WEIGHED);
            }
            sql.push(") as talent");
        }
        Some((text, Matching::Nearly)) => {
            // Likeness costs the most of it: it is reckoned once.
            sql.push("(select * from (select *, word_similarity(catalogue.plain(");
            sql.push_bind(text.to_owned());
            sql.push("), plain_name) as likeness from catalogue.talent where catalogue.plain(");
            sql.push_bind(text.to_owned());
            sql.push(") <% plain_name offset 0) as alike order by likeness desc, id desc limit ");
            sql.push_bind(WEIGHED).push(") as talent");
        }
        Some((_, Matching::Often)) | None => {
            sql.push("catalogue.talent");
        }
    }
}

fn push_after(
    sql: &mut QueryBuilder<Postgres>,
    sort: Sort,
    matching: Option<(&str, Matching)>,
    key: &str,
    id: Uuid,
) {
    let key = key.to_owned();
    let (than, cast) = match sort {
        Sort::Newest => {
            sql.push(" and talent.id < ").push_bind(id);
            return;
        }
        Sort::Price => (" > ", "::bigint, "),
        Sort::PriceDown => (" < ", "::bigint, "),
        Sort::Name => (" > ", ", "),
        Sort::Relevance => (" < ", "::numeric, "),
    };
    sql.push(" and (");
    push_key(sql, sort, matching);
    sql.push(", talent.id)").push(than).push("(");
    sql.push_bind(key).push(cast);
    sql.push_bind(id).push(")");
}

/// By what it is sorted, which the page's end is told by, too.
fn push_key(sql: &mut QueryBuilder<Postgres>, sort: Sort, matching: Option<(&str, Matching)>) {
    match sort {
        Sort::Newest => {
            sql.push("0");
        }
        Sort::Price | Sort::PriceDown => {
            sql.push("price_minor");
        }
        Sort::Name => {
            sql.push("(plain_name collate \"C\")");
        }
        Sort::Relevance if matches!(matching, Some((_, Matching::Nearly))) => {
            sql.push("round(likeness::numeric, 6)");
        }
        Sort::Relevance => {
            let text = matching.map(|(text, _)| text).unwrap_or_default();
            // Who has the words anywhere, then whose name they are.
            sql.push("round((coalesce(ts_rank(search, catalogue.words(");
            sql.push_bind(text.to_owned());
            sql.push(")), 0) + word_similarity(catalogue.plain(");
            sql.push_bind(text.to_owned());
            sql.push("), plain_name))::numeric, 6)");
        }
    }
}
