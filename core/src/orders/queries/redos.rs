use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::platform::paging::{List, Page};

/// How far a redo is
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum RedoStatus {
    /// Staff is to decide.
    Asked,
    /// The talent may send another video.
    Agreed,
    Declined,
    /// The other video is here.
    Done,
}

impl RedoStatus {
    pub fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Agreed => "agreed",
            Self::Declined => "declined",
            Self::Done => "done",
        }
    }
}

/// A video that a customer wants made once more
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Redo)]
pub struct RedoView {
    pub id: Uuid,
    pub order_id: Uuid,
    #[schema(inline)]
    pub status: RedoStatus,
    /// Why, in the words of the customer
    #[schema(example = "She is called Bia, not Lia.")]
    pub reason: String,
    /// What staff says to it
    #[schema(example = "You are right.")]
    pub answer: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub asked_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub decided_at: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub done_at: Option<OffsetDateTime>,
}

/// Newest first: of one order, of one status, or all.
pub async fn list_redos(
    conn: &mut PgConnection,
    order: Option<Uuid>,
    status: Option<RedoStatus>,
    page: Page,
) -> sqlx::Result<List<RedoView>> {
    let rows = sqlx::query_as!(
        RedoView,
        r#"select id, order_id, status "status: RedoStatus", reason, answer, asked_at, decided_at, done_at
        from orders.redo
        where ($1::uuid is null or order_id = $1)
            and ($2::text is null or status = $2)
            and ($3::uuid is null or id < $3)
        order by id desc
        limit $4"#,
        order,
        status.map(RedoStatus::name),
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    Ok(page.list(rows, |redo: &RedoView| redo.id))
}

/// The newest of an order.
pub async fn last_redo(conn: &mut PgConnection, order: Uuid) -> sqlx::Result<Option<RedoView>> {
    let one = Page {
        after: None,
        limit: 1,
    };
    Ok(list_redos(conn, Some(order), None, one)
        .await?
        .items
        .into_iter()
        .next())
}
