//! One function for each thing that can be done.

mod approve;
mod cancel;
mod create;
mod export;
mod import;

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

pub use approve::approve;
pub use cancel::cancel;
pub use create::{Created, create};
pub use export::export;
pub use import::import;

use super::Error;
use super::domain::{FileLine, Status};
use super::store::{self, Batch, Line};
use crate::app::App;
use crate::catalogue::BankDetails;
use crate::ledger::Account;
use crate::money::Money;
use crate::platform::sealed;

/// Lines that are posted by the same statements. So many that what a statement and a commit cost is little beside what
/// they do, and so few that others wait for none of them for long.
const LINES_AT_ONCE: usize = 200;

/// Told how many of how many lines are done.
pub type Progress<'a> = dyn Fn(usize, usize) + Send + Sync + 'a;

/// Where a line is paid to, sealed in its row: it does not change with what the payee changes later.
#[derive(Serialize, Deserialize)]
struct Frozen {
    email: Option<String>,
    account: BankDetails,
}

impl Frozen {
    fn seal(&self, app: &App, line: Uuid) -> anyhow::Result<Vec<u8>> {
        sealed::seal(&app.config.data_keys, &place(line), &serde_json::to_vec(self)?)
    }

    fn open(app: &App, line: &Line) -> anyhow::Result<Self> {
        let plain = sealed::open(&app.config.data_keys, &place(line.id), &line.details)?;
        Ok(serde_json::from_slice(&plain)?)
    }
}

fn place(line: Uuid) -> String {
    format!("payouts.line/{line}")
}

/// The row of a payout that is as it must be.
async fn locked(
    conn: &mut PgConnection,
    id: Uuid,
    allowed: &[Status],
    wanted: &'static str,
) -> Result<Batch, Error> {
    let batch = store::lock_batch(conn, id).await?.ok_or(Error::Unknown)?;
    if allowed.contains(&batch.status) {
        Ok(batch)
    } else {
        let status = batch.status;
        Err(Error::Illegal { status, wanted })
    }
}

/// A line as it is in the file, with whose it is in the ledger.
fn file_line(app: &App, batch: &Batch, line: &Line) -> anyhow::Result<FileLine> {
    let frozen = Frozen::open(app, line)?;
    Ok(FileLine {
        id: line.id,
        email: frozen.email.unwrap_or_default(),
        is_talent: line.talent_id.is_some(),
        sales: line.sales,
        amount: Money::new(line.amount_minor, batch.currency.parse()?)?,
        details: frozen.account,
    })
}

fn whose(line: &Line) -> anyhow::Result<Account> {
    let talent = line.talent_id.map(Account::Talent);
    let whose = talent.or(line.agency_id.map(Account::Agency));
    whose.ok_or_else(|| anyhow::anyhow!("the line {} is nobody's", line.id))
}

fn subject(batch: Uuid) -> String {
    format!("payout/{batch}")
}
