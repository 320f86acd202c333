use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::locale::Locale;
use crate::platform::paging::{List, Page};

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = MailStatus)]
pub enum Status {
    /// A worker sends it, or tries again later.
    Waiting,
    /// The mail server took it.
    Sent,
    /// The recipient's server says that there is no such mailbox; the address gets no more mail.
    Refused,
    /// The address gets no mail.
    Suppressed,
    /// Its attempts are used up: retry or discard it.
    Dead,
    /// Somebody gave it up.
    Discarded,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::Suppressed => "suppressed",
            Self::Dead => "dead",
            Self::Discarded => "discarded",
        }
    }
}

/// A mail, without what it says.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Mail)]
pub struct MailView {
    pub id: Uuid,
    /// What it tells of
    #[schema(example = "platform.test/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11")]
    pub event: String,
    #[schema(example = "ana@acme.example")]
    pub address: String,
    /// Empty: not known
    #[schema(example = "Ana Lima")]
    pub name: String,
    #[schema(example = "platform.test")]
    pub template: String,
    pub locale: Locale,
    pub status: Status,
    pub attempts: i32,
    /// Of the last attempt
    pub last_error: Option<String>,
    /// As its recipient's program shows it
    #[schema(example = "0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11@api.marquee.example")]
    pub message_id: String,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was sent or given up
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
}

/// Which mails; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub status: Option<Status>,
    /// An address, whatever its case.
    pub to: Option<String>,
    /// `feature.name`
    pub template: Option<String>,
}

/// Newest first.
pub async fn list(app: &App, filter: &Filter, page: Page) -> sqlx::Result<List<MailView>> {
    let rows = rows(app, None, filter, page.after, page.limit + 1).await?;
    Ok(page.list(rows, |mail| mail.id))
}

pub async fn find(app: &App, id: Uuid) -> sqlx::Result<Option<MailView>> {
    Ok(rows(app, Some(id), &Filter::default(), None, 1).await?.pop())
}

async fn rows(
    app: &App,
    only: Option<Uuid>,
    filter: &Filter,
    after: Option<Uuid>,
    limit: i64,
) -> sqlx::Result<Vec<MailView>> {
    sqlx::query_as!(
        MailView,
        r#"select
            id, event, recipient_address as address, recipient_name as name, template,
            locale as "locale: Locale", status as "status: Status", attempts, last_error, message_id, created_at,
            ended_at
        from platform.mail
        where ($1::uuid is null or id = $1)
            and ($2::text is null or status = $2)
            and ($3::text is null or lower(recipient_address) = lower($3))
            and ($4::text is null or template = $4)
            and ($5::uuid is null or id < $5)
        order by id desc
        limit $6"#,
        only,
        filter.status.map(Status::name),
        filter.to,
        filter.template,
        after,
        limit,
    )
    .fetch_all(&app.db)
    .await
}

/// How many mails were given up and wait for a decision.
pub async fn count_dead(db: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select count(*) as "dead!" from platform.mail where status = 'dead'"#)
        .fetch_one(db)
        .await
}

/// Why an address gets no mail.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = MailSuppressionReason)]
pub enum Reason {
    /// The server said so when we sent.
    Refused,
    /// It came back later.
    Bounced,
    /// The recipient reported us.
    Complained,
    /// A person of ours said so.
    Staff,
}

/// An address that gets no mail.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MailSuppression)]
pub struct SuppressionView {
    pub id: Uuid,
    /// In lower case
    #[schema(example = "ana@acme.example")]
    pub address: String,
    pub reason: Reason,
    #[schema(example = "5.1.1 no such user")]
    pub detail: String,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// Newest first; with an address only that one.
pub async fn suppressions(
    app: &App,
    address: Option<&str>,
    page: Page,
) -> sqlx::Result<List<SuppressionView>> {
    let rows = sqlx::query_as!(
        SuppressionView,
        r#"select id, address, reason as "reason: Reason", detail, at
        from platform.mail_suppression
        where ($1::text is null or address = lower($1)) and ($2::uuid is null or id < $2)
        order by id desc
        limit $3"#,
        address,
        page.after,
        page.limit + 1,
    )
    .fetch_all(&app.db)
    .await?;
    Ok(page.list(rows, |suppression| suppression.id))
}
