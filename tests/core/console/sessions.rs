use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_tests::TestApp;
use sqlx::PgPool;

use super::{Browser, encoded, location};
use crate::accounts::{PASSWORD, person};

const ANA: &str = "ana@acme.example";

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn whoever_signs_in_comes_back_to_where_they_were(db: PgPool) {
    let app = TestApp::new(db).await;
    person(&app, ANA).await;
    let browser = Browser::new(&app);

    let sent_away = browser.get("/orders?status=open").await;
    assert_eq!(sent_away.status, StatusCode::SEE_OTHER);
    assert_eq!(location(&sent_away), "/sign-in?next=%2Forders%3Fstatus%3Dopen");

    let page = browser.get(location(&sent_away)).await;
    assert!(
        page.text
            .contains("name=\"_next\" value=\"&#x2f;orders?status=open\""),
        "{}",
        page.text
    );
    let fields = [
        ("email", ANA),
        ("password", PASSWORD),
        ("_next", "/orders?status=open"),
    ];
    let signed_in = browser.post("/act/v1/sessions", &fields).await;
    assert_eq!(signed_in.status, StatusCode::SEE_OTHER, "{}", signed_in.text);
    assert_eq!(location(&signed_in), "/orders?status=open");
    let kept = signed_in.headers[header::SET_COOKIE].to_str().unwrap();
    for said in [
        "__Host-session=ms_",
        "HttpOnly",
        "Secure",
        "SameSite=Lax",
        "Path=/",
        "Max-Age=",
    ] {
        assert!(kept.contains(said), "{said}: {kept}");
    }
    let orders = browser.get("/orders?status=open").await;
    assert_eq!(orders.status, StatusCode::OK);
    assert!(
        orders.text.contains("You have not ordered anything yet."),
        "{}",
        orders.text
    );

    let out = [("_method", "DELETE"), ("_next", "/")];
    let out = browser.post("/act/v1/sessions/current", &out).await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.cookie("__Host-session"), None);
    assert_eq!(browser.get("/orders").await.status, StatusCode::SEE_OTHER);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_wrong_password_is_said_on_the_same_page_and_not_repeated_there(db: PgPool) {
    let app = TestApp::new(db).await;
    person(&app, ANA).await;
    let browser = Browser::new(&app);

    let fields = [
        ("email", ANA),
        ("password", "a guess of mine"),
        ("_back", "/sign-in?next=%2Forders"),
    ];
    let page = browser.post("/act/v1/sessions", &fields).await;

    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    assert!(
        page.text.contains("The address or the password is wrong."),
        "{}",
        page.text
    );
    assert!(page.text.contains(ANA));
    assert!(page.text.contains("&#x2f;orders"));
    assert!(!page.text.contains("a guess of mine"));
    assert_eq!(browser.cookie("__Host-session"), None);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_session_that_ended_is_forgotten(db: PgPool) {
    let app = TestApp::new(db).await;
    let browser = Browser::of_person(&app, ANA).await;
    assert_eq!(browser.get("/account").await.status, StatusCode::OK);

    let (_, token) = ("", browser.cookie("__Host-session").unwrap());
    let ended = app
        .call_as(&token, Method::DELETE, "/v1/sessions/current", None)
        .await;
    assert_eq!(ended.0, StatusCode::NO_CONTENT);

    assert_eq!(browser.get("/account").await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.cookie("__Host-session"), None);
    assert_eq!(browser.get("/").await.status, StatusCode::OK);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a05_forms_that_are_not_ours_do_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let browser = Browser::of_person(&app, ANA).await;
    browser.get("/account").await;
    let csrf = browser.cookie("__Host-csrf").unwrap();
    let fields = |token: &str| encoded(&[("_csrf", token), ("_method", "PATCH"), ("name", "Mallory")]);
    let form = || browser.form("/act/v1/me");

    for (what, form, body) in [
        (
            "no token",
            form().header("sec-fetch-site", "same-origin"),
            fields(""),
        ),
        (
            "a wrong one",
            form(),
            fields("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ),
        (
            "from elsewhere",
            form().header("sec-fetch-site", "cross-site"),
            fields(&csrf),
        ),
        (
            "from a sister",
            form().header("sec-fetch-site", "same-site"),
            fields(&csrf),
        ),
        (
            "of another origin",
            form()
                .header(header::ORIGIN, "https://evil.example")
                .header(header::HOST, "marquee.example"),
            fields(&csrf),
        ),
        (
            "of no origin",
            form().header(header::ORIGIN, "null"),
            fields(&csrf),
        ),
        (
            "as plain text",
            app.anonymous(Method::POST, "/act/v1/me")
                .header(header::CONTENT_TYPE, "text/plain"),
            fields(&csrf),
        ),
    ] {
        let answer = browser.send(form, body).await;
        assert!(answer.status.is_client_error(), "{what}: {}", answer.status);
    }
    let page = browser.get("/account").await;
    assert!(page.text.contains("Ana Lima") && !page.text.contains("Mallory"));

    let ours = form().header("sec-fetch-site", "same-origin");
    let answer = browser.send(ours, fields(&csrf)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(browser.get("/account").await.text.contains("Mallory"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nobody_is_sent_to_another_site(db: PgPool) {
    let app = TestApp::new(db).await;
    let browser = Browser::of_person(&app, ANA).await;
    for next in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
    ] {
        let fields = [("_method", "PATCH"), ("name", "Ana"), ("_next", next)];
        let answer = browser.post("/act/v1/me", &fields).await;
        assert_eq!(location(&answer), "/", "{next}");
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn people_choose_their_language(db: PgPool) {
    let app = TestApp::new(db).await;
    let browser = Browser::new(&app);
    assert!(browser.get("/talents").await.text.contains("<html lang=\"en\">"));

    let fields = [("locale", "pt-BR"), ("_next", "/talents?q=ana")];
    let answer = browser.post("/locale", &fields).await;

    assert_eq!(location(&answer), "/talents?q=ana");
    let page = browser.get("/talents").await.text;
    assert!(page.contains("<html lang=\"pt-BR\">") && page.contains("Talentos"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn pages_say_what_browsers_may_do_with_them(db: PgPool) {
    let app = TestApp::new(db).await;
    let answer = Browser::new(&app).get("/sign-in").await;

    let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    for said in [
        "default-src 'none'",
        "script-src 'self';",
        "style-src 'self';",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(said), "{said}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert_eq!(answer.headers[header::X_FRAME_OPTIONS], "DENY");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "private, no-cache");

    let style = answer.text.split_once("rel=\"stylesheet\" href=\"").unwrap().1;
    let style = style.split('"').next().unwrap().replace("&#x2f;", "/");
    let request = app
        .anonymous(Method::GET, &style)
        .header(header::ACCEPT_ENCODING, "br, gzip");
    let style = app.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(style.headers[header::CONTENT_TYPE], "text/css; charset=utf-8");
    assert_eq!(style.headers[header::CONTENT_ENCODING], "gzip");
    assert!(
        style.headers[header::CACHE_CONTROL]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    for path in ["/assets/app.css?v=old", "/assets/app.css"] {
        let request = app.anonymous(Method::GET, path).body(Body::empty()).unwrap();
        let plain = app.send(request).await;
        assert_eq!(plain.headers[header::CACHE_CONTROL], "no-cache", "{path}");
        assert!(plain.text.contains(":root"));
    }
    for path in ["/assets/..%2Fmod.rs", "/assets/none.css"] {
        let request = app.anonymous(Method::GET, path).body(Body::empty()).unwrap();
        assert_eq!(app.send(request).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
