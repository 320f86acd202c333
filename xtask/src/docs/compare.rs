//! What a page shows beside what was printed. What is another each time is masked: ids, times, tokens, sequences. `…` in a
//! line stands for anything there, and a line that is `…` for any lines.

/// Whether `printed` is what the page shows.
///
/// # Errors
/// The first line of the page that is not found.
pub(super) fn agrees(shown: &[String], printed: &str) -> Result<(), String> {
    let shown: Vec<String> = trimmed(shown.iter().map(String::as_str));
    let printed: Vec<String> = trimmed(printed.lines());
    let mut furthest = 0;
    if lines(&shown, &printed, 0, &mut furthest) {
        return Ok(());
    }
    Err(match shown.get(furthest) {
        Some(line) => format!("the page shows `{line}`"),
        None => "more is printed than the page shows".to_owned(),
    })
}

/// Without blank lines around, and masked.
fn trimmed<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let lines: Vec<String> = lines.map(|line| masked(line.trim_end())).collect();
    let blank = |line: &&String| line.is_empty();
    let from = lines.iter().take_while(blank).count();
    let behind = lines.iter().rev().take_while(blank).count();
    lines
        .get(from..lines.len().saturating_sub(behind))
        .unwrap_or_default()
        .to_vec()
}

fn lines(shown: &[String], printed: &[String], at: usize, furthest: &mut usize) -> bool {
    *furthest = (*furthest).max(at);
    let Some(line) = shown.first() else {
        return printed.is_empty();
    };
    let rest = shown.get(1..).unwrap_or_default();
    if line == "…" {
        return (0..=printed.len()).any(|skipped| {
            let left = printed.get(skipped..).unwrap_or_default();
            lines(rest, left, at + 1, furthest)
        });
    }
    let Some((first, left)) = printed.split_first() else {
        return false;
    };
    fits(line, first) && lines(rest, left, at + 1, furthest)
}

/// Whether a line is like a pattern in which each `…` stands for anything.
fn fits(pattern: &str, line: &str) -> bool {
    let mut pieces = pattern.split('…');
    let first = pieces.next().unwrap_or_default();
    let Some(mut left) = line.strip_prefix(first) else {
        return false;
    };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, between)) = pieces.split_last() else {
        return left.is_empty();
    };
    for piece in between {
        match left.find(piece) {
            Some(at) => left = left.get(at + piece.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    left.ends_with(last)
}

/// With what is another each time replaced by its kind.
pub(super) fn masked(line: &str) -> String {
    let mut masked = String::new();
    let mut rest = line;
    while let Some(char) = rest.chars().next() {
        let whole_word = masked
            .chars()
            .last()
            .is_none_or(|before| !before.is_alphanumeric());
        let found = if whole_word { volatile(rest, &masked) } else { None };
        let taken = match found {
            Some((length, kind)) => {
                masked += kind;
                length
            }
            None => {
                masked.push(char);
                char.len_utf8()
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    masked
}

/// How long what begins here is, if it is another each time, and what it is.
fn volatile(text: &str, before: &str) -> Option<(usize, &'static str)> {
    const ID: &str = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
    const TIME: &str = "dddd-dd-ddTdd:dd:dd";
    if shaped(text, ID) {
        return Some((ID.len(), "<id>"));
    }
    if shaped(text, TIME) {
        let fraction = text.get(TIME.len()..).unwrap_or_default();
        let fraction = fraction
            .find(|char: char| char != '.' && !char.is_ascii_digit())
            .unwrap_or(fraction.len());
        let zone = text.get(TIME.len() + fraction..)?.starts_with('Z');
        return zone.then_some((TIME.len() + fraction + 1, "<time>"));
    }
    if ["mk_", "ms_", "ml_"].iter().any(|kind| text.starts_with(kind)) {
        let secret = |char: char| char.is_ascii_alphanumeric() || char == '_' || char == '-';
        let length = text.find(|char| !secret(char)).unwrap_or(text.len());
        return (length > 40).then_some((length, "<token>"));
    }
    let digits = text
        .find(|char: char| !char.is_ascii_digit())
        .unwrap_or(text.len());
    (digits > 0 && before.ends_with("sequence ")).then_some((digits, "<number>"))
}

/// Whether `text` begins with hexadecimal digits at each `h`, digits at each `d`, and the rest as it stands.
fn shaped(text: &str, shape: &str) -> bool {
    text.len() >= shape.len()
        && text
            .bytes()
            .zip(shape.bytes())
            .all(|(byte, wanted)| match wanted {
                b'h' => byte.is_ascii_hexdigit(),
                b'd' => byte.is_ascii_digit(),
                other => byte == other,
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn ids_times_tokens_and_sequences_may_be_others() {
        let page =
            "order 01a206a8-5204-769b-8182-bed0dec50eb6 at 2026-11-22T08:27:48.832Z, live as sequence 4";
        let printed =
            "order 01b206a8-5204-769b-8182-bed0dec50eb6 at 2027-01-02T08:27:48Z, live as sequence 17";
        assert_eq!(agrees(&shown(page), printed), Ok(()));
        assert_eq!(
            masked("{\"token\":\"ms_0123456789012345678901234567890123456789-x\"}"),
            "{\"token\":\"<token>\"}"
        );
    }

    #[test]
    fn anything_else_may_not() {
        let page = shown("brand acme made\n3 rules");
        assert_eq!(agrees(&page, "brand acme made\n3 rules\n\n"), Ok(()));
        for wrong in [
            "brand acme made\n4 rules",
            "brand acme made",
            "brand acme made\n3 rules\nand more",
            "",
        ] {
            assert!(agrees(&page, wrong).is_err(), "{wrong:?}");
        }
        assert!(
            agrees(&shown("4 rules"), "3 rules")
                .unwrap_err()
                .contains("4 rules")
        );
        assert!(agrees(&[], "something").is_err());
    }

    #[test]
    fn an_ellipsis_stands_for_what_the_page_leaves_out() {
        assert_eq!(
            agrees(
                &shown("{\"id\":\"…\",…,\"n\":3}"),
                "{\"id\":\"x\",\"m\":1,\"n\":3}"
            ),
            Ok(())
        );
        assert_eq!(agrees(&shown("first\n…\nlast"), "first\na\nb\nlast"), Ok(()));
        assert_eq!(agrees(&shown("first\n…\nlast"), "first\nlast"), Ok(()));
        assert!(agrees(&shown("first\n…\nlast"), "first\na\nb").is_err());
        assert!(agrees(&shown("{\"n\":…3}"), "{\"n\":24}").is_err());
    }
}
