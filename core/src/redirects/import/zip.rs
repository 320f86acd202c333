//! ZIPs as people and spreadsheets write them.

use marquee_shared::rules::{NotAZip, ZipClause};

/// Why a text is no ZIP clause, and what was probably meant.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Doubt {
    pub(super) code: &'static str,
    pub(super) reason: String,
    pub(super) suggestion: Option<String>,
    /// The only doubt we may settle ourselves: a plain number that lost its leading zeros.
    pub(super) repair: Option<ZipClause>,
}

/// `02108`, `021*` or `10001-10099`; everything else is a doubt.
pub(super) fn clause(text: &str) -> Result<ZipClause, Doubt> {
    text.parse().map_err(|error: NotAZip| {
        if let Some(repair) = padded(text) {
            return Doubt {
                code: "zip_leading_zero",
                reason: format!(
                    "`{text}` has {} digits: a spreadsheet has probably eaten the leading zeros of a ZIP",
                    text.len()
                ),
                suggestion: Some(repair.to_string()),
                repair: Some(repair),
            };
        }
        Doubt {
            code: "zip",
            reason: error.to_string(),
            suggestion: meant(text),
            repair: None,
        }
    })
}

/// Three or four digits: the lowest ZIP is 00501, so shorter ones never were ZIPs.
fn padded(text: &str) -> Option<ZipClause> {
    let short = matches!(text.len(), 3 | 4) && text.bytes().all(|byte| byte.is_ascii_digit());
    short.then(|| format!("{text:0>5}").parse().ok()).flatten()
}

/// A guess for a person to look at, never taken by itself.
fn meant(text: &str) -> Option<String> {
    let plain = text.replace(['–', '—'], "-").replace(' ', "");
    let guess = match plain.split_once('-') {
        // ZIP+4: rules know five digits.
        Some((zip, plus4)) if zip.len() == 5 && plus4.len() == 4 => zip.to_owned(),
        Some((first, last)) if first > last && first.len() == 5 && last.len() == 5 => {
            format!("{last}-{first}")
        }
        Some((first, last)) if first == last => format!("{first:0>5}"),
        Some((first, last)) => format!("{first:0>5}-{last:0>5}"),
        None if plain.len() == 9 => plain.get(..5)?.to_owned(),
        None => {
            // `2108.0`, as number columns become text.
            let whole = plain.split_once('.').map_or(plain.as_str(), |(whole, _)| whole);
            if whole.len() < 3 || whole.ends_with('*') {
                whole.to_owned()
            } else {
                format!("{whole:0>5}")
            }
        }
    };
    (guess != text)
        .then(|| guess.parse::<ZipClause>().ok())
        .flatten()
        .map(|clause| clause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zip_that_lost_its_zeros_is_doubted_never_mended() {
        for (text, zip) in [("2108", "02108"), ("501", "00501"), ("0501", "00501")] {
            let doubt = clause(text).unwrap_err();
            assert_eq!(doubt.code, "zip_leading_zero");
            assert_eq!(doubt.suggestion.as_deref(), Some(zip));
            assert_eq!(
                doubt.repair.map(|clause| clause.to_string()).as_deref(),
                Some(zip)
            );
        }
    }

    #[test]
    fn other_mistakes_get_a_suggestion_where_one_is_likely_and_no_repair() {
        for (text, suggestion) in [
            ("02108-1234", Some("02108")),
            ("021081234", Some("02108")),
            ("10099-10001", Some("10001-10099")),
            ("10001 – 10099", Some("10001-10099")),
            ("501-599", Some("00501-00599")),
            ("2108.0", Some("02108")),
            ("10001-10001", Some("10001")),
            ("21*", None),
            ("21", None),
            ("123456", None),
            ("１２３４５", None),
            ("NY", None),
            ("", None),
            ("2.108E+3", None),
        ] {
            let doubt = clause(text).unwrap_err();
            assert_eq!(
                (text, doubt.suggestion.as_deref(), doubt.repair),
                (text, suggestion, None)
            );
        }
    }
}
