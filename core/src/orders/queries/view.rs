use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::As;
use super::videos::download_url;
use crate::app::App;
use crate::locale::Locale;
use crate::money::{Money, Shares};
use crate::orders::Price;
use crate::orders::domain::{ForWhom, Status};
use crate::videos::queries::{MediaView, Shown, of_upload};
use crate::videos::{Pass, Visibility};

/// An order, as whoever asks may see it; what is not for them is `null`
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CustomerOrder)]
pub struct OrderView {
    pub id: Uuid,
    #[schema(inline)]
    pub status: Status,
    pub talent_id: Uuid,
    #[schema(example = "Ana Lima")]
    pub talent_name: String,
    #[schema(inline)]
    pub for_whom: ForWhom,
    /// Who gives it
    #[schema(example = "Caio")]
    pub is_from: String,
    /// Who gets it
    #[schema(example = "Bia")]
    pub is_to: String,
    #[schema(example = "Wish her a happy birthday, and sing.")]
    pub instruction: String,
    #[schema(example = "birthday")]
    pub occasion: Option<String>,
    /// In which the talent is to speak
    pub language: Locale,
    /// Whether everybody may see the video with the talent's
    #[schema(example = false)]
    pub is_public: bool,
    /// Where the customer is written to: for them and staff
    #[schema(example = "caio@acme.example")]
    pub email: Option<String>,
    /// What the talent asks for: for the customer and staff
    pub list_price: Option<Money>,
    /// What a promotion pays of it: for the customer and staff
    #[schema(example = 0)]
    pub discount_minor: Option<i64>,
    /// What the customer pays: for them and staff
    pub price: Option<Money>,
    /// What the talent gets: for them and staff
    pub talent_share: Option<Money>,
    /// What the customer must do at the gateway, while they must: for them
    #[schema(value_type = Option<Object>, example = json!({ "redirect": "https://bank.example/confirm" }))]
    pub action: Option<serde_json::Value>,
    /// Why it was declined: for the customer and staff
    #[schema(example = "card_declined")]
    pub decline_code: Option<String>,
    /// Why it was rejected or cancelled
    #[schema(example = "I do not sing this song.")]
    pub reason: Option<String>,
    /// Until when the talent may send the video
    #[serde(with = "time::serde::rfc3339::option")]
    pub deadline_at: Option<OffsetDateTime>,
    /// The payment that counts: for staff
    pub payment_id: Option<Uuid>,
    /// The person who ordered, unless it was a guest: for staff
    pub customer_id: Option<Uuid>,
    /// The upload of the video: for the talent and staff
    pub upload_id: Option<Uuid>,
    /// Once it is there; for the customer once it is paid
    pub video: Option<OrderVideo>,
    /// What happened: for staff
    pub history: Option<Vec<HistoryView>>,
    #[serde(with = "time::serde::rfc3339")]
    pub placed_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub changed_at: OffsetDateTime,
}

/// The video of an order
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderVideo {
    pub id: Uuid,
    /// The page of the video, for whomever the customer gives it to: that of a private one works for a month
    #[schema(example = "https://marquee.example/videos/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11")]
    pub share_url: Option<String>,
    /// For saving it under a name of its talent's
    #[schema(
        example = "https://api.marquee.example/v1/files/videos/0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11.mp4?expires=1782914400&signature=q83vEjRWeJA&name=Marquee%20%2D%20Ana%20Lima%2Emp4"
    )]
    pub download_url: String,
    #[serde(flatten)]
    pub media: MediaView,
}

impl OrderVideo {
    fn of(app: &App, talent: &str, video: Shown) -> Self {
        let page = |pass: &str| app.config.page(&format!("videos/{}{pass}", video.id));
        let share_url = match video.visibility {
            Visibility::Withheld => None,
            Visibility::Private => Some(page(&Pass::of(app, video.id).query())),
            Visibility::Public => Some(page("")),
        };
        Self {
            id: video.id,
            share_url,
            download_url: download_url(app, &video.file, talent),
            media: video.media,
        }
    }
}

