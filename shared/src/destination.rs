//! The final URL: a template with its values, the parameters of its system, and what the brand passes on.

use crate::template::{Part, decode, encode, host, parts};

/// Bytes of a `Location`, at most: a longer one loses the passed query.
pub const MAX_LOCATION_BYTES: usize = 2_048;
/// Bytes that the passed query may add; a longer one is dropped.
pub const MAX_PASSED_BYTES: usize = 1_024;

/// The final URL, or `None` when its host is not one of `allowed` (exactly, port included).
///
/// `value` yields the value of a placeholder, empty when there is none. A parameter of the system is left out
/// when its value is empty or when the template has set it. Of `query`, raw, the parameters that `pass` lists
/// (exact names, or a prefix with `*`) are appended re-encoded, the first of each name, and none that is set.
pub fn location<'v, 'p>(
    template: &str,
    parameters: impl Iterator<Item = (&'p str, &'p str)>,
    value: &impl Fn(&str) -> &'v str,
    query: &str,
    pass: &[String],
    allowed: &[String],
) -> Option<String> {
    let host = host(template)?;
    if !allowed.iter().any(|allowed| allowed == host) {
        return None;
    }
    let (template, fragment) = match template.split_once('#') {
        None => (template, None),
        Some((template, fragment)) => (template, Some(fragment)),
    };
    let mut url = String::with_capacity(256);
    render(&mut url, template, value);
    for (name, template) in parameters {
        let mut text = String::new();
        render(&mut text, template, value);
        if !text.is_empty() && !has_parameter(&url, name) {
            separate(&mut url);
            encode(&mut url, name.bytes());
            url.push('=');
            url.push_str(&text);
        }
    }
    let mut end = String::new();
    if let Some(fragment) = fragment {
        end.push('#');
        render(&mut end, fragment, value);
    }
    let own = url.len();
    pass_on(&mut url, query, pass);
    let passed = url.len().saturating_sub(own);
    if passed > MAX_PASSED_BYTES || url.len().saturating_add(end.len()) > MAX_LOCATION_BYTES {
        url.truncate(own);
    }
    url.push_str(&end);
    Some(url)
}

/// Text stays as it is written: a URL's is held to URL characters when it is published, and that of a parameter
/// is encoded when it is compiled.
fn render<'v>(url: &mut String, template: &str, value: &impl Fn(&str) -> &'v str) {
    for part in parts(template) {
        match part {
            Part::Text(text) => url.push_str(text),
            Part::Placeholder(name) => encode(url, value(name).bytes()),
        }
    }
}

/// Appends what may be passed on, and stops once it is too much.
fn pass_on(url: &mut String, query: &str, pass: &[String]) {
    if pass.is_empty() {
        return;
    }
    let limit = url.len().saturating_add(MAX_PASSED_BYTES);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair
            .split_once('=')
            .map_or((pair, None), |(name, value)| (name, Some(value)));
        if !pass.iter().any(|pattern| allows(pattern, name)) || has_parameter(url, name) {
            continue;
        }
        separate(url);
        encode(url, decode(name));
        if let Some(value) = value {
            url.push('=');
            encode(url, decode(value));
        }
        if url.len() > limit {
            return;
        }
    }
}

fn allows(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        None => decode(name).eq(pattern.bytes()),
        Some(prefix) => {
            let mut name = decode(name);
            prefix.bytes().all(|byte| name.next() == Some(byte))
        }
    }
}

/// Whether the URL's query has the parameter, both names decoded.
fn has_parameter(url: &str, name: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let names = query
        .split('&')
        .map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name));
    names.into_iter().any(|other| decode(other).eq(decode(name)))
}

/// Begins another parameter: the URL may have a query already.
fn separate(url: &mut String) {
    match url.split_once('?') {
        None => url.push('?'),
        Some((_, query)) if query.is_empty() || query.ends_with('&') => {}
        Some(_) => url.push('&'),
    }
}

#[cfg(test)]
mod tests;
