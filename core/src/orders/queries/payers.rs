use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::catalogue::masked;
use crate::orders::domain::{Party, Payer};
use crate::orders::store::open_payer;

/// Who pays for an order, as far as staff is shown it
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MaskedPayer)]
pub struct PayerView {
    pub buyer: PartyView,
    /// Whose card it is, unless it is the buyer's
    pub card_holder: Option<PartyView>,
    #[serde(with = "time::serde::rfc3339")]
    pub changed_at: OffsetDateTime,
}

/// Somebody, as far as staff is shown them
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MaskedParty)]
pub struct PartyView {
    /// The first name, and of others the first letter
    #[schema(example = "Caio S.")]
    pub name: String,
    /// The year only
    #[schema(example = 1990)]
    pub born: i32,
    #[schema(example = "***7735")]
    pub tax_document: String,
    #[schema(example = "***0000")]
    pub phone: String,
}

impl From<Party> for PartyView {
    fn from(party: Party) -> Self {
        let mut names = party.name.split_whitespace();
        let first = names.next().unwrap_or_default().to_owned();
        let letters = names.filter_map(|name| name.chars().next());
        Self {
            name: letters.fold(first, |shown, letter| format!("{shown} {letter}.")),
            born: party.birth_date.year(),
            tax_document: masked(&party.tax_document),
            phone: masked(&party.phone),
        }
    }
}

/// `None`: nobody said, or it is shredded already.
pub async fn find_payer(
    app: &App,
    conn: &mut PgConnection,
    order: Uuid,
) -> anyhow::Result<Option<PayerView>> {
    let row = sqlx::query!(
        "select details, changed_at from orders.payer where order_id = $1",
        order
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let payer = open_payer(app, order, &row.details)?;
    Ok(Some(PayerView {
        buyer: payer.buyer.into(),
        card_holder: payer.card_holder.map(PartyView::from),
        changed_at: row.changed_at,
    }))
}

/// Who paid for what somebody ordered, as they said it: for themselves.
pub async fn payers_of(
    app: &App,
    conn: &mut PgConnection,
    person: Uuid,
    address: &str,
) -> anyhow::Result<Vec<(Uuid, Payer)>> {
    let rows = sqlx::query!(
        "select order_id, details
        from orders.payer
        join orders.purchase on purchase.id = order_id
        where customer_id = $1 or lower(email) = lower($2)
        order by order_id",
        person,
        address,
    )
    .fetch_all(conn)
    .await?;
    let payers = rows.into_iter().map(|row| {
        let payer = open_payer(app, row.order_id, &row.details)?;
        Ok((row.order_id, payer))
    });
    payers.collect()
}
