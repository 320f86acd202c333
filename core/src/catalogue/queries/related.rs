use sqlx::PgConnection;
use uuid::Uuid;

use super::talents::{TalentView, find_talent, in_order};
use crate::app::App;
use crate::catalogue::Error;
use crate::platform::paging::List;

/// Who else may please whoever looks at this talent: of the newest in each of their categories first those who have
/// most categories with them, then those whose price is nearest.
pub async fn related(
    conn: &mut PgConnection,
    app: &App,
    id: Uuid,
    limit: u32,
) -> Result<List<TalentView>, Error> {
    let of = find_talent(conn, app, id).await?.ok_or(Error::NoTalent)?;
    let currency = of.price.currency();
    let ids = sqlx::query_scalar!(
        r#"select id "id!"
        from unnest($2::text[]) as shared (slug)
        cross join lateral (
            select talent.id, price_minor, currency, available
            from catalogue.talent_category
            join catalogue.talent on talent.id = talent_id
            join accounts.person on person.id = person_id
            where category = slug and talent_id <> $1
                and price_minor is not null and suspended_at is null and erased_at is null
            order by talent_id desc
            limit 100
        ) as near
        group by id, price_minor, currency, available
        order by available desc, count(*) desc, currency = $3 desc, abs(price_minor - $4), id desc
        limit $5"#,
        id,
        &of.categories,
        currency.code(),
        of.price.amount_minor(),
        i64::from(limit),
    )
    .fetch_all(&mut *conn)
    .await?;
    Ok(List {
        items: in_order(conn, app, &ids).await?,
        next_cursor: None,
    })
}
