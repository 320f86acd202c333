//! Mail over real SMTP: what arrives, what is refused for good, and what is tried again.

use std::time::Duration;

use marquee_core::adapters::smtp::Smtp;
use marquee_core::platform::mail::{MailTransport as _, Mailbox, Outgoing, SendError, TEST, send_test};
use marquee_tests::{ManualClock, SmtpServer, TestApp};
use secrecy::SecretString;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::sync::Arc;
use uuid::Uuid;

fn mail(to: &str, name: &str) -> Outgoing {
    Outgoing {
        id: Uuid::nil(),
        message_id: "1@api.marquee.test".to_owned(),
        from: Mailbox::parse("Marquee <no-reply@marquee.test>").unwrap(),
        to: Mailbox::new(to, name).unwrap(),
        date: ManualClock::START,
        subject: "Olá, João — R$ 150,00".to_owned(),
        text: "Olá!\n.\n..\nFrom here on\n".to_owned(),
        html: "<p>Olá!</p>".to_owned(),
    }
}

fn smtp(url: &SecretString) -> Smtp {
    Smtp::new(url, "api.marquee.test").unwrap()
}

fn url(server: &SmtpServer, user: &str, query: &str) -> SecretString {
    SecretString::from(format!("smtp://{user}127.0.0.1:{}{query}", server.port))
}

#[track_caller]
fn assert_failed(result: Result<(), SendError>, reason: &str) {
    assert!(
        matches!(&result, Err(SendError::Failed(told)) if told.contains(reason)),
        "{result:?}"
    );
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let server = SmtpServer::start().await;
    smtp(&server.url())
        .send(&mail("ana@acme.example", "João \"Jô\" da Silva, Jr."))
        .await
        .unwrap();

    let received = server.received().await;
    assert_eq!(received.len(), 1);
    let arrived = &received[0];
    assert_eq!(arrived["from"], "no-reply@marquee.test");
    assert_eq!(arrived["to"], json!(["ana@acme.example"]));
    assert_eq!(
        arrived["recipients"],
        json!([{ "name": "João \"Jô\" da Silva, Jr.", "address": "ana@acme.example" }])
    );
    let headers = &arrived["headers"];
    assert_eq!(headers["Subject"], "Olá, João — R$ 150,00");
    assert_eq!(headers["Message-ID"], "<1@api.marquee.test>");
    assert_eq!(headers["Auto-Submitted"], "auto-generated");
    assert_eq!(headers["Date"], "Wed, 01 Jul 2026 12:00:00 +0000");
    assert!(
        headers["Content-Type"]
            .as_str()
            .unwrap()
            .starts_with("multipart/alternative")
    );
    assert_eq!(
        arrived["parts"],
        json!([
            { "type": "text/plain", "content": "Olá!\r\n.\r\n..\r\nFrom here on\r\n" },
            { "type": "text/html", "content": "<p>Olá!</p>" },
        ])
    );
}

#[tokio::test]
async fn seed_defect_26_a_hostile_name_adds_no_recipient() {
    let server = SmtpServer::start().await;
    let smtp = smtp(&server.url());
    let names = [
        "Ana\r\nBcc: eve@evil.example",
        "Ana\" <eve@evil.example>, \"",
        "Ana, eve@evil.example",
        "<eve@evil.example>",
        "=?utf-8?q?Ana=0d=0aBcc:_eve@evil.example?=",
    ];
    for name in names {
        let hostile = Outgoing {
            subject: name.to_owned(),
            ..mail("ana@acme.example", name)
        };
        smtp.send(&hostile).await.unwrap();
    }

    let received = server.received().await;
    assert_eq!(received.len(), names.len());
    for arrived in &received {
        assert_eq!(arrived["to"], json!(["ana@acme.example"]));
        assert_eq!(
            arrived["recipients"].as_array().unwrap().len(),
            1,
            "{}",
            arrived["recipients"]
        );
        assert_eq!(arrived["recipients"][0]["address"], "ana@acme.example");
        assert_eq!(arrived["headers"]["Bcc"], Value::Null);
    }
}

