use super::domain::Month;
use super::{mails, queries};
use crate::app::App;
use crate::platform::paging::Page;

/// From the first working day of a month on: tells whoever may make payouts that the last month is to be paid out, if it
/// is and nobody has begun. Each is told once for each month and currency, however often this is done.
pub(super) async fn remind(app: &App) -> anyhow::Result<()> {
    let zone = &app.config.zone;
    let present = Month::of(zone, app.now());
    if zone.at(app.now()).date() < present.first_working_day() {
        return Ok(());
    }
    let month = present.before();
    let none = Page {
        after: None,
        limit: 1,
    };
    for currency in &app.config.currencies {
        let mut tx = app.db.begin().await?;
        if queries::has_payout(&mut tx, month, *currency).await? {
            continue;
        }
        let preview = queries::preview(&mut tx, app, month, *currency, none).await?;
        if preview.lines > 0 {
            for reader in queries::may_create(&mut tx).await? {
                mails::remind(app, &mut tx, &reader, &preview).await?;
            }
        }
        tx.commit().await?;
    }
    Ok(())
}
