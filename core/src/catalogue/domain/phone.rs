use super::check::Fault;

/// A telephone number as E.164 writes it, `+5511999990000`. Blanks, dots, hyphens and brackets may be between the
/// digits; the country's code must be there. Whether anybody answers is not asked.
pub fn phone(pointer: &str, text: &str) -> Result<String, Fault> {
    let text = text.trim();
    let digits: String = text.chars().filter(|char| !" .-()".contains(*char)).collect();
    let fine = digits.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0')
    });
    let detail = "an international telephone number: `+`, the country's code and the number, 8 to 15 digits";
    fine.then_some(digits)
        .ok_or_else(|| Fault::new(pointer, "phone_invalid", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_international() {
        for good in ["+5511999990000", "+55 (11) 99999-0000", " +55.11.99999.0000 "] {
            assert_eq!(phone("/phone", good).unwrap(), "+5511999990000");
        }
        for bad in [
            "",
            "11999990000",
            "+0511999990000",
            "+551199",
            "+5511999990000123",
            "+55119999x0000",
            "++5511999990000",
            "+٥٥١١٩٩٩٩٩٠٠٠٠",
        ] {
            assert!(phone("/phone", bad).is_err(), "{bad}");
        }
    }
}
