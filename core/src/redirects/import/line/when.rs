//! The columns that say whom a rule is for.

use marquee_shared::code::is_code;
use marquee_shared::rules::{When, ZipClause};
use marquee_shared::zip::State;

use super::super::{Repair, zip};
use super::Fields;

impl Fields<'_, '_> {
    pub(super) fn when(&mut self) -> When {
        When {
            product: self.codes("product"),
            language: self.codes("language"),
            device: self.codes("device"),
            media: self.codes("media"),
            state: self.set("state", |fields, text| {
                if State::parse(text).is_some_and(|state| state.code() == text) {
                    return Some(text.to_owned());
                }
                let meant = State::parse(text).map(|state| state.code().to_owned());
                fields.refuse(
                    "state",
                    text,
                    "state",
                    "not a state's two letters, upper case",
                    meant,
                );
                None
            }),
            zip: self.set("zip", Self::zip),
        }
    }

    /// A set joined by `|`; nothing means any.
    pub(super) fn set<T>(&mut self, column: &str, parse: impl Fn(&mut Self, &str) -> Option<T>) -> Vec<T> {
        let text = self.line.field(column);
        if text.is_empty() {
            return Vec::new();
        }
        let mut set = Vec::new();
        for item in text.split('|').map(str::trim) {
            if item.is_empty() {
                self.refuse(column, text, "empty_item", "nothing between two `|`", None);
            } else if let Some(value) = parse(self, item) {
                set.push(value);
            }
        }
        set
    }

    fn codes(&mut self, column: &str) -> Vec<String> {
        self.set(column, |fields, text| {
            if is_code(text) {
                return Some(text.to_owned());
            }
            let plain = text.to_lowercase().replace([' ', '_'], "-");
            let suggestion = is_code(&plain).then_some(plain);
            fields.refuse(
                column,
                text,
                "code",
                "a code has small letters, digits and `-`, at most 40",
                suggestion,
            );
            None
        })
    }

    fn zip(&mut self, text: &str) -> Option<ZipClause> {
        match zip::clause(text) {
            Ok(clause) => Some(clause),
            Err(doubt) => match doubt.repair.filter(|_| self.repair) {
                Some(clause) => {
                    let (from, to) = (text.to_owned(), clause.to_string());
                    let repair = Repair {
                        line: self.line.number,
                        column: "zip".to_owned(),
                        from,
                        to,
                    };
                    self.parsed.repairs.push(repair);
                    Some(clause)
                }
                None => {
                    self.refuse("zip", text, doubt.code, &doubt.reason, doubt.suggestion);
                    None
                }
            },
        }
    }
}
