//! Table E: what may come in, and what must come out.

use marquee_tests::edge::Reply;
use serde_json::json;

use crate::SHARED;

fn code(reply: &Reply) -> (u16, String) {
    let json = reply.json();
    (reply.status, json["code"].as_str().unwrap_or_default().to_owned())
}

/// Asks for JSON, so that a problem has a code.
fn problem(target: &str) -> (u16, String) {
    code(&SHARED.get_with(target, &[("accept", "application/json")]))
}

#[test]
fn e01_a_visitor_with_a_zip_is_redirected() {
    let reply = SHARED.get("/go/acme/auto?zip=60601");
    assert_eq!(reply.status, 302);
    assert_eq!(
        reply.location(),
        "https://quotes.test/auto?src=acme-1&media_code=M%201&phone=%2B1%20555&zip_code=60601&city=Chicago&state=IL&system=atalaya"
    );
    assert_eq!(reply.header("cache-control"), Some("private, no-store"));
    assert_eq!(reply.header("x-marquee-revision"), Some("12"));
    assert_eq!(reply.header("x-marquee-hit").map(str::len), Some(36));
    assert_eq!(reply.header("x-marquee-stale"), None);
    assert!(reply.body.is_empty());
}

#[test]
fn e01_a_brands_own_host_needs_no_brand_in_the_path() {
    let reply = SHARED.get_on("go.acme.test", "/auto?zip=10001");
    assert_eq!(
        (reply.status, reply.location()),
        (302, "https://quotes.test/ny/10001?four=&city=New%20York")
    );
}

#[test]
fn e02_short_long_and_missing_zips_are_refused() {
    for zip in [
        "9021",
        "902100",
        "9",
        "90210123456",
        "-9021",
        "9021O",
        "90%2010",
        "9021.0",
        "1e4",
    ] {
        assert_eq!(
            problem(&format!("/go/acme/auto?zip={zip}")),
            (400, "zip_invalid".into()),
            "{zip}"
        );
    }
    for query in ["", "?", "?zip=", "?zip=+", "?zip"] {
        assert_eq!(
            problem(&format!("/go/acme/auto{query}")),
            (400, "zip_missing".into()),
            "{query}"
        );
    }
    let asked = SHARED.get("/go/acme/auto?utm_source=x&zip=");
    assert_eq!(
        (asked.status, asked.location()),
        (302, "https://www.acme.test/zip?utm_source=x")
    );
    assert_eq!(SHARED.get("/go/bare/home").status, 400);
}

#[test]
fn e03_a_longer_zip_is_read_for_its_five_digits() {
    for zip in ["10001-1234", "10001%201234", "100011234", "%2010001-1234%20"] {
        let reply = SHARED.get(&format!("/go/acme/auto?zip={zip}"));
        assert_eq!(
            reply.location(),
            "https://quotes.test/ny/10001?four=1234&city=New%20York",
            "{zip}"
        );
    }
}

#[test]
fn e04_e05_digits_are_ascii_and_decoded_once() {
    assert_eq!(SHARED.get("/go/acme/auto?zip=%31%30%30%30%31").status, 302);
    for zip in [
        "%EF%BC%99%EF%BC%90%EF%BC%92%EF%BC%91%EF%BC%90",
        "%D9%A9%D9%A0%D9%A2%D9%A1%D9%A0",
        "%2539%2530210",
        "%zz",
        "%00",
        "90210%00",
        "%C0%B9%C0%B0%C0%B2%C0%B1%C0%B0",
        "%FF",
    ] {
        assert_eq!(
            problem(&format!("/go/acme/auto?zip={zip}")),
            (400, "zip_invalid".into()),
            "{zip}"
        );
    }
}

