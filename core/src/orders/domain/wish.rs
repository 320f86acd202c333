//! What somebody wants of a talent.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalogue::{Fault, Faults, line, paragraph};
use crate::locale::Locale;

/// Who the video is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ForWhom {
    /// Whoever orders it.
    Myself,
    /// Somebody to whom they give it.
    SomeoneElse,
}

impl ForWhom {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Myself => "myself",
            Self::SomeoneElse => "someone_else",
        }
    }
}

/// As it comes.
#[derive(Clone, Debug)]
pub struct Wish {
    pub for_whom: ForWhom,
    pub is_from: Option<String>,
    pub is_to: String,
    pub instruction: String,
    pub occasion: Option<String>,
    /// In which the talent is to speak.
    pub language: Locale,
    pub is_public: bool,
}

/// As a talent reads it: checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief {
    pub for_whom: ForWhom,
    pub is_from: String,
    pub is_to: String,
    pub instruction: String,
    pub occasion: Option<String>,
    pub language: Locale,
    pub is_public: bool,
}

const NAME_CHARACTERS: usize = 80;
const INSTRUCTION_CHARACTERS: usize = 2_000;

impl Wish {
    /// All that is wrong, told at once. Who orders for themselves need not say twice who they are.
    pub fn check(self, faults: &mut Faults) -> Option<Brief> {
        let name = |pointer: &str, text: &str| line(pointer, text, NAME_CHARACTERS);
        let is_to = faults.sift(name("/is_to", &self.is_to));
        let given = self.is_from.as_deref().filter(|text| !text.trim().is_empty());
        let is_from = match (given, self.for_whom) {
            (Some(text), _) => faults.sift(name("/is_from", text)),
            (None, ForWhom::Myself) => is_to.clone(),
            (None, ForWhom::SomeoneElse) => faults.sift(Err(Fault::new(
                "/is_from",
                "missing",
                "say who gives it, for it is for someone else",
            ))),
        };
        let occasion = self
            .occasion
            .map(|text| faults.sift(line("/occasion", &text, NAME_CHARACTERS)));
        let instruction =
            paragraph("/instruction", &self.instruction, INSTRUCTION_CHARACTERS).and_then(|text| {
                let empty = || Fault::new("/instruction", "missing", "say what the video is to be about");
                if text.is_empty() { Err(empty()) } else { Ok(text) }
            });
        let instruction = faults.sift(instruction);
        Some(Brief {
            for_whom: self.for_whom,
            is_from: is_from?,
            is_to: is_to?,
            instruction: instruction?,
            occasion: match occasion {
                Some(occasion) => Some(occasion?),
                None => None,
            },
            language: self.language,
            is_public: self.is_public,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(for_whom: ForWhom, is_from: Option<&str>) -> Wish {
        Wish {
            for_whom,
            is_from: is_from.map(str::to_owned),
            is_to: " Bia ".to_owned(),
            instruction: "Sing.".to_owned(),
            occasion: None,
            language: Locale::En,
            is_public: false,
        }
    }

    fn check(wish: Wish) -> Result<Brief, Vec<Fault>> {
        let mut faults = Faults::default();
        let brief = wish.check(&mut faults);
        faults.none()?;
        Ok(brief.unwrap())
    }

    #[test]
    fn who_orders_for_themselves_need_not_say_twice_who_they_are() {
        let brief = check(wish(ForWhom::Myself, None)).unwrap();
        assert_eq!((brief.is_from.as_str(), brief.is_to.as_str()), ("Bia", "Bia"));
        let brief = check(wish(ForWhom::Myself, Some("Beatriz"))).unwrap();
        assert_eq!(brief.is_from, "Beatriz");
    }

    #[test]
    fn a_gift_says_from_whom_it_is() {
        for nobody in [None, Some(""), Some("  ")] {
            let faults = check(wish(ForWhom::SomeoneElse, nobody)).unwrap_err();
            assert_eq!((faults.len(), faults[0].pointer.as_str()), (1, "/is_from"));
        }
        assert!(check(wish(ForWhom::SomeoneElse, Some("Caio"))).is_ok());
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let wish = Wish {
            is_to: "a\nb".to_owned(),
            instruction: "x".repeat(2_001),
            occasion: Some(String::new()),
            ..wish(ForWhom::Myself, Some(&"x".repeat(81)))
        };
        let faults = check(wish).unwrap_err();
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/is_to", "/is_from", "/occasion", "/instruction"]);
    }
}
