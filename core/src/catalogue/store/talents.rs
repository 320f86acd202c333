use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::access::Principal;
use crate::catalogue::domain::{Network, Terms};
use crate::money::Money;

/// A talent whose row is held until the transaction ends.
pub(in crate::catalogue) struct Talent {
    pub(in crate::catalogue) id: Uuid,
    pub(in crate::catalogue) terms: Terms,
}

/// By its own id or by its person's; one of the two is given.
pub(in crate::catalogue) async fn lock_talent(
    conn: &mut PgConnection,
    id: Option<Uuid>,
    person: Option<Uuid>,
) -> anyhow::Result<Option<Talent>> {
    let row = sqlx::query!(
        r#"select
            id, name, description, price_minor, currency, available, weekly_capacity, delivery_days,
            network "network: Network", handle, followers, phone
        from catalogue.talent
        where id = $1 or person_id = $2
        for update"#,
        id,
        person,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let categories = sqlx::query_scalar!(
        "select category from catalogue.talent_category where talent_id = $1 order by category",
        row.id
    )
    .fetch_all(conn)
    .await?;
    Ok(Some(Talent {
        id: row.id,
        terms: Terms {
            price: Money::from_columns(row.price_minor, row.currency.as_deref())?,
            name: row.name,
            description: row.description,
            available: row.available,
            weekly_capacity: row.weekly_capacity,
            delivery_days: row.delivery_days,
            categories,
            network: row.network,
            handle: row.handle,
            followers: row.followers,
            phone: row.phone,
        },
    }))
}

/// False: the person is one already.
pub(in crate::catalogue) async fn insert_talent(
    conn: &mut PgConnection,
    id: Uuid,
    person: Uuid,
    terms: &Terms,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query!(
        "insert into catalogue.talent (id, person_id, name, network, handle, followers, phone, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict on constraint talent_person do nothing",
        id,
        person,
        terms.name,
        terms.network.name(),
        terms.handle,
        terms.followers,
        terms.phone,
        now,
    )
    .execute(&mut *conn)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    update_talent(conn, id, terms).await?;
    Ok(true)
}

/// The categories are known to exist.
pub(in crate::catalogue) async fn update_talent(
    conn: &mut PgConnection,
    id: Uuid,
    terms: &Terms,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update catalogue.talent set
            name = $2, description = $3, price_minor = $4, currency = $5, available = $6, weekly_capacity = $7,
            delivery_days = $8, network = $9, handle = $10, followers = $11, phone = $12
        where id = $1",
        id,
        terms.name,
        terms.description,
        terms.price.map(|price| price.amount_minor()),
        terms.price.map(|price| price.currency().to_string()),
        terms.available,
        terms.weekly_capacity,
        terms.delivery_days,
        terms.network.name(),
        terms.handle,
        terms.followers,
        terms.phone,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "delete from catalogue.talent_category where talent_id = $1 and not category = any($2)",
        id,
        &terms.categories,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "insert into catalogue.talent_category (talent_id, category)
        select $1, unnest($2::text[])
        on conflict do nothing",
        id,
        &terms.categories,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(in crate::catalogue) struct NewPrice<'a> {
    pub(in crate::catalogue) id: Uuid,
    pub(in crate::catalogue) talent: Uuid,
    pub(in crate::catalogue) price: Money,
    pub(in crate::catalogue) before: Option<Money>,
    pub(in crate::catalogue) by: &'a Principal,
    pub(in crate::catalogue) at: OffsetDateTime,
}

pub(in crate::catalogue) async fn insert_price(
    conn: &mut PgConnection,
    new: &NewPrice<'_>,
) -> sqlx::Result<()> {
    let currency = new.price.currency();
    sqlx::query!(
        "insert into catalogue.price
            (id, talent_id, price_minor, currency, before_minor, before_currency, principal_id, principal_name, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        new.talent,
        new.price.amount_minor(),
        currency.code(),
        new.before.map(|before| before.amount_minor()),
        new.before.map(|before| before.currency().to_string()),
        new.by.id,
        new.by.name,
        new.at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Leaves only that there was a talent, whom the public does not see.
pub(in crate::catalogue) async fn empty_talent(conn: &mut PgConnection, person: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update catalogue.price set principal_name = '' where principal_id = 'person:' || $1",
        person.to_string(),
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update catalogue.talent
        set name = 'erased', description = '', handle = 'erased', phone = '+10000000', followers = 0,
            available = false, price_minor = null, currency = null, presentation_video_id = null
        where person_id = $1",
        person,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A talent's id and the video that they are shown with; their row is held until the transaction ends.
pub(in crate::catalogue) async fn lock_presentation(
    conn: &mut PgConnection,
    id: Option<Uuid>,
    person: Option<Uuid>,
) -> sqlx::Result<Option<(Uuid, Option<Uuid>)>> {
    let row = sqlx::query!(
        "select id, presentation_video_id from catalogue.talent where id = $1 or person_id = $2 for update",
        id,
        person,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.id, row.presentation_video_id)))
}

pub(in crate::catalogue) async fn set_presentation(
    conn: &mut PgConnection,
    talent: Uuid,
    video: Option<Uuid>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update catalogue.talent set presentation_video_id = $2 where id = $1",
        talent,
        video
    )
    .execute(conn)
    .await?;
    Ok(())
}
