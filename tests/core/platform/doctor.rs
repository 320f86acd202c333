use marquee_core::doctor::{Check, examine};
use marquee_core::platform::mail::SendError;
use marquee_tests::TestApp;
use sqlx::PgPool;

async fn look(app: &TestApp, name: &str) -> Option<Check> {
    let checks = examine(&app.app).await;
    checks.into_iter().find(|check| check.name == name)
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_doctor_tells_how_much_waits_in_the_hit_queue(db: PgPool) {
    let app = TestApp::new(db).await;
    app.hit_queue.send("one");

    let queue = look(&app, "hit queue").await.unwrap();

    assert!(queue.fine);
    assert_eq!(
        queue.detail,
        "1 messages wait, 0 are in hand, without a dead-letter queue"
    );
    assert!(look(&app, "dead letters").await.is_none());
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_doctor_finds_dead_letters(db: PgPool) {
    let app = TestApp::new(db).await;

    app.hit_queue.bury(0);
    let none = look(&app, "dead letters").await.unwrap();
    app.hit_queue.bury(3);
    let some = look(&app, "dead letters").await.unwrap();

    assert!(none.fine && none.remedy.is_none());
    assert!(!some.fine);
    assert_eq!(some.detail, "3 messages were given up");
    assert!(some.remedy.unwrap().contains("redrive"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_doctor_says_what_to_do_about_a_queue_that_cannot_be_asked(db: PgPool) {
    let app = TestApp::new(db).await;
    app.hit_queue.fail_next(1);

    let queue = look(&app, "hit queue").await.unwrap();

    assert!(!queue.fine);
    assert_eq!(queue.detail, "asking the fake queue: unavailable");
    assert!(queue.remedy.unwrap().contains("SQS_QUEUE_URL"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_doctor_says_whether_mail_can_be_sent(db: PgPool) {
    let app = TestApp::new(db).await;
    assert!(look(&app, "mail").await.unwrap().fine);
    assert!(look(&app, "dead mails").await.unwrap().fine);

    app.mail_transport
        .fail_next(SendError::Failed("connection refused".to_owned()));
    let mail = look(&app, "mail").await.unwrap();

    assert!(!mail.fine);
    assert_eq!(mail.detail, "connection refused");
    assert!(mail.remedy.unwrap().contains("SMTP_URL"));
}
