//! The file that goes to the bank: the ten columns of the service that this one follows, and four by which each line is
//! known when it comes back.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::catalogue::BankDetails;
use crate::money::Money;

/// How the file is written.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum, sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = PayoutFormat)]
pub enum Format {
    /// With the columns by which each line is known again.
    #[default]
    Full,
    /// As the service that this one follows wrote it: ten columns in Portuguese, talents only.
    Compatible,
}

impl Format {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Compatible => "compatible",
        }
    }
}

/// In both, in this order.
pub(in crate::payouts) const PORTUGUESE: [&str; 10] = [
    "Email",
    "Nº de viggios",
    "Total",
    "Nome",
    "Conta Corrente",
    "Dígito",
    "Agência",
    "CPF/CNPJ",
    "Banco",
    "Pago?",
];
pub(in crate::payouts) const PORTUGUESE_MORE: [&str; 5] = ["Lote", "Linha", "Moeda", "Hash", "Motivo"];
pub(in crate::payouts) const ENGLISH: [&str; 15] = [
    "Email",
    "Videos",
    "Total",
    "Name",
    "Account",
    "Digit",
    "Branch",
    "Tax document",
    "Bank",
    "Paid?",
    "Batch",
    "Line",
    "Currency",
    "Hash",
    "Reason",
];

/// One line, with all that a bank needs to know.
#[derive(Clone, Debug)]
pub(in crate::payouts) struct FileLine {
    pub(in crate::payouts) id: Uuid,
    /// Empty of an agency.
    pub(in crate::payouts) email: String,
    pub(in crate::payouts) is_talent: bool,
    pub(in crate::payouts) sales: i32,
    pub(in crate::payouts) amount: Money,
    pub(in crate::payouts) details: BankDetails,
}

impl FileLine {
    pub(in crate::payouts) fn ten(&self) -> [String; 10] {
        let details = &self.details;
        [
            self.email.clone(),
            self.sales.to_string(),
            self.amount.decimal(),
            details.holder_name.clone(),
            details.account_number.clone(),
            details.account_digit.clone(),
            details.branch.clone(),
            details.tax_document.clone(),
            format!("{} - {}", details.bank, details.bank_name),
            String::new(),
        ]
    }

    /// Of what a bank must not change: half of a SHA-256, in hexadecimal digits.
    pub(in crate::payouts) fn hash(&self, batch: Uuid) -> String {
        let mut hasher = Sha256::new();
        hasher.update(format!("{batch}\n{}\n{}\n", self.id, self.amount));
        for cell in self.ten() {
            hasher.update(cell);
            hasher.update("\n");
        }
        hasher
            .finalize()
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// For tests of what is written of it, too.
#[cfg(test)]
pub(in crate::payouts) fn example(id: u128, email: &str, holder: &str) -> FileLine {
    FileLine {
        id: Uuid::from_u128(id),
        email: email.to_owned(),
        is_talent: !email.is_empty(),
        sales: 2,
        amount: Money::new(14_992, crate::money::Currency::BRL).unwrap(),
        details: BankDetails {
            bank: "341".to_owned(),
            bank_name: "Itau".to_owned(),
            branch: "0001".to_owned(),
            account_number: "12345".to_owned(),
            account_digit: "6".to_owned(),
            account_type: crate::catalogue::AccountType::Checking,
            holder_name: holder.to_owned(),
            tax_document: "12345678901".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    #[test]
    fn whatever_is_changed_in_a_line_changes_its_hash() {
        let (batch, before) = (Uuid::from_u128(9), example(1, "ana@x.com", "Ana"));
        let hash = before.hash(batch);
        assert_eq!(hash.len(), 32);
        assert_eq!(hash, before.clone().hash(batch));
        assert_ne!(hash, before.hash(Uuid::from_u128(8)));
        for change in [
            |line: &mut FileLine| line.amount = Money::new(14_993, Currency::BRL).unwrap(),
            |line: &mut FileLine| line.details.account_number = "12346".to_owned(),
            |line: &mut FileLine| line.details.holder_name = "Eve".to_owned(),
            |line: &mut FileLine| line.id = Uuid::from_u128(2),
        ] {
            let mut after = before.clone();
            change(&mut after);
            assert_ne!(after.hash(batch), hash);
        }
    }
}
