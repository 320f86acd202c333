//! Mail as features ask for it and as its recipients read it.

mod giving_up;
mod sending;
mod suppressions;
mod templates;

use marquee_core::locale::Locale;
use marquee_core::platform::mail::{self, Mail, Mailbox};
use marquee_tests::TestApp;
use serde_json::{Value, json};

/// A test mail to Ana, about this event.
fn to_ana(event: &str) -> Mail<Value> {
    Mail {
        event: event.to_owned(),
        to: Mailbox::new("ana@acme.example", "Ana Lima").unwrap(),
        locale: Locale::En,
        template: &mail::TEST,
        context: json!({
            "by": "Bia",
            "at": "2026-07-01T12:00:00Z",
            "amount": { "amount_minor": 15_000, "currency": "BRL" },
            "link": "https://api.marquee.example/?a=1&b=2",
        }),
    }
}

async fn enqueue(app: &TestApp, mail: Mail<Value>) {
    let mut tx = app.app.db.begin().await.unwrap();
    mail::enqueue(&mut tx, &app.app, mail).await.unwrap();
    tx.commit().await.unwrap();
}
