//! Each mail about the catalogue in both languages, as it is read.

use marquee_core::platform::mail::Outgoing;
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;

use super::new_talent;
use crate::accounts::anonymously;

/// Without what differs each time.
fn read(mail: &Outgoing) -> String {
    let mut text = format!("To: {}\nSubject: {}\n\n{}", mail.to, mail.subject, mail.text);
    while let Some(at) = text.find("#ml_") {
        text.replace_range(at..at + "#ml_".len() + 32 + 1 + 43, "#<secret>");
    }
    if let Some(at) = text.find("Application: ").map(|at| at + "Application: ".len()) {
        text.replace_range(at..at + 36, "<id>");
    }
    if let Some(at) = text.find("Inscrição: ").map(|at| at + "Inscrição: ".len()) {
        text.replace_range(at..at + 36, "<id>");
    }
    text
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_mails_about_the_catalogue_are_read_like_this(db: PgPool) {
    for locale in ["pt-BR", "en"] {
        let app = TestApp::new(db.clone()).await;
        let email = format!("ana-{locale}@acme.example");
        let mut body = new_talent(&email, "Ana <b>Lima</b>");
        body["locale"] = json!(locale);
        body["message"] = json!("I sing <i>loud</i>.");
        for decision in ["reject", "accept"] {
            super::applications::apply(&app, body.clone()).await;
            let (_, list) = app.get("/v1/applications?status=open").await;
            let path = format!("/v1/applications/{}", list["items"][0]["id"].as_str().unwrap());
            app.post(&format!("{path}/ask"), json!({ "question": "When <b>?" }))
                .await;
            let token = crate::accounts::mailed_link(&app, &email).await;
            let answer = json!({ "token": token, "answer": "Always." });
            anonymously(&app, "/v1/applications/answers", answer).await;
            app.post(&format!("{path}/{decision}"), json!({ "reason": "Not <b>yet." }))
                .await;
            app.run_jobs().await;
        }
        super::applications::apply(&app, body).await;
        app.run_jobs().await;
        super::bank_details::change_everybodys(&app, &format!("7654321{}", locale.len())).await;
        app.run_jobs().await;

        let given = app.mail_transport.given();
        let all: Vec<_> = given.iter().map(read).collect();
        insta::assert_snapshot!(format!("catalogue.{locale}.txt"), all.join("\n========\n"));
        assert_eq!(given.len(), 14, "{all:?}");
        for mail in given {
            for theirs in ["<b>Lima", "<i>loud", "When <b>", "Not <b>"] {
                assert!(!mail.html.contains(theirs), "what people write is text");
            }
        }
    }
}