/// Something that happened to an order
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = OrderHistory)]
pub struct HistoryView {
    #[schema(example = "authorized")]
    pub event: String,
    /// `null`: it was placed
    #[schema(example = "authorizing")]
    pub from: Option<String>,
    #[schema(example = "open")]
    pub to: String,
    /// Whose doing it was: `customer`, `staff`, `talent`, `system`, `payment`
    #[schema(example = "payment")]
    pub cause: String,
    /// Who, as the audit log has them
    #[schema(example = "staff:019f2f0c-2d4e-7c52-8a0e-4a1d5c1f7a10")]
    pub by: Option<String>,
    #[schema(example = "card_declined")]
    pub reason: Option<String>,
    pub payment_id: Option<Uuid>,
    pub upload_id: Option<Uuid>,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// What `role` may see of it.
pub async fn find(
    conn: &mut PgConnection,
    app: &App,
    id: Uuid,
    role: As,
) -> anyhow::Result<Option<OrderView>> {
    let row = sqlx::query!(
        r#"select
            purchase.status "status: Status", talent_id, talent.name talent_name, customer_id, purchase.email,
            for_whom "for_whom: ForWhom", is_from, is_to, instruction, occasion, language "language: Locale", is_public,
            list_minor, discount_minor, promotion, purchase.currency, talent_bp, agency_bp, deadline_at, payment_id,
            upload_id, placed_at, purchase.changed_at, payment.action, payment.decline_code,
            (
                select reason from orders.history
                where order_id = purchase.id and event in ('reject', 'cancel')
                order by id desc
                limit 1
            ) reason,
            exists (select from orders.refund where order_id = purchase.id and keeps_video) "keeps_video!"
        from orders.purchase
        join catalogue.talent on talent.id = talent_id
        join payments.payment on payment.id = payment_id
        where purchase.id = $1"#,
        id,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let list = Money::new(row.list_minor, row.currency.parse()?)?;
    let price = Price::new(list, row.discount_minor, row.promotion)?;
    let share_minor = Shares::new(row.talent_bp, row.agency_bp)?
        .split(list)
        .talent_minor;
    let (customer, talent, staff) = (role == As::Customer, role == As::Talent, role == As::Staff);
    let paid = row.status == Status::Delivered || (row.status == Status::Refunded && row.keeps_video);
    let upload = row.upload_id.filter(|_| !customer || paid);
    let video = match upload {
        Some(upload) => of_upload(conn, app, upload).await?,
        None => None,
    };
    let video = video.map(|video| OrderVideo::of(app, &row.talent_name, video));
    let waits = row.status == Status::ActionRequired || row.status == Status::PaymentDue;
    Ok(Some(OrderView {
        id,
        status: row.status,
        talent_id: row.talent_id,
        talent_name: row.talent_name,
        for_whom: row.for_whom,
        is_from: row.is_from,
        is_to: row.is_to,
        instruction: row.instruction,
        occasion: row.occasion,
        language: row.language,
        is_public: row.is_public,
        email: row.email.filter(|_| !talent),
        list_price: (!talent).then_some(list),
        discount_minor: (!talent).then(|| price.discount_minor()),
        price: (!talent).then(|| price.due()),
        talent_share: Money::new(share_minor, list.currency())
            .ok()
            .filter(|_| !customer),
        action: row.action.filter(|_| customer && waits),
        decline_code: row.decline_code.filter(|_| !talent),
        reason: row.reason,
        deadline_at: row.deadline_at,
        payment_id: staff.then_some(row.payment_id),
        customer_id: row.customer_id.filter(|_| staff),
        upload_id: row.upload_id.filter(|_| !customer),
        video,
        history: if staff {
            Some(history(conn, id).await?)
        } else {
            None
        },
        placed_at: row.placed_at,
        changed_at: row.changed_at,
    }))
}

async fn history(conn: &mut PgConnection, order: Uuid) -> sqlx::Result<Vec<HistoryView>> {
    sqlx::query_as!(
        HistoryView,
        r#"select event, from_status "from", to_status "to", cause, principal_id "by", reason, payment_id, upload_id, at
        from orders.history
        where order_id = $1
        order by id"#,
        order,
    )
    .fetch_all(conn)
    .await
}
