//! What belongs to which month, by the clocks of where people are.

use serde_json::json;
use sqlx::PgPool;
use time::macros::datetime;

use super::Treasury;

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn o03_marketplace_defect_19_a_month_ends_at_midnight_in_sao_paulo_and_not_in_greenwich(db: PgPool) {
    let treasury = Treasury::new(db).await;
    let ana = treasury.talent("Ana").await;
    for occurred_at in [
        datetime!(2026-06-01 02:59:59.999999 UTC),
        datetime!(2026-07-01 02:59:59.999999 UTC),
        datetime!(2026-07-01 03:00 UTC),
    ] {
        treasury.sold(ana, 20_000, occurred_at).await;
    }
    let june = treasury.preview().await;
    assert_eq!(
        (&june["month"], &june["total_minor"]),
        (&json!("2026-06"), &json!(30_000))
    );
    let (_, may) = treasury.app.get("/v1/payouts/preview?month=2026-05").await;
    assert_eq!(may["total_minor"], 15_000);
}