#[tokio::test]
async fn an_address_that_nobody_has_is_refused_for_good_and_nothing_else_is() {
    let server = SmtpServer::start().await;
    let smtp = smtp(&server.url());

    let nobody = smtp.send(&mail("nobody@acme.example", "")).await;
    assert_eq!(
        nobody,
        Err(SendError::Refused(
            "permanent error (550): 5.1.1 no such user".to_owned()
        ))
    );
    assert_failed(smtp.send(&mail("spam@acme.example", "")).await, "5.7.1");
    assert_failed(smtp.send(&mail("later@acme.example", "")).await, "451");
    assert_failed(smtp.send(&mail("drop@acme.example", "")).await, "");
    smtp.send(&mail("later@acme.example", "")).await.unwrap();
    assert_eq!(server.received().await.len(), 1);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let server = SmtpServer::start().await;
    let smtp = Smtp::with_timeout(&server.url(), "api.marquee.test", Duration::from_millis(300)).unwrap();
    assert_failed(smtp.send(&mail("never@acme.example", "")).await, "took too long");
}

#[tokio::test]
async fn a_wrong_password_is_no_fault_of_the_recipients() {
    let server = SmtpServer::start().await;

    let right = smtp(&url(&server, "marquee:s3cret@", ""));
    right.send(&mail("ana@acme.example", "")).await.unwrap();
    let wrong = smtp(&url(&server, "marquee:guess@", ""));
    assert_failed(wrong.send(&mail("bia@acme.example", "")).await, "535");

    let received = server.received().await;
    assert_eq!(received.len(), 1);
    assert_eq!(received[0]["user"], "marquee");
    let error = wrong.check().await.unwrap_err();
    assert!(!format!("{error:#}").contains("guess"), "{error:#}");
}

#[tokio::test]
async fn where_tls_is_needed_nothing_is_sent_without_it() {
    for server in [
        SmtpServer::start().await,
        SmtpServer::with_bad_certificate().await,
    ] {
        let smtp = smtp(&url(&server, "", "?tls=required"));
        assert_failed(smtp.send(&mail("ana@acme.example", "")).await, "");
        assert!(smtp.check().await.is_err());
        assert!(server.received().await.is_empty());
    }
}

#[tokio::test]
async fn whether_mail_could_be_sent_is_told_without_sending_any() {
    let server = SmtpServer::start().await;
    assert_eq!(
        smtp(&server.url()).check().await.unwrap(),
        "the mail server answers"
    );
    assert!(server.received().await.is_empty());

    let url = server.url();
    drop(server);
    assert!(smtp(&url).check().await.is_err());
}

async fn app(db: PgPool, server: &SmtpServer) -> TestApp {
    let smtp = Arc::new(smtp(&server.url()));
    TestApp::with(db, |parts| parts.mail_transport = smtp).await
}

async fn test_to(app: &TestApp, address: &str) {
    let (operator, to) = (
        marquee_core::access::Principal::operator(),
        Mailbox::parse(address).unwrap(),
    );
    send_test(&app.app, &operator, to, marquee_core::locale::Locale::En)
        .await
        .unwrap();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_mail_that_the_server_puts_off_arrives_later_and_one_that_it_refuses_never(db: PgPool) {
    let server = SmtpServer::start().await;
    let app = app(db, &server).await;
    test_to(&app, "Ana <later@acme.example>").await;
    test_to(&app, "nobody@acme.example").await;

    app.run_jobs().await;
    assert!(server.received().await.is_empty());
    app.advance(time::Duration::minutes(1));
    app.run_jobs().await;

    let received = server.received().await;
    assert_eq!(received.len(), 1);
    assert_eq!(received[0]["recipients"][0]["name"], "Ana");
    assert_eq!(received[0]["headers"]["Subject"], "A test mail from Marquee");
    let (_, mails) = app.get(&format!("/v1/mails?template={}", TEST.name)).await;
    let statuses: Vec<_> = mails["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mail| mail["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["refused", "sent"]);
    let (_, suppressed) = app.get("/v1/mail-suppressions").await;
    assert_eq!(suppressed["items"][0]["address"], "nobody@acme.example");
    assert_eq!(suppressed["items"][0]["reason"], "refused");
}

/// The server has the mail, and its answer is lost: what can be done is to send it again as the same.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_mail_whose_answer_is_lost_is_sent_again_as_the_same(db: PgPool) {
    let server = SmtpServer::start().await;
    let app = app(db, &server).await;
    test_to(&app, "lost@acme.example").await;

    app.run_jobs().await;
    app.advance(time::Duration::minutes(1));
    app.run_jobs().await;
    app.leave_jobs();

    let received = server.received().await;
    assert_eq!(received.len(), 2);
    assert_eq!(
        received[0]["headers"]["Message-ID"],
        received[1]["headers"]["Message-ID"]
    );
}
