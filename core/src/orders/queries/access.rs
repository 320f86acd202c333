use sqlx::PgConnection;
use uuid::Uuid;

use crate::access::{Permission, Principal};
use crate::orders::OrderKey;
use crate::orders::domain::Status;

/// As what somebody may look at an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum As {
    Customer,
    Talent,
    Staff,
}

/// As what whoever shows this may look at an order. `None`: for them it is not there. Of several the first: who ordered,
/// whose video it is, who works here.
pub async fn role(
    conn: &mut PgConnection,
    order: Uuid,
    key: Option<&OrderKey>,
    principal: Option<&Principal>,
) -> sqlx::Result<Option<As>> {
    let person = principal
        .and_then(|principal| principal.signed_in)
        .map(|who| who.person);
    let row = sqlx::query!(
        r#"select
            secret_sha256, person_id,
            coalesce(
                customer_id = asking.id
                or (customer_id is null and lower(purchase.email) = lower(asking.email)),
                false
            ) "ordered!"
        from orders.purchase
        join catalogue.talent on talent.id = talent_id
        left join accounts.person as asking on asking.id = $2
        where purchase.id = $1"#,
        order,
        person,
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    // A guest's order is also theirs who has confirmed its address: the key was mailed there.
    let ordered = row.ordered;
    let works_here = principal.is_some_and(|principal| principal.permit(Permission::OrdersRead).is_ok());
    Ok(
        if ordered || key.is_some_and(|key| key.matches(&row.secret_sha256)) {
            Some(As::Customer)
        } else if person == Some(row.person_id) {
            Some(As::Talent)
        } else {
            works_here.then_some(As::Staff)
        },
    )
}

/// The talent that a person is.
pub async fn talent_of(conn: &mut PgConnection, person: Uuid) -> sqlx::Result<Option<Uuid>> {
    sqlx::query_scalar!("select id from catalogue.talent where person_id = $1", person)
        .fetch_optional(conn)
        .await
}

/// How far an order is.
pub async fn status(conn: &mut PgConnection, order: Uuid) -> sqlx::Result<Option<Status>> {
    sqlx::query_scalar!(
        r#"select status "status: Status" from orders.purchase where id = $1"#,
        order
    )
    .fetch_optional(conn)
    .await
}
