//! Each mail of the platform itself in both languages, as it is read.

use marquee_core::locale::Locale;
use marquee_core::platform::mail::Mail;
use marquee_tests::TestApp;
use serde_json::json;
use sqlx::PgPool;

use super::{enqueue, to_ana};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_test_mail_is_read_like_this(db: PgPool) {
    let app = TestApp::new(db).await;
    for locale in Locale::ALL {
        let mail = Mail {
            locale,
            ..to_ana(locale.name())
        };
        enqueue(&app, mail).await;
        app.run_jobs().await;

        let given = app.mail_transport.last_to("ana@acme.example");
        insta::assert_snapshot!(
            format!("test.{locale}.txt"),
            format!("{}\n\n{}", given.subject, given.text)
        );
        insta::assert_snapshot!(format!("test.{locale}.html"), given.html);
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_somebody_calls_themselves_is_text_wherever_it_stands(db: PgPool) {
    let app = TestApp::new(db).await;
    let mut mail = to_ana("hostile");
    mail.context["by"] = json!("<mj-raw><script>x</script></mj-raw> {{ link }}\r\nBcc: eve@evil.example \"&");
    mail.context["link"] = json!("https://x.example/\"><script>y</script>");
    enqueue(&app, mail).await;
    app.run_jobs().await;

    let given = app.mail_transport.last_to("ana@acme.example");

    assert!(!given.html.contains("<script>"), "{}", given.html);
    assert!(given.html.contains("&lt;script&gt;x&lt;/script&gt;"));
    assert!(given.html.contains("{{ link }}"), "it is not filled twice");
    assert!(given.text.contains("<mj-raw><script>x</script></mj-raw>"));
    assert!(!given.subject.contains(['\r', '\n']));
}
