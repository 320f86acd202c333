//! `POST /generator/process`: what clients of the original service rely on, and its defects (a–m), gone.

use marquee_tests::edge::{Edge, Publication, Reply};
use serde_json::{Value, json};

use crate::{SHARED, acme};

/// The original's body, with some of it changed.
fn body(changes: &Value) -> Value {
    let mut body = json!({
        "language": "ENG", "insurance": "A", "device": "D", "media": "X", "brand": "acme", "zip_code": 60601,
    });
    body.as_object_mut()
        .unwrap()
        .extend(changes.as_object().unwrap().clone());
    body
}

fn process(changes: &Value) -> Reply {
    SHARED.post_json("/generator/process", &body(changes))
}

#[test]
fn the_envelope_and_its_names_are_the_originals() {
    let reply = process(&json!({}));
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (200, Some("application/json"))
    );
    let json = reply.json();
    assert_eq!(
        json,
        json!({
            "success": true,
            "message": "Success",
            "data": {
                "domain": "quotes.test",
                "url": "https://quotes.test/auto?src={brand}-{rule}",
                "url_redirect": "https://quotes.test/auto?src=acme-1&media_code=M%201&phone=%2B1%20555&zip_code=60601&city=Chicago&state=IL&system=atalaya",
                "media_code": "M 1",
                "phone": "+1 555",
                "state": "IL",
                "zip_code": "60601",
                "city": "Chicago",
                "revision": 12,
                "rule": 1,
                "hit": json["data"]["hit"],
                "alternatives": [],
            },
        })
    );
    assert_eq!(json["data"]["hit"].as_str(), reply.header("x-marquee-hit"));
}

#[test]
fn short_codes_are_the_brands_and_codes_of_ours_work_too() {
    for (changes, rule) in [
        (json!({"language": "ESP"}), 4),
        (json!({"language": "es"}), 4),
        (json!({"media": "GGL"}), 5),
        (json!({"device": "M"}), 3),
        (json!({"device": "mobile", "insurance": "auto"}), 3),
        (json!({"media": null}), 1),
    ] {
        assert_eq!(process(&changes).json()["data"]["rule"], rule, "{changes}");
    }
}

#[test]
fn defect_a_an_integer_zip_gets_its_zeros_back_and_only_here() {
    for (zip, padded) in [
        (json!(501), "00501"),
        (json!(2108), "02108"),
        (json!("02108"), "02108"),
        (json!("02108-1234"), "02108"),
    ] {
        let data = &process(&json!({"zip_code": zip})).json()["data"];
        assert_eq!(data["zip_code"], padded, "{zip}");
    }
    for zip in [
        json!("501"),
        json!(-1),
        json!(100_000),
        json!(1.5),
        json!("x"),
        json!(null),
        json!([1]),
    ] {
        let reply = process(&json!({"zip_code": zip}));
        assert_eq!(
            (reply.status, &reply.json()["success"]),
            (400, &json!(false)),
            "{zip}"
        );
    }
    assert_eq!(SHARED.get("/go/bare/home?zip=501").status, 400);
}

#[test]
fn defect_d_parameters_are_encoded_and_join_an_existing_query() {
    let data = &process(&json!({"zip_code": 94_102})).json()["data"];
    assert_eq!(
        data["url_redirect"],
        "https://quotes.test/ca?x=1&media_code=M%201&phone=%2B1%20555&zipcode=94102&city=San%20Francisco&state=CA&system=atalaya"
    );
}

