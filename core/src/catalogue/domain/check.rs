/// One thing wrong with what somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// JSON pointer into what was sent.
    pub pointer: String,
    pub code: &'static str,
    pub detail: String,
}

impl Fault {
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            code,
            detail: detail.into(),
        }
    }
}

/// All that is wrong, told at once.
#[derive(Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// What is good; what is not is kept in mind.
    pub fn sift<T>(&mut self, checked: Result<T, Fault>) -> Option<T> {
        checked.map_err(|fault| self.0.push(fault)).ok()
    }

    /// All faults, if there are any.
    pub fn none(self) -> Result<(), Vec<Fault>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

/// One line of text without blanks around it, 1 to `most` characters.
pub fn line(pointer: &str, text: &str, most: usize) -> Result<String, Fault> {
    let text = text.trim();
    let fine = (1..=most).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    let detail = || format!("one line of 1 to {most} characters");
    fine.then(|| text.to_owned())
        .ok_or_else(|| Fault::new(pointer, "text_invalid", detail()))
}

/// Lines of text, at most `most` characters, or none.
pub fn paragraph(pointer: &str, text: &str, most: usize) -> Result<String, Fault> {
    let text = text.trim().replace("\r\n", "\n");
    let is_odd = |char: char| char.is_control() && char != '\n';
    let fine = text.chars().count() <= most && !text.chars().any(is_odd);
    let detail = || format!("at most {most} characters, and of control characters only line breaks");
    fine.then_some(text)
        .ok_or_else(|| Fault::new(pointer, "text_invalid", detail()))
}

/// What a category is called in addresses.
pub(in crate::catalogue) fn is_slug(text: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut bytes = text.bytes();
    text.len() <= 50
        && bytes.next().is_some_and(sign)
        && bytes.all(|byte| sign(byte) || b"_-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_trimmed_and_bounded() {
        assert_eq!(line("/name", "  Ana Lima ", 10).unwrap(), "Ana Lima");
        assert_eq!(line("/name", "ãããã", 4).unwrap(), "ãããã");
        for bad in ["", "   ", "a\nb", "a\u{7}b", "12345"] {
            assert!(line("/name", bad, 4).is_err(), "{bad:?}");
        }
        assert_eq!(paragraph("/description", " a\r\nb ", 3).unwrap(), "a\nb");
        assert_eq!(paragraph("/description", "", 3).unwrap(), "");
        for bad in ["1234", "a\u{0}"] {
            assert!(paragraph("/description", bad, 3).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn slugs_stand_in_addresses() {
        for good in ["actors", "voice_actors", "pro-players", "2020"] {
            assert!(is_slug(good), "{good}");
        }
        for bad in ["", "_x", "Actors", "músicos", "a b", &"a".repeat(51)] {
            assert!(!is_slug(bad), "{bad}");
        }
    }
}
