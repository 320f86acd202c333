/// `1.234,50`, `1,234.5` or `1234` in the smallest unit. The last sign that is no digit is the decimal one, unless
/// three digits follow it and the currency has fewer: nobody means a thousandth of a cent.
pub(super) fn minor(text: &str, decimals: u32) -> Option<i64> {
    let text = text.trim();
    let width = usize::try_from(decimals).ok()?;
    let (whole, part) = match text.rsplit_once([',', '.']) {
        Some((whole, part)) if part.len() <= width => (whole, part),
        _ => (text, ""),
    };
    let whole: String = whole
        .chars()
        .filter(|sign| !matches!(sign, ',' | '.' | ' '))
        .collect();
    let (sign, whole) = whole
        .strip_prefix('-')
        .map_or(("", whole.as_str()), |whole| ("-", whole));
    let digits = format!("{whole}{part:0<width$}");
    if whole.is_empty() || !digits.bytes().all(|sign| sign.is_ascii_digit()) {
        return None;
    }
    format!("{sign}{digits}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p10_amounts_are_read_as_people_write_them() {
        for (text, decimals, amount) in [
            ("150", 2, Some(15_000)),
            ("150,5", 2, Some(15_050)),
            ("150.05", 2, Some(15_005)),
            ("1.234.567,89", 2, Some(123_456_789)),
            ("1,234", 2, Some(123_400)),
            ("1234", 0, Some(1_234)),
            ("1.234", 0, Some(1_234)),
            ("1.234", 3, Some(1_234)),
            ("-3", 2, Some(-300)),
            ("", 2, None),
            ("abc", 2, None),
            ("1e3", 2, None),
            ("99999999999999999999", 2, None),
        ] {
            assert_eq!(minor(text, decimals), amount, "{text}");
        }
    }
}