#[test]
fn defect_f_failures_are_4xx_with_the_messages_that_clients_know() {
    for (changes, status, code, message) in [
        (
            json!({"brand": "nobody"}),
            404,
            "unknown_brand",
            "Brand not found",
        ),
        (
            json!({"brand": "bare", "insurance": "home", "device": "desktop", "zip_code": 0}),
            404,
            "zip_unknown",
            "Zipcode not found",
        ),
        (json!({"zip_code": "x"}), 400, "zip_invalid", "Zipcode not found"),
        (
            json!({"brand": "bare", "insurance": "home", "device": "desktop"}),
            404,
            "no_rule",
            "we are not found any configuration with your params",
        ),
        (
            json!({"insurance": "boat"}),
            404,
            "unknown_product",
            "we are not found any configuration with your params",
        ),
        (
            json!({"device": "fridge"}),
            400,
            "body_invalid",
            "Invalid request",
        ),
    ] {
        let reply = process(&changes);
        let json = reply.json();
        assert_eq!(
            (
                reply.status,
                reply.header("content-type"),
                json["code"].as_str(),
                json["message"].as_str()
            ),
            (
                status,
                Some("application/problem+json"),
                Some(code),
                Some(message)
            ),
            "{changes}"
        );
        assert_eq!(json["success"], false);
    }
    for bad in [
        "",
        "{",
        "[]",
        "null",
        "{\"brand\":1}",
        "\u{0}",
        "{\"brand\":\"acme\"}",
    ] {
        let reply = SHARED.send(
            "POST",
            "/generator/process",
            &[("content-type", "application/json")],
            bad.as_bytes(),
        );
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (400, &json!("body_invalid")),
            "{bad}"
        );
    }
    let nested = format!("{}{}", "[".repeat(8_000), "]".repeat(8_000));
    for deep in [
        "[".repeat(16_000),
        nested.clone(),
        format!("{{\"brand\":{nested}}}"),
        format!("{{\"zip_code\":{nested}}}"),
        format!("{{\"ip\":{nested}}}"),
    ] {
        let reply = SHARED.send("POST", "/generator/process", &[], deep.as_bytes());
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (400, &json!("body_invalid")),
            "{}",
            &deep[..20]
        );
    }
    for large in [vec![b' '; 20_000], vec![b'['; 1_000_000]] {
        assert_eq!(SHARED.send("POST", "/generator/process", &[], &large).status, 413);
    }
}

#[test]
fn defects_g_h_l_m_misses_are_hits_and_the_address_is_the_connections() {
    let edge = Edge::start(&[("REFRESH_SECONDS", "3600")]);
    edge.publish(&Publication::new(1).brand(&acme(), 12));
    let headers = [
        ("cf-connecting-ip", "2001:db8:85a3::8a2e:370:7334"),
        ("content-type", "application/json"),
    ];
    for changes in [
        json!({"ip": "198.51.100.7"}),
        json!({"ip": "198.51.100.7", "insurance": "life"}),
    ] {
        edge.send(
            "POST",
            "/generator/process",
            &headers,
            body(&changes).to_string().as_bytes(),
        );
    }
    let hits = edge.hits(2);
    let seen: Vec<_> = hits
        .iter()
        .map(|hit| (hit.outcome.as_str(), hit.rule, hit.ip.as_deref()))
        .collect();
    let network = Some("2001:db8:85a3::/48");
    assert_eq!(seen, [("redirect", Some(1), network), ("lost", None, network)]);
    // One request to KV for each of manifest, table and cities; none for a visitor, and nothing else anywhere.
    assert_eq!((edge.reads().len(), edge.sqs().len()), (3, 0));
}

#[test]
fn scripts_of_the_brand_may_read_the_answer_and_others_may_not() {
    let post = |origin| {
        let headers = [("origin", origin), ("content-type", "application/json")];
        SHARED.send(
            "POST",
            "/generator/process",
            &headers,
            body(&json!({})).to_string().as_bytes(),
        )
    };
    let allowed = post("https://www.acme.test");
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        Some("https://www.acme.test")
    );
    assert_eq!(allowed.header("vary"), Some("origin"));
    for origin in ["https://evil.test", "https://www.bare.test", "null"] {
        assert_eq!(
            post(origin).header("access-control-allow-origin"),
            None,
            "{origin}"
        );
    }
    let broken = SHARED.send(
        "POST",
        "/generator/process",
        &[("origin", "https://www.acme.test")],
        b"{",
    );
    assert_eq!(
        broken.header("access-control-allow-origin"),
        Some("https://www.acme.test")
    );
    let json = SHARED.get_with(
        "/go/acme/auto?zip=10001&format=json",
        &[("origin", "https://www.acme.test")],
    );
    assert_eq!(
        json.header("access-control-allow-origin"),
        Some("https://www.acme.test")
    );
}

#[test]
fn a_preflight_is_answered_for_the_origins_of_brands() {
    let ask = |origin| {
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type"),
        ];
        SHARED.send("OPTIONS", "/generator/process", &headers, b"")
    };
    let allowed = ask("https://www.acme.test");
    assert_eq!(allowed.status, 204);
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        Some("https://www.acme.test")
    );
    assert_eq!(allowed.header("access-control-allow-methods"), Some("POST"));
    assert_eq!(
        allowed.header("access-control-allow-headers"),
        Some("content-type")
    );
    assert_eq!(
        ask("https://evil.test").header("access-control-allow-origin"),
        None
    );
}
