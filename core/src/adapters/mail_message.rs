//! A mail as bytes of RFC 5322, as both ways out of here take it: lettre encodes what is not ASCII and folds what is
//! long, so that nothing in a name or a subject can become a header.

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};

use crate::platform::mail::{self, Outgoing, SendError};

/// # Errors
/// [`SendError::Refused`]: the recipient's address is none.
pub(super) fn message(mail: &Outgoing) -> Result<Message, SendError> {
    let from = mailbox(&mail.from).map_err(|error| SendError::Failed(format!("MAIL_FROM: {error}")))?;
    let to = mailbox(&mail.to).map_err(|error| SendError::Refused(format!("no address: {error}")))?;
    // Out-of-office replies are not sent to those who say so (RFC 3834).
    let automatic = HeaderValue::new(
        HeaderName::new_from_ascii_str("Auto-Submitted"),
        "auto-generated".to_owned(),
    );
    Message::builder()
        .from(from)
        .to(to)
        .subject(mail.subject.clone())
        .message_id(Some(format!("<{}>", mail.message_id)))
        .date(mail.date.into())
        .raw_header(automatic)
        .multipart(MultiPart::alternative_plain_html(
            mail.text.clone(),
            mail.html.clone(),
        ))
        .map_err(|error| SendError::Failed(error.to_string()))
}

fn mailbox(mailbox: &mail::Mailbox) -> Result<Mailbox, lettre::address::AddressError> {
    let name = Some(mailbox.name().to_owned()).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, mailbox.address().parse()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    fn outgoing(name: &str, subject: &str) -> Outgoing {
        Outgoing {
            id: Uuid::nil(),
            message_id: "1@marquee.example".to_owned(),
            from: mail::Mailbox::parse("Marquee <no-reply@marquee.example>").unwrap(),
            to: mail::Mailbox::new("ana@acme.example", name).unwrap(),
            date: datetime!(2026-07-01 12:00 UTC),
            subject: subject.to_owned(),
            text: "Olá\n.\nFrom me\n".to_owned(),
            html: "<p>Olá</p>".to_owned(),
        }
    }

    /// The names of the headers, with folded lines taken together.
    fn headers(bytes: &[u8]) -> Vec<String> {
        let text = std::str::from_utf8(bytes).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.replace("\r\n", "").contains(['\r', '\n']), "{head:?}");
        let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        lines
            .map(|line| line.split_once(':').unwrap().0.to_owned())
            .collect()
    }

    const HEADERS: [&str; 8] = [
        "From",
        "To",
        "Subject",
        "Message-ID",
        "Date",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    ];

    #[test]
    fn a_name_or_subject_never_becomes_a_header_or_another_recipient() {
        for hostile in [
            "Ana\r\nBcc: eve@evil.example",
            "Ana\nBcc: eve@evil.example",
            "Ana\rBcc: eve@evil.example\r\n\r\n<p>",
            "Ana\" <eve@evil.example>, \"",
            "Ana, eve@evil.example",
            "<eve@evil.example>",
            "Ana (comment) \\",
            "=?utf-8?q?Ana=0d=0aBcc:_eve@evil.example?=",
            "Ana\u{2028}Bcc: eve@evil.example",
        ] {
            let message = message(&outgoing(hostile, hostile)).unwrap();
            assert_eq!(headers(&message.formatted()), HEADERS, "{hostile:?}");
            let recipients = message.envelope().to();
            assert_eq!(recipients.len(), 1, "{hostile:?}");
            assert_eq!(recipients[0].to_string(), "ana@acme.example");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_name_and_subject_the_headers_are_ours(name in any::<String>(), subject in any::<String>()) {
            let message = message(&outgoing(&name, &subject)).unwrap();
            prop_assert_eq!(headers(&message.formatted()), HEADERS);
            prop_assert_eq!(message.envelope().to().len(), 1);
        }
    }
}
