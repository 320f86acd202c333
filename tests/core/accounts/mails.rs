//! Each mail about an account in both languages, as it is read.

use axum::http::Method;
use marquee_core::platform::mail::Outgoing;
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;

use super::{PASSWORD, anonymously, mailed_link};

/// Without what differs each time.
fn read(mail: &Outgoing) -> String {
    let mut text = format!("To: {}\nSubject: {}\n\n{}", mail.to, mail.subject, mail.text);
    while let Some(at) = text.find("#ml_") {
        text.replace_range(at..at + "#ml_".len() + 32 + 1 + 43, "#<secret>");
    }
    text
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_mails_about_an_account_are_read_like_this(db: PgPool) {
    for locale in ["pt-BR", "en"] {
        let app = TestApp::new(db.clone()).await;
        let (email, new) = (
            format!("ana-{locale}@acme.example"),
            format!("new-{locale}@acme.example"),
        );
        let sign_up = async || {
            let body =
                json!({ "email": email, "name": "Ana <b>Lima</b>", "password": PASSWORD, "locale": locale });
            anonymously(&app, "/v1/accounts", body).await;
            app.run_jobs().await;
        };
        sign_up().await;
        let body = json!({ "token": mailed_link(&app, &email).await });
        let (_, session) = anonymously(&app, "/v1/accounts/confirm", body).await;
        let token = session["token"].as_str().unwrap();
        sign_up().await;
        anonymously(&app, "/v1/password-resets", json!({ "email": email })).await;
        app.run_jobs().await;
        let body = json!({ "current": PASSWORD, "new": "gravel teapot monsoon" });
        app.call_as(token, Method::PUT, "/v1/me/password", Some(body))
            .await;
        app.run_jobs().await;
        let body = json!({ "email": new, "password": "gravel teapot monsoon" });
        app.call_as(token, Method::PUT, "/v1/me/email", Some(body)).await;
        for address in [&email, &new] {
            let body = json!({ "token": mailed_link(&app, address).await });
            anonymously(&app, "/v1/email-changes/confirm", body).await;
        }
        app.run_jobs().await;

        let given = app.mail_transport.given();
        let all: Vec<_> = given.iter().map(read).collect();
        insta::assert_snapshot!(format!("accounts.{locale}.txt"), all.join("\n========\n"));
        assert_eq!(given.len(), 7, "{all:?}");
        for mail in given {
            assert!(!mail.html.contains("<b>Lima"), "what people are called is text");
        }
    }
}
