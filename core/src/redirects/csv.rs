//! The columns of a rule set as CSV (SPEC f), and the few spellings that reading and writing share.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// In the order in which they are written. They may be read in any order, and those not needed left out.
pub(super) const COLUMNS: [&str; 19] = [
    "kind", "rule", "enabled", "priority", "product", "language", "device", "media", "state", "zip", "from",
    "until", "split", "variant", "weight", "url", "system", "vars", "note",
];

/// In place of a URL: the brand's fallback.
pub(super) const FALLBACK: &str = "fallback";

/// What would end a variable or a value in `phone=…|media_code=…`.
const RESERVED: &AsciiSet = &CONTROLS.add(b'%').add(b'|').add(b'=');

/// `name=value`, both percent-encoded where needed: also a blank at the end, which reading cuts off.
pub(super) fn encode_variable(name: &str, value: &str) -> String {
    let text = format!(
        "{}={}",
        utf8_percent_encode(name, RESERVED),
        utf8_percent_encode(value, RESERVED)
    );
    let kept = text.trim_end_matches(' ');
    let blanks = text.len() - kept.len();
    format!("{kept}{}", "%20".repeat(blanks))
}

/// The inverse of [`encode_variable`]; `None` without `=` or with a `%` that does not begin two hex digits.
pub(super) fn decode_variable(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    Some((decode(name)?, decode(value)?))
}

fn decode(text: &str) -> Option<String> {
    let hex = |part: &str| part.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    if !text.split('%').skip(1).all(hex) || text.contains('=') {
        return None;
    }
    Some(percent_decode_str(text).decode_utf8().ok()?.into_owned())
}

/// Spreadsheets run what begins with these.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A note that no spreadsheet takes for a formula: an apostrophe before it, as they themselves write it.
pub(super) fn tame(note: &str) -> String {
    let wild = note.starts_with(FORMULA) || note.starts_with('\'');
    if wild { format!("'{note}") } else { note.to_owned() }
}

/// The inverse of [`tame`]. Another apostrophe is somebody's own.
pub(super) fn untame(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(note) if note.starts_with(FORMULA) || note.starts_with('\'') => note,
        _ => text,
    }
}
