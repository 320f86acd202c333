//! Mail into files.

use marquee_core::adapters::mail_files::MailFiles;
use marquee_core::platform::mail::{MailTransport as _, Mailbox, Outgoing, SendError};
use marquee_tests::ManualClock;
use uuid::Uuid;

fn mail() -> Outgoing {
    Outgoing {
        id: Uuid::from_u128(7),
        message_id: "7@api.marquee.test".to_owned(),
        from: Mailbox::parse("Marquee <no-reply@marquee.test>").unwrap(),
        to: Mailbox::parse("Ana <ana@acme.example>").unwrap(),
        date: ManualClock::START,
        subject: "Hello".to_owned(),
        text: "Hello\n".to_owned(),
        html: "<p>Hello</p>".to_owned(),
    }
}

#[tokio::test]
async fn a_mail_becomes_a_file_with_its_id_for_a_name_and_twice_is_once() {
    let home = tempfile::tempdir().unwrap();
    let files = MailFiles::new(&home.path().join("a/b"));

    files.send(&mail()).await.unwrap();
    files.send(&mail()).await.unwrap();

    let written: Vec<_> = std::fs::read_dir(home.path().join("a/b"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(written.len(), 1);
    assert_eq!(
        written[0].file_name().unwrap(),
        "00000000-0000-0000-0000-000000000007.eml"
    );
    let text = std::fs::read_to_string(&written[0]).unwrap();
    assert!(text.contains("To: Ana <ana@acme.example>\r\n"), "{text}");
    assert!(text.contains("Message-ID: <7@api.marquee.test>\r\n"), "{text}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_is_told() {
    let home = tempfile::tempdir().unwrap();
    let blocked = home.path().join("file");
    std::fs::write(&blocked, "").unwrap();
    let files = MailFiles::new(&blocked);

    assert!(matches!(files.send(&mail()).await, Err(SendError::Failed(_))));
    assert!(files.check().await.is_err());
    let fine = MailFiles::new(&home.path().join("mail"));
    assert!(fine.check().await.unwrap().starts_with("goes into files below"));
}