#[test]
fn e06_zips_that_nobody_has_are_lost_and_odd_ones_have_their_state() {
    for zip in ["00000", "00001", "99999"] {
        let (status, code) = problem(&format!("/go/bare/home?zip={zip}"));
        let expected = if zip == "99999" { "no_rule" } else { "zip_unknown" };
        assert_eq!((status, code.as_str()), (404, expected), "{zip}");
    }
    for (zip, state) in [
        ("09001", "AE"),
        ("34001", "AA"),
        ("96201", "AP"),
        ("00901", "PR"),
        ("00802", "VI"),
        ("96910", "GU"),
    ] {
        let reply = SHARED.get(&format!("/go/acme/auto?format=json&zip={zip}"));
        assert_eq!(reply.json()["state"], state, "{zip}");
    }
    let unknown = SHARED.get("/go/acme/auto?format=json&zip=10096").json();
    assert_eq!(
        (&unknown["state"], &unknown["zip_known"]),
        (&json!("NY"), &json!(false))
    );
    let fallback = SHARED.get("/go/acme/home?zip=00000");
    assert_eq!(
        (fallback.status, fallback.location()),
        (302, "https://www.acme.test/home")
    );
}

#[test]
fn e07_repeated_parameters_never_win_by_accident() {
    assert_eq!(
        problem("/go/acme/auto?zip=10001&zip=60601"),
        (400, "zip_invalid".into())
    );
    assert_eq!(SHARED.get("/go/acme/auto?zip=10001&zip=10001").status, 302);
    assert_eq!(problem("/go/acme/auto?ZIP=10001"), (400, "zip_missing".into()));
    assert_eq!(
        problem("/go/acme/auto/10001?zip=60601"),
        (404, "not_found".into())
    );
    assert_eq!(
        SHARED.get("/go/acme/auto?zip=60601&lang=es&lang=en").location(),
        "https://quotes.test/es"
    );
}

#[test]
fn e08_huge_requests_are_answered() {
    let many = "&x=1".repeat(10_000);
    assert_eq!(SHARED.get(&format!("/go/acme/auto?zip=10001{many}")).status, 302);
    let long = format!("/go/acme/auto?zip=10001&utm_source={}", "y".repeat(16_000));
    let reply = SHARED.get(&long);
    assert_eq!(
        (reply.status, reply.location()),
        (302, "https://quotes.test/ny/10001?four=&city=New%20York")
    );
    let header = "z".repeat(120_000);
    let reply = SHARED.get_with("/go/acme/auto?zip=10001", &[("accept-language", &header)]);
    assert!([302, 400, 431].contains(&reply.status), "{}", reply.status);
    assert_eq!(SHARED.get("/go/acme/auto?zip=10001").status, 302);
}

#[test]
fn e09_hosts_are_canonical_and_an_unknown_one_is_nobodys() {
    for host in [
        "GO.ACME.TEST",
        "go.acme.test:8443",
        "go.acme.test.",
        "xn--acm-dma.test",
    ] {
        assert_eq!(SHARED.get_on(host, "/auto?zip=10001").status, 302, "{host}");
    }
    for host in [
        "evil.test",
        "go.acme.test.evil.test",
        "127.0.0.1",
        "[::1]",
        "acme.test",
    ] {
        let reply = SHARED.send(
            "GET",
            "/auto?zip=10001",
            &[("host", host), ("accept", "application/json")],
            b"",
        );
        assert_eq!(code(&reply), (404, "not_found".into()), "{host}");
    }
    assert_eq!(
        problem("/go/nobody/auto?zip=10001"),
        (404, "unknown_brand".into())
    );
    assert_eq!(
        problem("/go/acme/boats?zip=10001"),
        (404, "unknown_product".into())
    );
}

