//! What somebody sends who means no good.

use axum::body::Body;
use axum::http::{StatusCode, header};
use marquee_core::access::Permission;
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;

use super::{Browser, encoded, location};
use crate::accounts::{PASSWORD, person};

const ANA: &str = "ana@acme.example";

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn no_sign_that_browsers_skip_leads_to_another_site(db: PgPool) {
    let app = TestApp::new(db).await;
    let browser = Browser::of_person(&app, ANA).await;
    for next in [
        "/\t/evil.example/",
        "/\n/evil.example/",
        "/\r\n/evil.example/",
        "\t//evil.example/",
        "/\u{b}/evil.example/",
        "/x\r\nset-cookie: __Host-session=mallory",
        "/{id}\\..\\evil.example",
    ] {
        let fields = [
            ("_method", "PATCH"),
            ("name", "Ana"),
            ("_next", next),
            ("_back", next),
        ];
        let answer = browser.post("/act/v1/me", &fields).await;
        assert_eq!(
            (answer.status, location(&answer)),
            (StatusCode::SEE_OTHER, "/"),
            "{next:?}"
        );
        let cookies = answer.headers.get_all(header::SET_COOKIE).iter();
        assert!(
            cookies
                .into_iter()
                .all(|cookie| !cookie.to_str().unwrap().contains("mallory"))
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_form_as_deep_or_as_long_as_may_be_is_only_refused(db: PgPool) {
    let app = TestApp::new(db).await;
    let browser = Browser::new(&app);
    browser.get("/sign-in").await;
    let deep = "a.".repeat(300_000);
    let many: Vec<_> = (0..60_000).map(|n| format!("f{n}_minor")).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), "1")).collect();
    let back = ("_back", "/sign-in");
    for fields in [vec![(deep.as_str(), "x"), back], [many, vec![back]].concat()] {
        let refused = browser.post("/act/v1/quotes", &fields).await;
        assert!(refused.status.is_client_error(), "{}", refused.status);
    }
    let huge = "x".repeat(3 << 20);
    let refused = browser.post("/act/v1/sessions", &[("email", &huge)]).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(refused.text.contains("<h1"), "a page says so: {}", refused.text);
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_has_no_proof_of_the_form_is_told_so_by_a_page(db: PgPool) {
    let app = TestApp::new(db).await;
    let browser = Browser::of_person(&app, ANA).await;
    browser.get("/account").await;
    let form = browser.form("/act/v1/me").header("sec-fetch-site", "same-origin");
    let fields = encoded(&[
        ("_csrf", "of long ago"),
        ("_method", "PATCH"),
        ("name", "Mallory"),
    ]);
    let refused = browser.send(form, fields).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("Load the page again"), "{}", refused.text);
    assert!(!browser.get("/account").await.text.contains("Mallory"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_signs_in_gets_a_session_that_nobody_knew_before(db: PgPool) {
    let app = TestApp::new(db).await;
    person(&app, ANA).await;
    let browser = Browser::new(&app);
    for planted in ["ms_0198d3a26f0e7c35b0f46d2f3f0c9b11_AAAA", "chosen by Mallory"] {
        browser.keep("__Host-session", planted);
        let fields = [("email", ANA), ("password", PASSWORD), ("_next", "/account")];
        let signed_in = browser.post("/act/v1/sessions", &fields).await;
        assert_eq!(location(&signed_in), "/account", "{}", signed_in.text);
        let session = browser.cookie("__Host-session").unwrap();
        assert!(session.starts_with("ms_") && session != planted, "{session}");
        assert!(browser.get("/account").await.text.contains("Ana Lima"));
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn cookies_that_are_none_of_ours_open_nothing_and_break_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let quoted = format!(
        "__Host-csrf={}",
        "\"><script>alert(1)</script>'`{{1234567*7}}"
            .repeat(2)
            .get(..43)
            .unwrap()
    );
    for cookie in [
        b"__Host-session".to_vec(),
        b"=;;;=;__Host-session=;__Host-csrf=".to_vec(),
        b"__Host-session=\xff\xfe; __Host-csrf=\xff".to_vec(),
        quoted.into_bytes(),
        [
            b"__Host-done=%3Cscript%3Ealert(1)%3C/script%3E%00%ff; a=".to_vec(),
            vec![b'x'; 4_000],
        ]
        .concat(),
        b"__Host-locale=../../etc; __Host-order-zzz=1".to_vec(),
    ] {
        for path in ["/", "/sign-in", "/orders/0198d3a2-6f10-7000-8000-000000000000"] {
            let request = app
                .anonymous(axum::http::Method::GET, path)
                .header(header::COOKIE, cookie.as_slice());
            let page = app.send(request.body(Body::empty()).unwrap()).await;
            let fine = [StatusCode::OK, StatusCode::UNAUTHORIZED];
            assert!(fine.contains(&page.status), "{path}: {}", page.status);
            assert!(!page.text.contains("<script>alert"), "{}", page.text);
            assert!(
                !page.text.contains("8641969"),
                "a template is never made of what is given"
            );
        }
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_name_that_looks_like_a_template_is_a_name(db: PgPool) {
    let app = TestApp::new(db).await;
    let browser = Browser::of_person(&app, ANA).await;
    let name = "{{ 7*191 }}{% include 'base.html' %}";
    let fields = [
        ("_method", "PATCH"),
        ("name", name),
        ("_done", name),
        ("_next", "/account"),
    ];
    let saved = browser.post("/act/v1/me", &fields).await;
    assert_eq!(location(&saved), "/account", "{}", saved.text);
    let page = browser.get("/account").await;
    assert!(!page.text.contains("1337"), "{}", page.text);
    assert!(page.text.contains("{{ 7*191 }}"), "{}", page.text);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_a_member_of_the_staff_may_no_longer_is_gone_with_the_next_page(db: PgPool) {
    let app = TestApp::new(db).await;
    let browser = Browser::of_staff(&app, "olga@acme.example", &[Permission::JobsManage]).await;
    let page = browser.get("/admin/jobs").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);

    let (_, staff) = app.get("/v1/staff").await;
    let member = staff["items"].as_array().unwrap();
    let member = member
        .iter()
        .find(|one| one["email"] == "olga@acme.example")
        .unwrap();
    let path = format!("/v1/staff/{}", member["id"].as_str().unwrap());
    let request = app
        .request(axum::http::Method::PATCH, &path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::IF_MATCH, format!("\"{}\"", member["version"]));
    let body = Body::from(json!({ "grants": [] }).to_string());
    let changed = app.send(request.body(body).unwrap()).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    assert_eq!(browser.get("/admin/jobs").await.status, StatusCode::FORBIDDEN);
    // Nor by a form of the page that is still open.
    let form = [("_back", "/admin/jobs")];
    let retried = browser
        .post("/act/v1/jobs/0198d3a2-6f10-7000-8000-000000000000/retry", &form)
        .await;
    assert_eq!(retried.status, StatusCode::FORBIDDEN, "{}", retried.text);

    let (status, _) = app.post(&format!("{path}/suspend"), json!({})).await;
    assert!(status.is_success(), "{status}");
    let sent_away = browser.get("/admin").await;
    assert_eq!(sent_away.status, StatusCode::SEE_OTHER, "{}", sent_away.text);
    assert_eq!(browser.cookie("__Host-session"), None);
    app.leave_jobs();
}
