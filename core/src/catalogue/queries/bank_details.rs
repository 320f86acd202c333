use std::collections::HashMap;

use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::catalogue::domain::{AccountType, BankDetails, Payee, masked};
use crate::catalogue::store::{self, BankDetailsRow};
use crate::locale::Locale;

/// Where somebody is paid out to, by its end only: nobody is shown more, the payee neither.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MaskedBankDetails)]
pub struct BankDetailsView {
    #[schema(example = "341")]
    pub bank: String,
    #[schema(example = "Itaú")]
    pub bank_name: String,
    #[schema(example = "***01")]
    pub branch: String,
    /// Without the check digit
    #[schema(example = "***45")]
    pub account_number: String,
    pub account_type: AccountType,
    #[schema(example = "Ana Lima")]
    pub holder_name: String,
    #[schema(example = "***7735")]
    pub tax_document: String,
    /// As in the ETag
    #[schema(example = 7)]
    pub version: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// `None`: there are none.
pub async fn find_bank_details(
    conn: &mut PgConnection,
    app: &App,
    payee: Payee,
) -> anyhow::Result<Option<BankDetailsView>> {
    let found = store::bank_details(conn, app, payee).await?;
    Ok(found.map(BankDetailsView::from))
}

/// Whether there is such a payee, and, if somebody is `acting`, whether they are that talent or act for that agency.
pub async fn is_payee(conn: &mut PgConnection, payee: Payee, acting: Option<Uuid>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
            select from catalogue.talent
            join accounts.person on person.id = person_id
            where talent.id = $1 and erased_at is null and ($3::uuid is null or person_id = $3)
        ) or exists (
            select from catalogue.agency
            where id = $2 and ($3::uuid is null or exists (
                select from catalogue.agency_manager where agency_id = agency.id and person_id = $3
            ))
        ) "is_payee!""#,
        payee.talent(),
        payee.agency(),
        acting,
    )
    .fetch_one(conn)
    .await
}

/// All of where they are paid out to, by their ids: for the file that goes to a bank, and for nothing else.
pub async fn accounts_to_pay(
    conn: &mut PgConnection,
    app: &App,
    talents: &[Uuid],
    agencies: &[Uuid],
) -> anyhow::Result<HashMap<Uuid, BankDetails>> {
    store::bank_details_of(conn, app, talents, agencies).await
}

/// Whom a payee's mails go to.
#[derive(Clone, Debug)]
pub struct PayeeReader {
    pub email: String,
    pub name: String,
    pub locale: Locale,
    /// What the agency is called that they act for.
    pub agency: Option<String>,
}

/// The talent, or everybody who acts for the agency.
pub async fn payee_readers(conn: &mut PgConnection, payee: Payee) -> sqlx::Result<Vec<PayeeReader>> {
    let mut readers = readers_of_payees(conn, &[payee]).await?;
    Ok(readers.remove(&payee).unwrap_or_default())
}

/// The same of several payees; those without readers are not in it.
pub async fn readers_of_payees(
    conn: &mut PgConnection,
    payees: &[Payee],
) -> sqlx::Result<HashMap<Payee, Vec<PayeeReader>>> {
    let talents: Vec<Uuid> = payees.iter().filter_map(|payee| payee.talent()).collect();
    let agencies: Vec<Uuid> = payees.iter().filter_map(|payee| payee.agency()).collect();
    let rows = sqlx::query!(
        r#"select talent.id "payee!", false "is_agency!", email "email!", person.name "name!",
            locale "locale!: Locale", null::text agency
        from catalogue.talent
        join accounts.person on person.id = person_id
        where talent.id = any($1) and erased_at is null
        union all
        select agency.id, true, email, person.name, locale, agency.name
        from catalogue.agency
        join catalogue.agency_manager on agency_id = agency.id
        join accounts.person on person.id = person_id
        where agency.id = any($2) and erased_at is null"#,
        &talents,
        &agencies,
    )
    .fetch_all(conn)
    .await?;
    let mut readers: HashMap<Payee, Vec<PayeeReader>> = HashMap::new();
    for row in rows {
        let payee = if row.is_agency {
            Payee::Agency(row.payee)
        } else {
            Payee::Talent(row.payee)
        };
        readers.entry(payee).or_default().push(PayeeReader {
            email: row.email,
            name: row.name,
            locale: row.locale,
            agency: row.agency,
        });
    }
    Ok(readers)
}

impl From<BankDetailsRow> for BankDetailsView {
    fn from(row: BankDetailsRow) -> Self {
        let BankDetailsRow {
            details,
            version,
            updated_at,
        } = row;
        Self {
            branch: masked(&details.branch),
            account_number: masked(&details.account_number),
            tax_document: masked(&details.tax_document),
            bank: details.bank,
            bank_name: details.bank_name,
            account_type: details.account_type,
            holder_name: details.holder_name,
            version,
            updated_at,
        }
    }
}
