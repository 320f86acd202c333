use std::fmt;

/// An address that mail can be sent to, as far as one can tell without sending any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::accounts) struct Email(String);

impl Email {
    /// `None`: not an address.
    pub(in crate::accounts) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, domain) = text.split_once('@')?;
        let fine = text.len() <= 254
            && text.bytes().all(|byte| byte.is_ascii_graphic())
            && !local.is_empty()
            && !domain.is_empty()
            && !domain.contains('@');
        fine.then(|| Self(text.to_owned()))
    }

    pub(in crate::accounts) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for good in ["ana@acme.example", "  Ana.Lima+x@acme.example ", "a@b"] {
            assert_eq!(Email::parse(good).unwrap().as_str(), good.trim());
        }
        let long = format!("{}@acme.example", "a".repeat(250));
        for bad in [
            "",
            "ana",
            "@acme",
            "ana@",
            "a@b@c",
            "a b@c",
            "ána@acme.example",
            "a\n@b",
            &long,
        ] {
            assert_eq!(Email::parse(bad), None, "{bad:?}");
        }
    }
}
