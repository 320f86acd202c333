//! The visitor's language: `Accept-Language` against the languages of a brand (RFC 9110, RFC 4647).

/// Ranges beyond this many are not looked at; browsers send a handful.
const MAX_RANGES: usize = 32;

/// The language of `languages` that the header asks for most, else `default`.
///
/// Higher `q` wins, then the earlier range. `en-US` is satisfied by `en`, `en` by `en-gb`, `*` by the default;
/// `q=0` rules a language out. A malformed range is skipped.
///
/// ```
/// use marquee_shared::language::negotiate;
/// let languages = ["en".to_owned(), "es".to_owned()];
/// assert_eq!(negotiate("es-MX,es;q=0.9,en;q=0.8", &languages, "en"), "es");
/// assert_eq!(negotiate("fr", &languages, "en"), "en");
/// ```
#[must_use]
pub fn negotiate<'a>(header: &str, languages: &'a [String], default: &'a str) -> &'a str {
    let mut best: Option<(u16, &'a str)> = None;
    for (range, quality) in ranges(header) {
        if quality == 0 || best.is_some_and(|(highest, _)| highest >= quality) {
            continue;
        }
        let wanted = if range == "*" {
            Some(default)
        } else {
            satisfying(range, languages)
        };
        if let Some(language) = wanted.filter(|language| !ruled_out(header, language)) {
            best = Some((quality, language));
        }
    }
    best.map_or(default, |(_, language)| language)
}

/// The longest language that is the range or a parent of it, else the first below it.
fn satisfying<'a>(range: &str, languages: &'a [String]) -> Option<&'a str> {
    let parents = languages.iter().filter(|language| within(range, language));
    let parent = parents.max_by_key(|language| language.len());
    parent
        .or_else(|| languages.iter().find(|language| within(language, range)))
        .map(String::as_str)
}

fn ruled_out(header: &str, language: &str) -> bool {
    ranges(header).any(|(range, quality)| quality == 0 && range.eq_ignore_ascii_case(language))
}

/// `en-US` is within `en`.
fn within(tag: &str, parent: &str) -> bool {
    let head = tag
        .get(..parent.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(parent));
    head && matches!(tag.as_bytes().get(parent.len()), None | Some(b'-'))
}

/// The ranges with their quality in thousandths.
fn ranges(header: &str) -> impl Iterator<Item = (&str, u16)> {
    header.split(',').take(MAX_RANGES).filter_map(|item| {
        let mut parts = item.split(';').map(str::trim_ascii);
        let range = parts.next().filter(|range| !range.is_empty())?;
        let quality = match parts.next() {
            None => 1_000,
            Some(weight) => thousandths(weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?)?,
        };
        Some((range, quality))
    })
}

/// `0.85` is 850. More than three decimals, or more than 1, is not a quality.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(header: &str) -> &'static str {
        let languages = ["en", "es", "pt-br"].map(String::from);
        let language = negotiate(header, &languages, "en");
        ["en", "es", "pt-br"]
            .into_iter()
            .find(|known| *known == language)
            .unwrap()
    }

    #[test]
    fn the_highest_quality_wins_wherever_it_stands() {
        assert_eq!(chosen("en;q=0.3, es;q=0.9"), "es");
        assert_eq!(chosen("es;q=0.5,en"), "en");
        assert_eq!(chosen("es,en"), "es");
        assert_eq!(chosen("fr, de;q=0.9, es;q=0.1"), "es");
    }

    #[test]
    fn a_region_is_satisfied_by_its_language_and_the_other_way_round() {
        assert_eq!(chosen("es-MX"), "es");
        assert_eq!(chosen("ES-419;q=0.8"), "es");
        assert_eq!(chosen("pt"), "pt-br");
        assert_eq!(chosen("pt-PT"), "en");
        assert_eq!(chosen("est"), "en");
    }

    #[test]
    fn zero_rules_out_and_a_star_is_the_default() {
        assert_eq!(chosen("es;q=0"), "en");
        assert_eq!(chosen("*, es;q=0.5"), "en");
        assert_eq!(chosen("es;q=0.5, *;q=0.1"), "es");
        assert_eq!(chosen("es-MX, es;q=0"), "en");
    }

    #[test]
    fn nonsense_is_the_default() {
        for header in [
            "",
            ",",
            ";;",
            "es;q=2",
            "es;q=-1",
            "es;q=0.1234",
            "es;level=1",
            "\u{0}",
            "ü;q=0.5",
            "é-x",
        ] {
            assert_eq!(chosen(header), "en", "{header}");
        }
        assert_eq!(chosen(&"fr,".repeat(10_000)), "en");
    }
}
