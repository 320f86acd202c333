use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::SignedIn;
use crate::platform::paging::{List, Page};

/// A device on which somebody is signed in.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    pub id: Uuid,
    /// Whether it is the one that asks
    pub current: bool,
    /// What the program called itself
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0)")]
    pub user_agent: String,
    /// The network it came from when it began
    #[schema(example = "203.0.113.0/24")]
    pub network: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// To the minute or so
    #[serde(with = "time::serde::rfc3339")]
    pub last_used_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
}

/// A person's own, newest first.
pub async fn list_sessions(
    conn: &mut PgConnection,
    who: SignedIn,
    now: OffsetDateTime,
    page: Page,
) -> sqlx::Result<List<SessionView>> {
    let sessions = sqlx::query_as!(
        SessionView,
        r#"select
            id, id = $2 "current!", user_agent, network::text, created_at, last_used_at, expires_at
        from accounts.session
        where person_id = $1 and expires_at > $3 and ($4::uuid is null or id < $4)
        order by id desc
        limit $5"#,
        who.person,
        who.session,
        now,
        page.after,
        page.limit + 1,
    )
    .fetch_all(conn)
    .await?;
    Ok(page.list(sessions, |session: &SessionView| session.id))
}