#[test]
fn e10_e11_nothing_of_the_request_gets_into_the_location() {
    let clean = SHARED.get("/go/acme/auto?zip=10001");
    let forged = [
        ("x-forwarded-host", "evil.test"),
        ("x-forwarded-proto", "http"),
        ("x-original-url", "/go/acme/home"),
        ("x-rewrite-url", "/go/acme/home"),
        ("forwarded", "host=evil.test;for=203.0.113.9"),
    ];
    assert_eq!(
        SHARED.get_with("/go/acme/auto?zip=10001", &forged).location(),
        clean.location()
    );
    for query in [
        "next=https://evil.test",
        "url=//evil.test",
        "redirect=/%5Cevil.test",
        "u=https:evil.test",
        "u=javascript:alert(1)",
        "u=%0d%0aSet-Cookie:%20a=b",
        "utm_source=%0d%0aSet-Cookie:%20a=b",
    ] {
        let reply = SHARED.get(&format!("/go/acme/auto?zip=10001&{query}"));
        assert!(
            reply.location().starts_with(clean.location()),
            "{query}: {}",
            reply.location()
        );
        assert!(!reply.location().contains("evil"), "{query}");
        assert_eq!(reply.header("set-cookie"), None, "{query}");
    }
    assert_ne!(SHARED.get("//evil.test/%2e%2e").status, 302);
}

#[test]
fn e12_templates_get_validated_values_only() {
    let reply =
        SHARED.get("/go/acme/auto?zip=10001-1234&lang=%22%3E%3Cscript%3E&media=%3Cb%3E&utm_x=%3Cscript%3E");
    assert_eq!(
        reply.location(),
        "https://quotes.test/ny/10001?four=1234&city=New%20York&utm_x=%3Cscript%3E"
    );
}

#[test]
fn e14_head_is_get_without_a_body_and_other_methods_are_refused() {
    let (get, head) = (
        SHARED.get("/go/acme/auto?zip=10001"),
        SHARED.send("HEAD", "/go/acme/auto?zip=10001", &[], b""),
    );
    assert_eq!((head.status, head.location()), (302, get.location()));
    let lost = SHARED.send("HEAD", "/go/bare/home?zip=90210", &[], b"");
    assert_eq!((lost.status, lost.body.len()), (404, 0));
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        for target in ["/go/acme/auto?zip=10001", "/healthz"] {
            let reply = SHARED.send(method, target, &[], b"");
            assert_eq!(
                (reply.status, reply.header("allow")),
                (405, Some("GET, HEAD")),
                "{method} {target}"
            );
        }
    }
    let reply = SHARED.get("/generator/process");
    assert_eq!(
        (reply.status, reply.header("allow")),
        (405, Some("POST, OPTIONS"))
    );
    // CONNECT never gets to a Worker: the runtime itself refuses it.
    assert_eq!(
        SHARED.send("TRACE", "/go/acme/auto?zip=10001", &[], b"").status,
        405
    );
}

#[test]
fn e24_a_location_that_grows_too_long_loses_the_passed_query() {
    let short = SHARED.get("/go/acme/auto?zip=10001&utm_source=a&gclid=b&other=c&utm_source=d");
    assert_eq!(
        short.location(),
        "https://quotes.test/ny/10001?four=&city=New%20York&utm_source=a&gclid=b"
    );
    let long = SHARED.get(&format!(
        "/go/acme/auto?zip=10001&utm_source={}",
        "a".repeat(3_000)
    ));
    assert_eq!(
        (long.status, long.location()),
        (302, "https://quotes.test/ny/10001?four=&city=New%20York")
    );
}

#[test]
fn language_device_and_media_decide_and_may_be_said() {
    let to = |query: &str, headers: &[(&str, &str)]| {
        SHARED
            .get_with(&format!("/go/acme/auto?zip=60601{query}"), headers)
            .location()
            .to_owned()
    };
    let iphone = (
        "user-agent",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148",
    );
    assert_eq!(to("", &[iphone]), "https://quotes.test/mobile");
    assert_eq!(
        to("", &[("sec-ch-ua-mobile", "?1")]),
        "https://quotes.test/mobile"
    );
    assert_eq!(to("&device=mobile", &[]), "https://quotes.test/mobile");
    assert!(to("&device=desktop", &[iphone]).starts_with("https://quotes.test/auto"));
    assert_eq!(
        to("", &[("accept-language", "fr;q=0.9, es-MX;q=0.8, en;q=0.1")]),
        "https://quotes.test/es"
    );
    assert_eq!(
        to("&lang=es", &[("accept-language", "en")]),
        "https://quotes.test/es"
    );
    assert!(to("&lang=xx", &[("accept-language", "en")]).starts_with("https://quotes.test/auto"));
    let reply = SHARED.get("/go/acme/auto?zip=60601&media=google");
    let hit = reply.header("x-marquee-hit").unwrap();
    assert_eq!(
        reply.location(),
        format!("https://quotes.test/google?hit={hit}&rev=12")
    );
}

