use std::net::{IpAddr, SocketAddr};

use uuid::Uuid;

/// How our own tokens begin, and those of vendors whose errors we pass on.
const SECRETS: [&str; 9] = [
    "mk_", "ms_", "ml_", "sk_", "rk_", "pk_", "whsec_", "Bearer", "eyJ",
];
/// From so many on, digits that belong together are a telephone number or a person's.
const DIGITS_OF_A_NUMBER: usize = 10;
/// From so long on, what has letters of both sizes and digits is a secret.
const LONG: usize = 32;

/// An error's words without what does not belong in an alert: mail addresses, network addresses, what looks like a
/// secret or a telephone number, and quoted values, which errors repeat of what people sent. Names in quotes, such as
/// a constraint's, stay, and so do ids.
#[must_use]
pub fn scrub(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut quotes = text.split('"');
    if let Some(first) = quotes.next() {
        clean.push_str(&words(first));
    }
    let rest: Vec<&str> = quotes.collect();
    for pair in rest.chunks(2) {
        match pair {
            [quoted, after] => {
                let quoted = if is_name(quoted) { quoted } else { "…" };
                clean.push_str(&format!("\"{quoted}\"{}", words(after)));
            }
            // Cut off in the middle: what follows is quoted for all we know.
            _ => clean.push_str("\"…"),
        }
    }
    clean
}

/// As programs name things: `order_pkey`, `payments.held`, `text/html`.
fn is_name(text: &str) -> bool {
    let fine = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || "_.-/:{}".contains(char);
    text.len() <= 60
        && text.chars().all(fine)
        && digits(text) < DIGITS_OF_A_NUMBER
        && replaced(text).is_none()
}

fn words(text: &str) -> String {
    let is_break = |char: char| char.is_whitespace() || "()<>[]{},;'`=".contains(char);
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(is_break).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        clean.push_str(replaced(word).unwrap_or(word));
        let mut after = after.chars();
        clean.extend(after.next());
        rest = after.as_str();
    }
    clean
}

fn replaced(word: &str) -> Option<&'static str> {
    let bare = word.trim_matches(|char: char| ".:!?".contains(char));
    if Uuid::try_parse(bare).is_ok() {
        None
    } else if bare.contains('@') {
        Some("[address]")
    } else if bare.parse::<IpAddr>().is_ok() || bare.parse::<SocketAddr>().is_ok() {
        Some("[ip]")
    } else if SECRETS.iter().any(|secret| bare.starts_with(secret)) || is_secret(bare) {
        Some("[secret]")
    } else if is_number(bare) {
        Some("[number]")
    } else {
        None
    }
}

fn is_secret(word: &str) -> bool {
    let parts = word.split(['/', '?', '&', '.']);
    parts.filter(|part| part.len() >= LONG).any(|part| {
        let has = |is: fn(&char) -> bool| part.chars().any(|char| is(&char));
        has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(char::is_ascii_digit)
    })
}

fn is_number(word: &str) -> bool {
    let fine = word
        .chars()
        .all(|char| char.is_ascii_digit() || "+-./".contains(char));
    fine && digits(word) >= DIGITS_OF_A_NUMBER
}

fn digits(word: &str) -> usize {
    word.chars().filter(char::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_secrets_are_taken_out() {
        for (text, clean) in [
            (
                "550 5.1.1 <ana@acme.example>: no such user",
                "550 5.1.1 <[address]>: no such user",
            ),
            (
                "connecting to 203.0.113.9:5432, then [2001:db8::1]",
                "connecting to [ip], then [[ip]]",
            ),
            (
                "postgres://marquee:hunter2@db/marquee is away",
                "[address] is away",
            ),
            (
                "key mk_0198d3a26f0e7c35_secret was refused",
                "key [secret] was refused",
            ),
            (
                "POST https://api.telegram.org/bot1:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw failed",
                "POST [secret] failed",
            ),
            (
                "call +5511999990000 or 123.456.789-09",
                "call [number] or [number]",
            ),
            (
                "invalid type: string \"Wish Bia a happy birthday\", expected u32",
                "invalid type: string \"…\", expected u32",
            ),
            (
                "Key (email)=(ana@acme.example) exists",
                "Key (email)=([address]) exists",
            ),
            ("cut off \"in the mid", "cut off \"…"),
        ] {
            assert_eq!(scrub(text), clean);
        }
    }

    #[test]
    fn what_helps_to_find_it_stays() {
        for text in [
            "payment 0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11 is held: see `marquee payments show 0198d3a2-6f0e-7c35-b0f4-6d2f3f0c9b11`",
            "violates unique constraint \"payment_reference\": version 1.2.3, 2026-07-01T12:00:00Z",
            "after 37 attempts in 600 s: status 503 of /v1/orders/{id}",
        ] {
            assert_eq!(scrub(text), text);
        }
    }
}
