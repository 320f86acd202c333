//! Codes: how brands, products, languages, channels and variants are named, in rules, URLs and hits.

/// Whether this could be a code: `[a-z0-9][a-z0-9-]{0,39}`.
///
/// ```
/// use marquee_shared::code::is_code;
/// assert!(is_code("auto-2"));
/// assert!(!is_code("Auto") && !is_code("-auto") && !is_code(""));
/// ```
#[must_use]
pub fn is_code(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&text.len()) && !text.starts_with('-') && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_short_and_plain() {
        let long = "a".repeat(40);
        for good in ["a", "0", "auto-2", "a-", &long] {
            assert!(is_code(good), "{good}");
        }
        for bad in ["", "-a", "Auto", "a_b", "ä", "a b", &format!("{long}a")] {
            assert!(!is_code(bad), "{bad}");
        }
    }
}
