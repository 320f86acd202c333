//! Destinations: https, on a listed host, and nothing a browser could read otherwise than we do (CWE-601).

use std::collections::BTreeSet;
use std::fmt::Arguments;

use super::MAX_URL_BYTES;
use super::findings::At;
use crate::template::{PLACEHOLDERS, Part, host, parts};

/// What a template may refer to.
pub(super) struct Known<'a> {
    pub(super) destinations: &'a [String],
    pub(super) variables: &'a BTreeSet<&'a str>,
}

impl Known<'_> {
    /// A template of a URL.
    pub(super) fn url(&self, template: &str, path: Arguments<'_>, at: &mut At<'_>) {
        if template.len() > MAX_URL_BYTES {
            at.add(
                path,
                "url_too_long",
                format!(
                    "the URL has {} bytes; shorten it to {MAX_URL_BYTES}",
                    template.len()
                ),
            );
            return;
        }
        let Some(rest) = template.strip_prefix("https://") else {
            at.add(
                path,
                "url_not_https",
                format!("`{template}` does not begin with `https://`"),
            );
            return;
        };
        if let Some(strange) = template.chars().find(|c| !is_url_char(*c)) {
            let message = format!("{strange:?} may not stand in a URL; write it percent-encoded");
            at.add(path, "url_character", message);
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            at.add(
                path,
                "url_userinfo",
                "a URL may not carry a user name; remove what stands before `@`",
            );
        } else if authority.contains(['{', '}']) {
            at.add(
                path,
                "url_placeholder_in_host",
                "a placeholder may not stand in the host",
            );
        } else if !host(template).is_some_and(|host| self.destinations.iter().any(|allowed| allowed == host))
        {
            let message =
                format!("the host `{authority}` is not one of the brand's destinations; add it there first");
            at.add(path, "url_host_not_allowed", message);
        }
        if !percents_are_whole(template) {
            at.add(
                path,
                "url_percent",
                "`%` must be followed by two hexadecimal digits; write `%25` for the character",
            );
        }
        self.placeholders(template, path, at);
    }

    /// A template of a URL or of a parameter.
    pub(super) fn placeholders(&self, template: &str, path: Arguments<'_>, at: &mut At<'_>) {
        for part in parts(template) {
            match part {
                Part::Placeholder(name) if PLACEHOLDERS.contains(&name) || self.variables.contains(name) => {}
                Part::Placeholder(name) => {
                    let message = format!("no attribute rule yields `{name}`, and it is no placeholder");
                    at.add(path, "placeholder_unknown", message);
                }
                Part::Text(text) if text.contains(['{', '}']) => {
                    at.add(
                        path,
                        "placeholder_malformed",
                        "a brace is not part of a placeholder such as `{zip}`",
                    );
                }
                Part::Text(_) => {}
            }
        }
    }
}

/// RFC 3986's characters, and braces for placeholders.
fn is_url_char(c: char) -> bool {
    matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' | '_' | '~' | ':' | '/' | '?' | '#' | '@' | '!' | '$'
        | '&' | '\'' | '(' | ')' | '*' | '+' | ',' | ';' | '=' | '%' | '{' | '}')
}

fn percents_are_whole(url: &str) -> bool {
    url.split('%').skip(1).all(|after| {
        after
            .as_bytes()
            .first_chunk::<2>()
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// A host name in the form browsers send it: lower case, punycode, no port, no trailing dot, and no IP address
/// (a last label that begins with a digit is one, or is read as one).
pub(super) fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.len() <= 253 && host.split('.').all(label) && !last.starts_with(|c: char| c.is_ascii_digit())
}

/// A host with or without a port that is not https's own.
pub(super) fn is_destination(destination: &str) -> bool {
    match destination.split_once(':') {
        None => is_host(destination),
        Some((host, port)) => {
            let number = port.parse::<u16>().ok();
            is_host(host)
                && number.is_some_and(|number| number != 443 && number.to_string() == port && number > 0)
        }
    }
}
