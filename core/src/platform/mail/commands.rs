use serde_json::json;
use time::format_description::well_known::Rfc3339;

use super::{Mail, Mailbox, TEST, enqueue};
use crate::access::Principal;
use crate::app::App;
use crate::ids;
use crate::locale::Locale;

/// Has a test mail sent.
pub async fn send_test(app: &App, by: &Principal, to: Mailbox, locale: Locale) -> anyhow::Result<()> {
    let now = app.now();
    let context = json!({
        "by": by.name,
        "at": now.format(&Rfc3339)?,
        "amount": { "amount_minor": 15_000, "currency": "BRL" },
        "link": app.config.base_url.as_str(),
    });
    let mail = Mail {
        event: format!("platform.test/{}", ids::fresh(now)),
        to,
        locale,
        template: &TEST,
        context,
    };
    let mut tx = app.db.begin().await?;
    enqueue(&mut tx, app, mail).await?;
    tx.commit().await?;
    Ok(())
}
