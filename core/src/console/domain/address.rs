use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// What need not be escaped in a segment or a value.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An address with gaps, as in RFC 6570: `/v1/orders/{order.id}/timeline{?cursor,limit}`.
///
/// `{name}` is a value, with dots into objects; `{?a,b}` are those parameters of the page's own query that are not
/// empty, with a prefix of their own if they have one: `{?payments.cursor}` is sent as `cursor`.
#[derive(Clone, Debug)]
pub(crate) struct Address(pub(crate) String);

impl Address {
    /// `None`: what a gap names is not there.
    pub(crate) fn fill(&self, values: &Value, query: &[(String, String)]) -> Option<String> {
        fill(&self.0, values, query)
    }
}

fn fill(address: &str, values: &Value, query: &[(String, String)]) -> Option<String> {
    let mut filled = String::new();
    let mut rest = address;
    while let Some((before, after)) = rest.split_once('{') {
        let (gap, after) = after.split_once('}')?;
        filled.push_str(before);
        match gap.strip_prefix('?') {
            Some(names) => parameters(&mut filled, names, query),
            None => filled.push_str(&escaped(&value(gap, values)?)),
        }
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

fn parameters(filled: &mut String, names: &str, query: &[(String, String)]) {
    for name in names.split(',') {
        let sent = name.rsplit_once('.').map_or(name, |(_, sent)| sent);
        let given = query
            .iter()
            .filter(|(given, value)| given == name && !value.is_empty());
        for (_, value) in given {
            filled.push(if filled.contains('?') { '&' } else { '?' });
            filled.push_str(sent);
            filled.push('=');
            filled.push_str(&escaped(value));
        }
    }
}

fn value(gap: &str, values: &Value) -> Option<String> {
    let found = gap.split('.').try_fold(values, |values, name| values.get(name))?;
    match found {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// So that it stays within its segment, or is one value.
pub(crate) fn escaped(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled(address: &'static str, query: &[(&str, &str)]) -> Option<String> {
        let values = json!({ "id": "a/../b?c", "order": { "talent": { "id": 7 } }, "none": null });
        let query: Vec<_> = query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Address(address.to_owned()).fill(&values, &query)
    }

    #[test]
    fn gaps_are_filled_and_nothing_in_them_leaves_its_segment() {
        assert_eq!(filled("/v1/x/{id}/y", &[]).unwrap(), "/v1/x/a%2F..%2Fb%3Fc/y");
        assert_eq!(filled("/v1/{order.talent.id}", &[]).unwrap(), "/v1/7");
        assert_eq!(filled("/v1/{none}", &[]), None);
        assert_eq!(filled("/v1/{order.other}", &[]), None);
    }

    #[test]
    fn only_parameters_that_are_named_and_given_are_sent() {
        let query = [
            ("status", "a&b"),
            ("status", "c"),
            ("cursor", ""),
            ("other", "1"),
            ("mails.cursor", "2"),
        ];
        assert_eq!(
            filled("/v1/x{?status,cursor}", &query).unwrap(),
            "/v1/x?status=a%26b&status=c"
        );
        assert_eq!(
            filled("/v1/x?limit=9{?mails.cursor}", &query).unwrap(),
            "/v1/x?limit=9&cursor=2"
        );
    }
}
