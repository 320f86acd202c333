use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use super::owed::{OwedTo, owed};
use crate::app::App;
use crate::money::Currency;
use crate::payouts::Error;
use crate::payouts::domain::{Month, Reason};
use crate::platform::paging::{List, Page};

/// What a payout of a month would be
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PayoutPreview)]
pub struct PreviewView {
    pub month: Month,
    pub currency: Currency,
    /// Who is owed less is carried
    #[schema(example = 5_000)]
    pub minimum_minor: i64,
    /// How many would be paid
    #[schema(example = 12)]
    pub lines: usize,
    /// What they would be paid together
    #[schema(example = 240_000)]
    pub total_minor: i64,
    /// How many would be carried into the next month
    #[schema(example = 2)]
    pub carried: usize,
    pub payees: List<PayeeView>,
}

/// Somebody who is owed something
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PayoutPayee)]
pub struct PayeeView {
    pub talent_id: Option<Uuid>,
    pub agency_id: Option<Uuid>,
    #[schema(example = "Ana Lima")]
    pub name: String,
    /// How many sales they shared in
    #[schema(example = 3)]
    pub sales: i32,
    /// What came of them
    #[schema(example = 22_500)]
    pub gross_minor: i64,
    /// What refunds and lost disputes took back
    #[schema(example = 2_500)]
    pub reversed_minor: i64,
    /// What is left; below 0 it is taken off the next months
    #[schema(example = 20_000)]
    pub amount_minor: i64,
    /// Why they would not be paid now
    pub carried: Option<Reason>,
}

impl PayeeView {
    fn of(owed: OwedTo, minimum_minor: i64) -> Self {
        Self {
            talent_id: owed.talent,
            agency_id: owed.agency,
            name: owed.name,
            sales: owed.sales,
            gross_minor: owed.owed.gross_minor,
            reversed_minor: owed.owed.reversed_minor,
            amount_minor: owed.owed.amount_minor(),
            carried: owed.owed.carried(minimum_minor),
        }
    }

    fn id(&self) -> Uuid {
        self.talent_id.or(self.agency_id).unwrap_or_default()
    }
}

/// What is meant where it is not said: the last month that is over, and the usual currency.
pub fn or_usual(app: &App, month: Option<Month>, currency: Option<Currency>) -> (Month, Currency) {
    let over = || Month::of(&app.config.zone, app.now()).before();
    let usual = app.config.currencies.first().copied();
    (
        month.unwrap_or_else(over),
        currency.or(usual).unwrap_or(Currency::BRL),
    )
}

/// Changes nothing; a month that is not over is previewed as it stands.
pub async fn preview(
    conn: &mut PgConnection,
    app: &App,
    month: Month,
    currency: Currency,
    page: Page,
) -> Result<PreviewView, Error> {
    let minimum_minor = app.config.payout_minimum_minor;
    let owed = owed(conn, currency.code(), month.ends_at(&app.config.zone)).await?;
    let payees: Vec<PayeeView> = owed
        .into_iter()
        .map(|owed| PayeeView::of(owed, minimum_minor))
        .collect();
    let paid = payees.iter().filter(|payee| payee.carried.is_none());
    let (lines, total_minor) = (paid.clone().count(), paid.map(|payee| payee.amount_minor).sum());
    let carried = payees.len() - lines;
    let most = usize::try_from(page.limit)
        .unwrap_or(usize::MAX)
        .saturating_add(1);
    let after = |payee: &PayeeView| page.after.is_none_or(|after| payee.id() > after);
    let shown = payees.into_iter().filter(after).take(most).collect();
    Ok(PreviewView {
        month,
        currency,
        minimum_minor,
        lines,
        total_minor,
        carried,
        payees: page.list(shown, PayeeView::id),
    })
}
