use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::check::{Fault, Faults, line};
use super::tax_document::tax_document;

/// Who is paid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Payee {
    Talent(Uuid),
    Agency(Uuid),
}

impl Payee {
    /// `talent/<id>` or `agency/<id>`, as in the audit log.
    pub(in crate::catalogue) fn subject(self) -> String {
        match self {
            Self::Talent(id) => format!("talent/{id}"),
            Self::Agency(id) => format!("agency/{id}"),
        }
    }

    pub fn id(self) -> Uuid {
        match self {
            Self::Talent(id) | Self::Agency(id) => id,
        }
    }

    pub(in crate::catalogue) fn talent(self) -> Option<Uuid> {
        match self {
            Self::Talent(id) => Some(id),
            Self::Agency(_) => None,
        }
    }

    pub(in crate::catalogue) fn agency(self) -> Option<Uuid> {
        match self {
            Self::Talent(_) => None,
            Self::Agency(id) => Some(id),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountType {
    Checking,
    Savings,
}

/// An account with a bank in Brazil, and whose it is. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BankDetails {
    /// The bank's number: three digits
    #[schema(example = "341")]
    pub bank: String,
    /// What the bank is called, at most 80 characters
    #[schema(example = "Itaú")]
    pub bank_name: String,
    /// 1 to 6 digits, with the check digit after a hyphen if it has one
    #[schema(example = "0001")]
    pub branch: String,
    /// Without the check digit: 1 to 12 digits
    #[schema(example = "12345")]
    pub account_number: String,
    /// The account's check digit, one or two digits or `X`; empty if the bank gives none
    #[serde(default)]
    #[schema(example = "6")]
    pub account_digit: String,
    pub account_type: AccountType,
    /// Whose account it is, at most 100 characters
    #[schema(example = "Ana Lima")]
    pub holder_name: String,
    /// The holder's CPF or CNPJ; dots, bars and hyphens do not matter
    #[schema(example = "111.444.777-35")]
    pub tax_document: String,
}

impl fmt::Debug for BankDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BankDetails").finish_non_exhaustive()
    }
}

impl BankDetails {
    /// Each field as it is kept.
    pub(in crate::catalogue) fn checked(self) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let mut text = |checked: Result<String, Fault>| faults.sift(checked).unwrap_or_default();
        let checked = Self {
            bank: text(digits(
                "/bank",
                &self.bank,
                3,
                3,
                "the bank's number: three digits",
            )),
            bank_name: text(line("/bank_name", &self.bank_name, 80)),
            branch: text(branch("/branch", &self.branch)),
            account_number: text(digits(
                "/account_number",
                &self.account_number,
                1,
                12,
                "1 to 12 digits, without the check digit",
            )),
            account_digit: text(account_digit("/account_digit", &self.account_digit)),
            account_type: self.account_type,
            holder_name: text(line("/holder_name", &self.holder_name, 100)),
            tax_document: text(tax_document("/tax_document", &self.tax_document)),
        };
        faults.none()?;
        Ok(checked)
    }

    /// What two payees may not both have: the account itself, however many zeros are before it.
    pub(in crate::catalogue) fn account(&self) -> String {
        let branch = self.branch.split('-').next().unwrap_or_default();
        let plain = |digits: &str| digits.trim_start_matches('0').to_owned();
        format!(
            "{} {} {} {}",
            self.bank,
            plain(branch),
            plain(&self.account_number),
            self.account_digit
        )
    }

    /// What the audit log, where nothing is ever erased, says of it.
    pub(in crate::catalogue) fn for_audit(&self) -> Value {
        json!({ "bank": self.bank, "account_number": masked(&self.account_number) })
    }
}

/// The end of it only: four signs of eight or more, else two of four or more.
pub fn masked(text: &str) -> String {
    let shown = match text.len() {
        0..4 => 0,
        4..8 => 2,
        _ => 4,
    };
    let end = text.len().checked_sub(shown).and_then(|at| text.get(at..));
    format!("***{}", end.unwrap_or_default())
}

fn digits(pointer: &str, text: &str, least: usize, most: usize, detail: &str) -> Result<String, Fault> {
    let text = text.trim();
    let fine = (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    fine.then(|| text.to_owned())
        .ok_or_else(|| Fault::new(pointer, "bank_details_invalid", detail))
}

fn branch(pointer: &str, text: &str) -> Result<String, Fault> {
    let text = text.trim().to_ascii_uppercase();
    let (number, digit) = text.split_once('-').unwrap_or((&text, "0"));
    let detail = "1 to 6 digits, with the check digit after a hyphen if it has one";
    digits(pointer, number, 1, 6, detail)?;
    let fine = digit.len() == 1 && is_check(digit);
    fine.then_some(text)
        .ok_or_else(|| Fault::new(pointer, "bank_details_invalid", detail))
}

fn account_digit(pointer: &str, text: &str) -> Result<String, Fault> {
    let text = text.trim().to_ascii_uppercase();
    let fine = text.len() <= 2 && is_check(&text);
    fine.then_some(text).ok_or_else(|| {
        Fault::new(
            pointer,
            "bank_details_invalid",
            "one or two digits or `X`, or nothing",
        )
    })
}

fn is_check(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'X')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ana() -> BankDetails {
        BankDetails {
            bank: "341".to_owned(),
            bank_name: " Itaú ".to_owned(),
            branch: "0001".to_owned(),
            account_number: "0012345".to_owned(),
            account_digit: "x".to_owned(),
            account_type: AccountType::Checking,
            holder_name: "Ana Lima".to_owned(),
            tax_document: "111.444.777-35".to_owned(),
        }
    }

    #[test]
    fn details_are_kept_in_one_way() {
        let kept = ana().checked().unwrap();
        assert_eq!(
            (kept.bank_name.as_str(), kept.account_digit.as_str()),
            ("Itaú", "X")
        );
        assert_eq!(kept.tax_document, "11144477735");
        let written_otherwise = BankDetails {
            branch: "1-9".to_owned(),
            account_number: "12345".to_owned(),
            ..ana()
        };
        assert_eq!(written_otherwise.checked().unwrap().account(), kept.account());
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let wrong = BankDetails {
            bank: "34".to_owned(),
            bank_name: String::new(),
            branch: "1-23".to_owned(),
            account_number: "12-3".to_owned(),
            account_digit: "123".to_owned(),
            holder_name: "a\nb".to_owned(),
            tax_document: "1".to_owned(),
            ..ana()
        };
        let pointers: Vec<_> = wrong
            .checked()
            .unwrap_err()
            .into_iter()
            .map(|fault| fault.pointer)
            .collect();
        assert_eq!(
            pointers,
            [
                "/bank",
                "/bank_name",
                "/branch",
                "/account_number",
                "/account_digit",
                "/holder_name",
                "/tax_document"
            ]
        );
    }

    #[test]
    fn only_the_end_is_shown_and_of_what_is_short_nothing() {
        for (text, shown) in [
            ("", "***"),
            ("123", "***"),
            ("0001", "***01"),
            ("1234567", "***67"),
            ("12345678", "***5678"),
            ("11222333000181", "***0181"),
        ] {
            assert_eq!(masked(text), shown);
        }
        assert_eq!(format!("{:?}", ana()), "BankDetails { .. }");
        assert_eq!(
            ana().for_audit(),
            json!({ "bank": "341", "account_number": "***45" })
        );
    }
}
