//! What moved somebody's account, month by month: told by the ledger alone, so that it adds up to what they are owed.

mod lines;
mod sums;
mod talents;

use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

pub use lines::StatementLine;
pub use sums::{MonthView, months_of};
pub use talents::{TalentSums, talents_of};

use crate::app::App;
use crate::catalogue::{self, Payee, payee_readers};
use crate::locale::Locale;
use crate::money::Currency;
use crate::payouts::Error;
use crate::payouts::domain::Month;
use crate::platform::paging::{List, Page};

/// All that moved what somebody is owed in a month
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Statement)]
pub struct StatementView {
    pub talent_id: Option<Uuid>,
    pub agency_id: Option<Uuid>,
    #[schema(example = "Ana Lima")]
    pub name: String,
    #[serde(flatten)]
    pub sums: MonthView,
    /// Oldest first; the opening balance and these come to the closing balance
    pub lines: List<StatementLine>,
}

/// Somebody who can be owed something.
struct Named {
    name: String,
    locale: Locale,
}

/// Of whoever it is, also of those who are gone: the books stay.
async fn named(conn: &mut PgConnection, payee: Payee) -> Result<Named, Error> {
    let (talent, agency) = ids(payee);
    let name = sqlx::query_scalar!(
        r#"select name "name!" from catalogue.talent where id = $1
        union all
        select name from catalogue.agency where id = $2"#,
        talent,
        agency,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let readers = payee_readers(conn, payee).await?;
    Ok(Named {
        name: name.ok_or(Error::NoPayee(catalogue::Error::from(payee)))?,
        locale: readers.first().map(|reader| reader.locale).unwrap_or_default(),
    })
}

fn ids(payee: Payee) -> (Option<Uuid>, Option<Uuid>) {
    match payee {
        Payee::Talent(id) => (Some(id), None),
        Payee::Agency(id) => (None, Some(id)),
    }
}

/// As the ledger calls whose account it is.
fn kind(payee: Payee) -> &'static str {
    match payee {
        Payee::Talent(_) => "talent",
        Payee::Agency(_) => "agency",
    }
}

/// A month of somebody's account, as it is in one moment, and the language that they read. `page`: of the lines; all,
/// if there is none.
///
/// # Errors
/// There is no such talent or agency.
pub async fn statement(
    app: &App,
    payee: Payee,
    month: Month,
    currency: Currency,
    page: Option<Page>,
) -> Result<(StatementView, Locale), Error> {
    let mut tx = app
        .db
        .begin_with("begin isolation level repeatable read read only")
        .await?;
    let named = named(&mut tx, payee).await?;
    let sums = sums::month_of(&mut tx, app, payee, month, currency).await?;
    let lines = lines::lines(&mut tx, app, payee, &sums, page).await?;
    tx.rollback().await?;
    let (talent_id, agency_id) = ids(payee);
    let view = StatementView {
        talent_id,
        agency_id,
        name: named.name,
        sums,
        lines,
    };
    Ok((view, named.locale))
}
