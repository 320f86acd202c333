use clap::Subcommand;
use uuid::Uuid;

use super::output::{instant, json_argument, show, show_one};
use super::table::Table;
use crate::access::Principal;
use crate::app::App;
use crate::catalogue::{self, AccountType, BankDetails, BankDetailsView, Error, Payee};

#[derive(Subcommand)]
pub(super) enum BankDetailsVerb {
    /// Show where they are paid out to, by its end
    Show { id: Uuid },
    /// Say where they are paid out to from now on; a mail tells them
    Set {
        id: Uuid,
        /// JSON with `bank`, `bank_name`, `branch`, `account_number`, `account_digit`, `account_type` (`checking` or
        /// `savings`), `holder_name` and `tax_document`; from a file (`@FILE`) or standard input (`@-`), so that no
        /// history of commands keeps it
        details: String,
    },
    /// Forget where they are paid out to; a mail tells them
    Remove { id: Uuid },
}

impl BankDetailsVerb {
    /// `payee`: what the id is of.
    pub(super) async fn run(
        self,
        app: &App,
        payee: impl FnOnce(Uuid) -> Payee,
        json: bool,
    ) -> anyhow::Result<()> {
        let by = Principal::operator();
        match self {
            Self::Show { id } => told(app, payee(id), json).await,
            Self::Set { id, details } => {
                let payee = payee(id);
                let details: BankDetails = serde_json::from_value(json_argument(&details)?)?;
                catalogue::set_bank_details(app, &by, payee, None, None, details).await?;
                told(app, payee, json).await
            }
            Self::Remove { id } => {
                catalogue::remove_bank_details(app, &by, payee(id), None, None).await?;
                show_one(&serde_json::json!({ "removed": id }), json, "removed")
            }
        }
    }
}

async fn told(app: &App, payee: Payee, json: bool) -> anyhow::Result<()> {
    let mut conn = app.db.acquire().await?;
    if !catalogue::is_payee(&mut conn, payee, None).await? {
        return Err(Error::from(payee).into());
    }
    let details = catalogue::find_bank_details(&mut conn, app, payee).await?;
    let table = details.as_ref().map(table).unwrap_or_else(|| Table::new(&[]));
    show(
        &details,
        &table,
        json,
        "none: nothing is paid out until there are any",
    )
}

fn table(details: &BankDetailsView) -> Table {
    let mut table = Table::new(&["what", "is"]);
    let account_type = match details.account_type {
        AccountType::Checking => "checking",
        AccountType::Savings => "savings",
    };
    for (what, is) in [
        ("bank", format!("{} - {}", details.bank, details.bank_name)),
        ("branch", details.branch.clone()),
        ("account", details.account_number.clone()),
        ("type", account_type.to_owned()),
        ("holder", details.holder_name.clone()),
        ("CPF or CNPJ", details.tax_document.clone()),
        ("since", instant(details.updated_at)),
    ] {
        table.row([what.to_owned(), is]);
    }
    table
}
