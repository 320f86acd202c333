//! What can be asked.

use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Error;
use crate::accounts::{self, PersonView};
use crate::app::App;
use crate::catalogue::{self, BankDetailsView, Payee, ProfileView};
use crate::orders::{self, Payer};

/// All that we know of a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct Export {
    pub person: PersonView,
    /// Their terms and what they say of themselves, if they are a talent
    pub talent: Option<ProfileView>,
    /// Where they are paid out to, as far as we show it to anybody
    pub bank_details: Option<BankDetailsView>,
    /// What they wrote when they wanted to become one
    pub applications: Vec<ExportedApplication>,
    /// What they ordered
    pub orders: Vec<ExportedOrder>,
    /// What they wanted to be made once more, and what staff said to it
    pub redos: Vec<ExportedRedo>,
    /// Who they said pays for it, as long as that is kept
    pub payers: Vec<ExportedPayer>,
    pub sessions: Vec<ExportedSession>,
    /// What we wrote to the present address
    pub mails: Vec<ExportedMail>,
    /// What they did to their account, and what was done to it
    pub history: Vec<ExportedEntry>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedSession {
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0)")]
    pub user_agent: String,
    #[schema(example = "203.0.113.0/24")]
    pub network: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub last_used_at: OffsetDateTime,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedApplication {
    #[schema(example = "Ana Lima")]
    pub name: String,
    #[schema(example = "+5511999990000")]
    pub phone: String,
    #[schema(example = "analima")]
    pub handle: String,
    #[schema(example = "I sing for your birthday.")]
    pub message: String,
    pub answer: Option<String>,
    #[schema(example = "accepted")]
    pub status: String,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedPayer {
    pub order_id: Uuid,
    pub payer: Payer,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedOrder {
    pub id: Uuid,
    #[schema(example = "delivered")]
    pub status: String,
    #[schema(example = "caio@acme.example")]
    pub email: Option<String>,
    #[schema(example = "Caio")]
    pub is_from: String,
    #[schema(example = "Bia")]
    pub is_to: String,
    #[schema(example = "Wish her a happy birthday, and sing.")]
    pub instruction: String,
    #[schema(example = "birthday")]
    pub occasion: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    pub placed_at: OffsetDateTime,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedRedo {
    pub order_id: Uuid,
    #[schema(example = "She is called Bia, not Lia.")]
    pub reason: String,
    pub answer: Option<String>,
    #[schema(example = "agreed")]
    pub status: String,
    #[serde(with = "time::serde::rfc3339")]
    pub asked_at: OffsetDateTime,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedMail {
    /// What it was about
    #[schema(example = "accounts.password_changed")]
    pub template: String,
    #[schema(example = "sent")]
    pub status: String,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it was sent or given up
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedEntry {
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    #[schema(example = "accounts.change_password")]
    pub action: String,
    /// Whether they did it themselves
    pub by_themselves: bool,
}

/// `None`: there is no such person.
pub async fn export(app: &App, person: Uuid) -> Result<Option<Export>, Error> {
    let Some(found) = accounts::find_person(app, person).await? else {
        return Ok(None);
    };
    let mut conn = app.db.acquire().await?;
    let sessions = sqlx::query_as!(
        ExportedSession,
        "select user_agent, network::text, created_at, last_used_at
        from accounts.session
        where person_id = $1
        order by id",
        person,
    )
    .fetch_all(&mut *conn)
    .await?;
    let talent = catalogue::profile_of(&mut conn, app, person).await?;
    let bank_details = match &talent {
        Some(talent) => catalogue::find_bank_details(&mut conn, app, Payee::Talent(talent.id)).await?,
        None => None,
    };
    let applications = sqlx::query_as!(
        ExportedApplication,
        "select name, phone, handle, message, answer, status, created_at
        from catalogue.application
        where lower(email) = lower($1)
        order by id",
        found.email,
    )
    .fetch_all(&mut *conn)
    .await?;
    let orders = sqlx::query_as!(
        ExportedOrder,
        "select id, status, email, is_from, is_to, instruction, occasion, placed_at
        from orders.purchase
        where customer_id = $1 or lower(email) = lower($2)
        order by id",
        person,
        found.email,
    )
    .fetch_all(&mut *conn)
    .await?;
    let redos = sqlx::query_as!(
        ExportedRedo,
        "select order_id, reason, answer, redo.status, asked_at
        from orders.redo
        join orders.purchase on purchase.id = order_id
        where customer_id = $1 or lower(email) = lower($2)
        order by redo.id",
        person,
        found.email,
    )
    .fetch_all(&mut *conn)
    .await?;
    let payers = orders::queries::payers_of(app, &mut conn, person, &found.email).await?;
    let mails = sqlx::query_as!(
        ExportedMail,
        "select template, status, created_at, ended_at
        from platform.mail
        where lower(recipient_address) = lower($1)
        order by id",
        found.email,
    )
    .fetch_all(&mut *conn)
    .await?;
    let history = sqlx::query_as!(
        ExportedEntry,
        r#"select at, action, principal_id in ('person:' || $1, 'staff:' || $1) "by_themselves!"
        from platform.audit
        where principal_id in ('person:' || $1, 'staff:' || $1)
            or subject in ('person/' || $1, 'staff/' || $1)
        order by id"#,
        person.to_string(),
    )
    .fetch_all(&mut *conn)
    .await?;
    Ok(Some(Export {
        person: found,
        talent,
        bank_details,
        applications,
        orders,
        redos,
        payers: payers
            .into_iter()
            .map(|(order_id, payer)| ExportedPayer { order_id, payer })
            .collect(),
        sessions,
        mails,
        history,
    }))
}
