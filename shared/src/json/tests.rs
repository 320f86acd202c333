use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use super::*;

fn value(text: &str) -> Result<Value, Malformed> {
    read(text.as_bytes())
}

/// Whether there is a number in it that we do not take.
fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => !number.is_i64() && !number.is_u64(),
        Value::Array(items) => items.iter().any(has_fraction),
        Value::Object(fields) => fields.values().any(has_fraction),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

fn agrees_with_serde_json(bytes: &[u8]) {
    match (read::<Value>(bytes), serde_json::from_slice::<Value>(bytes)) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs),
        (Ok(ours), Err(error)) => panic!("{ours} where serde_json says {error}"),
        (Err(_), Ok(theirs)) => assert!(has_fraction(&theirs), "refused {theirs}"),
        (Err(_), Err(_)) => {}
    }
}

#[test]
fn what_is_written_is_read_back() {
    let text = r#" {"a": [1, -2, 18446744073709551615, -9223372036854775808], "b": {}, "c": [],
        "d": [true, false, null], "e": "\u0041\ud83d\ude00\"\\\/\b\f\n\r\t é", "": {"x": [[[]]]}} "#;
    assert_eq!(value(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
}

#[test]
fn what_is_not_json_is_refused() {
    let bad = [
        "",
        " ",
        "{",
        "[",
        "[1",
        "[1,]",
        "[,1]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{1:2}",
        "{a:1}",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "nul",
        "truex",
        "\"",
        "\"\\",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\u0041\"",
        "\"\n\"",
        "1 2",
        "[] []",
        "'a'",
        "\u{feff}1",
    ];
    for text in bad {
        assert!(value(text).is_err(), "{text}");
    }
    assert_eq!(read::<Value>(b"\"\xff\""), Err(Malformed::Syntax));
}

#[test]
fn fractions_and_huge_integers_are_refused_unless_nobody_asks() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct Asked {
        a: u8,
    }
    for text in ["1.5", "1e3", "18446744073709551616", "-9223372036854775809", "-0"] {
        assert_eq!(value(text), Err(Malformed::Unexpected), "{text}");
        let text = format!(r#"{{"x": [{text}, {{"y": {text}}}], "a": 7}}"#);
        assert_eq!(read::<Asked>(text.as_bytes()), Ok(Asked { a: 7 }));
    }
    assert_eq!(read::<Asked>(br#"{"a": 256}"#), Err(Malformed::Unexpected));
    assert_eq!(read::<Asked>(br#"{"a": "1"}"#), Err(Malformed::Unexpected));
    assert_eq!(read::<Asked>(br#"{"A": 1}"#), Err(Malformed::Missing("a")));
    assert_eq!(read::<Asked>(br#"{"a": 1, "a": 1}"#), Err(Malformed::Twice("a")));
    assert_eq!(read::<(u8, u8)>(b"[1, 2, 3]"), Err(Malformed::Unexpected));
}

#[test]
fn depth_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(value(&nested(100)).is_ok() && value(&nested(101)).is_err());
    assert!(value(&"[".repeat(1_000_000)).is_err());
    let ignored = format!(r#"{{"x": {}}}"#, "[".repeat(1_000_000));
    #[derive(Deserialize)]
    struct Nothing {}
    assert!(read::<Nothing>(ignored.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn text_of_jsons_letters_is_read_as_serde_json_reads_it(
        text in r#"([\[\]{},:"\\/ abu0-9tfnrelsd.E+-]|"a"|"\\u00e9"|true|null|-?[0-9]{1,3}){0,12}"#,
    ) {
        agrees_with_serde_json(text.as_bytes());
    }

    #[test]
    fn damaged_json_is_read_as_serde_json_reads_it(at in any::<prop::sample::Index>(), byte: u8, cut: bool) {
        let text = br#"{"format":1,"key":"\u00e9\n\ud83d\ude00","list":[{"a":-1,"b":null},[],{}],"on":true}"#;
        let mut text = text.to_vec();
        let at = at.index(text.len());
        if cut { text.truncate(at) } else { text[at] = byte }
        agrees_with_serde_json(&text);
    }
}
