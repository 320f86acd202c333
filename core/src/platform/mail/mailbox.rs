use std::fmt;

/// How long a name may be; the rest of it is cut off.
const MAX_NAME_CHARS: usize = 100;

/// Somebody who can be written to: an address, and a name unless it is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    address: String,
    name: String,
}

impl Mailbox {
    /// `None`: no address that mail can be sent to, as far as one can tell without sending any. The name may be
    /// anything; what could not stand in a line is left out.
    pub fn new(address: &str, name: &str) -> Option<Self> {
        let address = address.trim();
        is_address(address).then(|| Self {
            address: address.to_owned(),
            name: one_line(name).chars().take(MAX_NAME_CHARS).collect(),
        })
    }

    /// As people write it: `Ana Lima <ana@acme.example>`, or the address alone.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => Self::new(address, name.trim().trim_matches('"')),
            None => Self::new(text, ""),
        }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            f.write_str(&self.address)
        } else {
            write!(f, "{} <{}>", self.name, self.address)
        }
    }
}

/// The addresses that browsers let people type: no quotes, comments or brackets, which are nobody's and everybody's
/// parser's trouble.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let is_local = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&byte);
    let is_label = |label: &str| {
        let inner = label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..=63).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() <= 254
        && (1..=64).contains(&local.len())
        && local.bytes().all(is_local)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.split('.').all(is_label)
}

/// What was given, in one line that nothing can be hidden in: controls, line breaks of any kind and marks that turn
/// the direction of writing become spaces, of which none follow each other.
pub(super) fn one_line(text: &str) -> String {
    let unseen = |char: char| {
        char.is_control()
            || matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let words = text.split(|char: char| char.is_whitespace() || unseen(char));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for good in [
            "ana@acme.example",
            " Ana.Lima+x@acme.example ",
            "a@b",
            "o'hara_1@a-b.example",
        ] {
            assert_eq!(Mailbox::new(good, "").unwrap().address(), good.trim());
        }
        let long = format!("{}@acme.example", "a".repeat(65));
        for bad in [
            "",
            "ana",
            "@acme",
            "ana@",
            "a@b@c",
            "a b@c",
            "ána@acme.example",
            "a\n@b",
            "a\r\nBcc: x@y@b",
            "<a@b>",
            "\"a\"@b",
            "a,b@c",
            "a..b@c",
            "a@b..c",
            "a@-b",
            &long,
        ] {
            assert_eq!(Mailbox::new(bad, ""), None, "{bad:?}");
        }
    }

    #[test]
    fn a_name_is_one_line() {
        let named = |name| Mailbox::new("a@b", name).unwrap().name().to_owned();
        assert_eq!(named("Ana\r\nBcc: x@y"), "Ana Bcc: x@y");
        assert_eq!(named("  João   da \u{2028} Silva\u{202e}\0 "), "João da Silva");
        assert_eq!(named(&"ü".repeat(500)).chars().count(), 100);
    }

    #[test]
    fn a_mailbox_is_read_as_people_write_it() {
        let ana = Mailbox::new("ana@acme.example", "Ana Lima");
        assert_eq!(Mailbox::parse("Ana Lima <ana@acme.example>"), ana);
        assert_eq!(Mailbox::parse("\"Ana Lima\" <ana@acme.example>"), ana);
        assert_eq!(
            Mailbox::parse("ana@acme.example"),
            Mailbox::new("ana@acme.example", "")
        );
        assert_eq!(Mailbox::parse("Ana Lima"), None);
    }
}
