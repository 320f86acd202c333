//! What payees are written, in both languages, as it is read.

use marquee_core::access::Permission;
use marquee_core::payouts::jobs::REMIND;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::{JUNE, Treasury};
use crate::accounts::{grants, staff_member};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_mails_about_payouts_are_read_like_this(db: PgPool) {
    let treasury = Treasury::new(db).await;
    let mut refunded = None;
    for (name, locale) in [("Ana", "pt-BR"), ("Bia", "pt-BR"), ("Cyd", "en"), ("Dan", "en")] {
        let talent = treasury.talent(name).await;
        let (_, profile) = treasury.app.get(&format!("/v1/catalogue/talents/{talent}")).await;
        sqlx::query("update accounts.person set locale = $2 where email = $1")
            .bind(profile["email"].as_str().unwrap())
            .bind(locale)
            .execute(&treasury.app.app.db)
            .await
            .unwrap();
        treasury.sold(talent, 123_456, JUNE).await;
        refunded = Some(treasury.sold(talent, 20_000, JUNE).await);
    }
    treasury.refunded(refunded.unwrap(), 4_000).await;
    treasury.app.run_jobs().await;
    let before = treasury.app.mail_transport.given().len();
    let payout = treasury.approved().await;
    let file = treasury
        .answered(&payout, |whose| match whose {
            "ana" | "dan" => "yes",
            _ => "no",
        })
        .await;
    let report = treasury.imported(&payout, &file).await;
    assert_eq!(report["findings"], json!([]));
    treasury.app.run_jobs().await;

    let given = treasury.app.mail_transport.given();
    let mut all: Vec<_> = given[before..]
        .iter()
        .map(|mail| format!("To: {}\nSubject: {}\n\n{}", mail.to, mail.subject, mail.text))
        .collect();
    all.sort();
    insta::assert_snapshot!("payouts.txt", all.join("\n========\n"));
}

impl Treasury {
    /// What staff are written once the reminder has run.
    async fn reminded(&self) -> Vec<String> {
        let before = self.app.mail_transport.given().len();
        self.app.enqueue(&REMIND, json!({}), None).await;
        self.app.run_jobs().await;
        let given = self.app.mail_transport.given();
        given[before..]
            .iter()
            .map(|mail| format!("To: {}\nSubject: {}\n\n{}", mail.to, mail.subject, mail.text))
            .collect()
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn who_may_make_payouts_is_reminded_once_a_month_on_its_first_working_day(db: PgPool) {
    let treasury = Treasury::new(db).await;
    let may = grants(&[Permission::PayoutsCreate], None);
    staff_member(&treasury.app, "maria@acme.example", may).await;
    staff_member(
        &treasury.app,
        "nobody@acme.example",
        grants(&[Permission::PayoutsApprove], None),
    )
    .await;
    treasury.app.run_jobs().await;
    let ana = treasury.talent("Ana").await;
    assert_eq!(treasury.reminded().await, [""; 0], "nothing is to be paid");
    treasury.sold(ana, 20_000, JUNE).await;
    let july = treasury.reminded().await;
    assert_eq!(july.len(), 1, "the first of July is a Wednesday");
    assert_eq!(treasury.reminded().await, [""; 0], "once");
    insta::assert_snapshot!("reminder.txt", july.join(""));

    let payout = treasury.created().await;
    treasury.approve(&payout).await;
    treasury.sold(ana, 20_000, treasury.app.app.now()).await;
    treasury.app.advance(Duration::days(31));
    assert_eq!(
        treasury.reminded().await,
        [""; 0],
        "the first of August is a Saturday"
    );
    treasury.app.advance(Duration::days(2));
    assert_eq!(treasury.reminded().await.len(), 1, "and the third a Monday");
    treasury.app.advance(Duration::days(30));
    treasury.created().await;
    assert_eq!(treasury.reminded().await, [""; 0], "somebody has begun");
}
