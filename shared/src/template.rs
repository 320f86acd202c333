//! Templates: https URLs with placeholders such as `{zip}`, whose values are always percent-encoded.

/// The placeholders every template may use; attribute rules add one per variable.
pub const PLACEHOLDERS: [&str; 12] = [
    "zip", "zip4", "state", "city", "language", "device", "media", "product", "brand", "rule", "revision",
    "hit",
];

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    Text(&'a str),
    /// The name between braces.
    Placeholder(&'a str),
}

/// The pieces of a template, in order. A brace that opens or closes nothing is text; publishing refuses it.
pub fn parts(template: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if let Some((name, after)) = placeholder(rest) {
            rest = after;
            return Some(Part::Placeholder(name));
        }
        if rest.is_empty() {
            return None;
        }
        let opens = |(at, _): &(usize, &str)| rest.get(*at..).is_some_and(|tail| placeholder(tail).is_some());
        let end = rest
            .match_indices('{')
            .find(opens)
            .map_or(rest.len(), |(at, _)| at);
        let (text, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(Part::Text(text))
    })
}

/// `{name}` at the front, and what follows.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix('{')?.split_once('}')?;
    is_name(name).then_some((name, after))
}

/// `[a-z][a-z0-9_]*`, at most 40: the name of a placeholder, hence of a variable.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let tail = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() <= 40 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.bytes().all(tail)
}

/// The authority of an https URL, as written: `quotes.example` or `quotes.example:8443`. Nothing else than
/// `https://`, host and port passes, so that no browser reads another host than we do.
///
/// ```
/// use marquee_shared::template::host;
/// assert_eq!(host("https://quotes.example/auto?zip={zip}"), Some("quotes.example"));
/// for url in ["http://a.example/", "https:/a.example/", "https://a@b.example/", "https://a.example\\@b.example/"] {
///     assert_eq!(host(url), None);
/// }
/// ```
#[must_use]
pub fn host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b':');
    (!host.is_empty() && host.bytes().all(plain)).then_some(host)
}

/// Appends bytes to a URL, all but RFC 3986's unreserved characters percent-encoded.
pub fn encode(url: &mut String, bytes: impl IntoIterator<Item = u8>) {
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            url.push(char::from(byte));
        } else {
            url.push('%');
            for nibble in [byte >> 4, byte & 0x0f] {
                url.extend(char::from_digit(u32::from(nibble), 16).map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
}

/// The bytes of a query's name or value: `%41` and `+` decoded once, anything malformed as it stands.
pub fn decode(text: &str) -> impl Iterator<Item = u8> + Clone {
    let mut rest = text.as_bytes();
    std::iter::from_fn(move || {
        let (first, after) = rest.split_first()?;
        rest = after;
        match first {
            b'+' => Some(b' '),
            b'%' => {
                let Some(([high, low], after)) = after.split_first_chunk::<2>() else {
                    return Some(b'%');
                };
                let digit = |byte: &u8| {
                    char::from(*byte)
                        .to_digit(16)
                        .and_then(|digit| u8::try_from(digit).ok())
                };
                let (Some(high), Some(low)) = (digit(high), digit(low)) else {
                    return Some(b'%');
                };
                rest = after;
                Some(high << 4 | low)
            }
            byte => Some(*byte),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_falls_into_text_and_placeholders() {
        use Part::{Placeholder, Text};
        let all = |template| parts(template).collect::<Vec<_>>();
        assert_eq!(
            all("a{zip}b{city}"),
            [Text("a"), Placeholder("zip"), Text("b"), Placeholder("city")]
        );
        assert_eq!(all("{zip}{zip}"), [Placeholder("zip"), Placeholder("zip")]);
        assert_eq!(all("{a{zip}"), [Text("{a"), Placeholder("zip")]);
        assert_eq!(all("{}{Zip}{z"), [Text("{}{Zip}{z")]);
        assert_eq!(all(""), []);
    }

    #[test]
    fn e11_only_a_plain_https_host_is_one() {
        let bad = [
            "",
            "//evil.example",
            "/\\evil.example",
            "https:evil.example",
            "https:///evil.example",
            "javascript:x",
            "HTTPS://a.example",
            "https://A.example",
            "https://a.example%2f@b.example",
            "https://a.example\r\nX: y",
            "https://ａ.example",
            "https://{zip}.example/",
            "https:\\\\a.example",
            " https://a.example",
            "https://[::1]/",
        ];
        for url in bad {
            assert_eq!(host(url), None, "{url}");
        }
        assert_eq!(host("https://a.example:8443?x"), Some("a.example:8443"));
        assert_eq!(host("https://a.example#x"), Some("a.example"));
    }

    #[test]
    fn values_are_encoded_and_decoded_once() {
        let mut url = String::new();
        encode(&mut url, "New York/é&=+%".bytes());
        assert_eq!(url, "New%20York%2F%C3%A9%26%3D%2B%25");
        assert_eq!(decode(&url).collect::<Vec<_>>(), "New York/é&=+%".as_bytes());
        assert_eq!(decode("a+b%zz%4%2541").collect::<Vec<_>>(), b"a b%zz%4%41");
    }
}
