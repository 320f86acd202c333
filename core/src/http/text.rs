//! U+0000, which JSON, paths and queries can carry and Postgres refuses in every text. Nothing of ours needs it,
//! so it is refused before a handler sees it.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use serde_json::Value;

use super::ApiError;

/// In paths and queries, where it can only be written as `%00`.
pub(super) async fn refuse_nul(request: Request, next: Next) -> Result<Response, ApiError> {
    if request.uri().path().contains("%00") {
        return Err(ApiError::no_such_path());
    }
    if request.uri().query().is_some_and(|query| query.contains("%00")) {
        let detail = "a parameter holds the character U+0000: leave it out";
        return Err(ApiError::bad_request("query_invalid", detail));
    }
    Ok(next.run(request).await)
}

/// Fails for a JSON text with U+0000 in a string or a key, which it holds as the escape `\u0000`. Files of rules
/// are not asked: their reports tell it line by line.
pub(super) fn no_nul_in_json(json: &[u8]) -> Result<(), ApiError> {
    if !has_escaped_nul(json) {
        return Ok(());
    }
    let body = serde_json::from_slice(json).unwrap_or_default();
    let pointer = place(&body).unwrap_or_default();
    let detail = "it holds the character U+0000: leave it out";
    Err(ApiError::invalid(&pointer, "nul", detail))
}

fn has_escaped_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        let (_, escape) = rest.split_at(at);
        if escape.starts_with(b"\\u0000") {
            return true;
        }
        // An escaped backslash escapes nothing itself.
        rest = escape.get(2..).unwrap_or_default();
    }
    false
}

/// A JSON pointer to the first text with U+0000, written without it.
fn place(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(index, item)| Some(format!("/{index}{}", place(item)?)))
        }
        Value::Object(members) => members.iter().find_map(|(name, member)| {
            let below = if name.contains('\0') {
                Some(String::new())
            } else {
                place(member)
            };
            let name = name.replace('\0', "").replace('~', "~0").replace('/', "~1");
            below.map(|below| format!("/{name}{below}"))
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_nul_is_found_and_what_only_looks_like_one_is_not() {
        for refused in [
            r#""\u0000""#,
            r#"{"a\u0000":1}"#,
            r#"["\\\u0000"]"#,
            r#""\n\u0000"#,
        ] {
            assert!(has_escaped_nul(refused.as_bytes()), "{refused}");
        }
        for fine in [
            r#""\\u0000""#,
            r#""\u0001""#,
            r#""u0000""#,
            "",
            "\\",
            r#""\\\\u0000""#,
        ] {
            assert!(!has_escaped_nul(fine.as_bytes()), "{fine}");
        }
    }

    #[test]
    fn the_place_of_a_nul_is_told() {
        let body = serde_json::json!({ "a/b": [{ "c": "fine" }, { "c": "a\0" }] });
        assert_eq!(place(&body).as_deref(), Some("/a~1b/1/c"));
        assert_eq!(
            place(&serde_json::json!({ "a": { "b\0": 1 } })).as_deref(),
            Some("/a/b")
        );
    }
}
