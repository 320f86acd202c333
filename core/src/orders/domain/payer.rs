use std::fmt;

use serde::{Deserialize, Serialize};
use time::Date;
use time::macros::date;
use utoipa::ToSchema;

use crate::catalogue::{Fault, Faults, line, phone, tax_document};

time::serde::format_description!(birth_date, Date, "[year]-[month]-[day]");

/// Who pays for an order, where a gateway wants to know
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Payer {
    pub buyer: Party,
    /// Whose card it is, unless it is the buyer's
    pub card_holder: Option<Party>,
}

/// Somebody, as a gateway wants to know them
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PayerParty)]
pub struct Party {
    /// At most 100 characters
    #[schema(example = "Caio Souza")]
    pub name: String,
    /// Year, month, day
    #[serde(with = "birth_date")]
    #[schema(value_type = String, format = Date, example = "1990-01-31")]
    pub birth_date: Date,
    /// A CPF or a CNPJ
    #[schema(example = "111.444.777-35")]
    pub tax_document: String,
    /// International: with the country's code
    #[schema(example = "+5511999990000")]
    pub phone: String,
}

/// Nothing of it gets into a log by mistake.
impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Party").finish_non_exhaustive()
    }
}

/// Nobody who orders was born before.
const EARLIEST: Date = date!(1900 - 01 - 01);

impl Payer {
    /// As it is kept; all that is wrong is told at once.
    pub fn check(self, today: Date, faults: &mut Faults) -> Option<Self> {
        let buyer = self.buyer.check("/payer/buyer", today, faults);
        let holder = self
            .card_holder
            .map(|holder| holder.check("/payer/card_holder", today, faults));
        Some(Self {
            buyer: buyer?,
            card_holder: match holder {
                Some(holder) => Some(holder?),
                None => None,
            },
        })
    }
}

impl Party {
    fn check(self, at: &str, today: Date, faults: &mut Faults) -> Option<Self> {
        let name = faults.sift(line(&format!("{at}/name"), &self.name, 100));
        let born = (EARLIEST..today).contains(&self.birth_date);
        let birth_date = faults.sift(born.then_some(self.birth_date).ok_or_else(|| {
            let pointer = format!("{at}/birth_date");
            Fault::new(pointer, "date_invalid", "a day in the past, since 1900")
        }));
        let document = tax_document(&format!("{at}/tax_document"), &self.tax_document);
        let document = faults.sift(document);
        let phone = faults.sift(phone(&format!("{at}/phone"), &self.phone));
        Some(Self {
            name: name?,
            birth_date: birth_date?,
            tax_document: document?,
            phone: phone?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = date!(2026 - 11 - 20);

    fn caio() -> Party {
        Party {
            name: " Caio Souza ".to_owned(),
            birth_date: date!(1990 - 01 - 31),
            tax_document: "111.444.777-35".to_owned(),
            phone: "+55 11 99999-0000".to_owned(),
        }
    }

    fn check(payer: Payer) -> Result<Payer, Vec<Fault>> {
        let mut faults = Faults::default();
        let checked = payer.check(TODAY, &mut faults);
        faults.none()?;
        Ok(checked.unwrap())
    }

    #[test]
    fn what_is_kept_has_neither_blanks_nor_dots() {
        let payer = check(Payer {
            buyer: caio(),
            card_holder: None,
        });
        let buyer = payer.unwrap().buyer;
        assert_eq!(
            (
                buyer.name.as_str(),
                buyer.tax_document.as_str(),
                buyer.phone.as_str()
            ),
            ("Caio Souza", "11144477735", "+5511999990000")
        );
        assert_eq!(format!("{buyer:?}"), "Party { .. }");
    }

    #[test]
    fn all_that_is_wrong_of_both_is_told_at_once() {
        let nobody = Party {
            name: String::new(),
            birth_date: TODAY,
            tax_document: "1".to_owned(),
            phone: "1".to_owned(),
        };
        let faults = check(Payer {
            buyer: nobody.clone(),
            card_holder: Some(nobody),
        });
        let pointers: Vec<_> = faults
            .unwrap_err()
            .into_iter()
            .map(|fault| fault.pointer)
            .collect();
        let each = ["name", "birth_date", "tax_document", "phone"];
        let of = |who: &str| each.map(|field| format!("/payer/{who}/{field}"));
        assert_eq!(pointers, [of("buyer"), of("card_holder")].concat());
    }
}