#[test]
fn e23_a_sticky_split_keeps_to_the_visitor() {
    let to = |query: &str, headers: &[(&str, &str)]| {
        SHARED
            .get_with(&format!("/go/acme/life?zip=75001{query}"), headers)
            .location()
            .to_owned()
    };
    let by_vid: Vec<_> = (0..20).map(|vid| to(&format!("&vid={vid}"), &[])).collect();
    assert!(
        by_vid.iter().any(|url| url.ends_with("left")) && by_vid.iter().any(|url| url.ends_with("right"))
    );
    for (vid, url) in by_vid.iter().enumerate() {
        let cookie = format!("a=b; vid={vid}");
        assert_eq!(&to(&format!("&vid={vid}"), &[("user-agent", "another")]), url);
        assert_eq!(
            &to("", &[("cookie", &cookie), ("cf-connecting-ip", "198.51.100.1")]),
            url
        );
    }
    // The same network and browser are the same visitor.
    let near = |ip| to("", &[("cf-connecting-ip", ip), ("user-agent", "Mozilla/5.0 X")]);
    assert_eq!(near("203.0.113.1"), near("203.0.113.200"));
}

#[test]
fn the_answer_can_be_had_as_json() {
    for reply in [
        SHARED.get("/go/acme/auto?zip=10001&format=json"),
        SHARED.get_with("/go/acme/auto?zip=10001", &[("accept", "application/json")]),
    ] {
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (200, Some("application/json"))
        );
        let json = reply.json();
        assert_eq!(
            json["location"],
            "https://quotes.test/ny/10001?four=&city=New%20York"
        );
        assert_eq!(
            (&json["rule"], &json["revision"], &json["state"]),
            (&json!(2), &json!(12), &json!("NY"))
        );
        assert_eq!(
            json["attributes"],
            json!({"media_code": "M 1", "phone": "+1 555"})
        );
        assert_eq!(json["hit"].as_str(), reply.header("x-marquee-hit"));
    }
    let crosses = SHARED.get("/go/acme/auto?zip=02861&format=json").json();
    assert_eq!(
        (&crosses["state"], &crosses["alternatives"]),
        (&json!("RI"), &json!(["MA"]))
    );
}

#[test]
fn a_page_for_people_runs_and_loads_nothing() {
    let reply = SHARED.get("/go/bare/home?zip=90210&x=%3Cscript%3Ealert(1)%3C/script%3E");
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (404, Some("text/html; charset=utf-8"))
    );
    assert!(
        reply
            .header("content-security-policy")
            .is_some_and(|policy| policy.starts_with("default-src 'none'"))
    );
    assert!(!reply.text().contains("alert"));
    assert_eq!(reply.header("x-marquee-revision"), Some("3"));
    assert_eq!(SHARED.get("/").status, 404);
}

#[test]
fn health_says_what_answers() {
    let health = SHARED.get("/healthz?brand=acme");
    assert_eq!(health.status, 200);
    let health = health.json();
    assert_eq!(
        (&health["status"], &health["sequence"], &health["build"]),
        (&json!("ok"), &json!(7), &json!("test"))
    );
    assert_eq!(
        health["brand"],
        json!({"code": "acme", "mode": "rules", "revision": 12})
    );
    assert!(
        health["age_seconds"]
            .as_i64()
            .is_some_and(|age| (0..600).contains(&age))
    );
    assert_eq!(SHARED.get("/healthz?brand=nobody").status, 404);
}
