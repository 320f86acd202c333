//! Each mail about orders in both languages, as it is read.

use axum::http::{Method, StatusCode};
use marquee_core::platform::mail::Outgoing;
use serde_json::json;
use sqlx::PgPool;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::{CUSTOMER, Market, TALENT};
use crate::videos::good;

/// Without what differs each time.
pub(super) fn read(mail: &Outgoing) -> String {
    let mut text = format!("To: {}\nSubject: {}\n\n{}", mail.to, mail.subject, mail.text);
    for place in ["/orders/", "/inbox/"] {
        let mut from = 0;
        while let Some(at) = text[from..].find(place).map(|at| from + at + place.len()) {
            text.replace_range(at..at + 36, "<id>");
            if text[at + 4..].starts_with('#') {
                text.replace_range(at + 5..at + 5 + 43, "<key>");
            }
            from = at;
        }
    }
    text
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_mails_about_orders_are_read_like_this(db: PgPool) {
    let market = Market::new(db).await;
    for locale in ["pt-BR", "en"] {
        let (status, problem) = market
            .app
            .call_as(
                &market.talent_token,
                Method::PATCH,
                "/v1/me",
                Some(json!({ "locale": locale })),
            )
            .await;
        assert_eq!(status, StatusCode::OK, "{problem}");
        let begin = market.app.mail_transport.given().len();
        let order = async |method: &str| {
            let quote = market.quote().await;
            let mut body = market.body(&quote, method);
            body["locale"] = json!(locale);
            body["is_to"] = json!("Bia <b>Sá</b>");
            let answer = market.order(&quote, None, &body).await;
            assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
            market.settle().await;
            super::Ordered {
                id: answer.body["id"].as_str().unwrap().to_owned(),
                key: answer.headers["x-order-key"].to_str().unwrap().to_owned(),
            }
        };
        order("sandbox_decline").await;
        let cancelled = order("sandbox_approve").await;
        market
            .act(
                &cancelled,
                "cancel",
                json!({ "reason": "The party is <i>off</i>." }),
            )
            .await;
        let rejected = order("sandbox_approve").await;
        market
            .by_talent(&rejected, "reject", json!({ "reason": "I do not <i>sing</i>." }))
            .await;
        let refused = order("sandbox_approve").await;
        market.sent(&refused, vec![0; 1_000]).await;
        market.settle().await;
        let due = order("sandbox_capture_decline").await;
        market.sent(&due, good()).await;
        market.settle().await;
        let delivered = order("sandbox_approve").await;
        market.sent(&delivered, good()).await;
        market.settle().await;
        let payment = market.payment(&delivered).await["id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let mut tx = market.app.app.db.begin().await.unwrap();
        let amount = marquee_core::money::Money::new(4_000, marquee_core::money::Currency::BRL).unwrap();
        marquee_core::payments::refund(&market.app.app, &mut tx, payment, amount)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        market.settle().await;
        // The one whose video was refused expires, the one that is due is never paid.
        market.after(Duration::days(8)).await;

        let given = market.app.mail_transport.given().split_off(begin);
        let mut all: Vec<_> = given.iter().map(read).collect();
        all.sort();
        all.dedup();
        insta::assert_snapshot!(format!("orders.{locale}.txt"), all.join("\n========\n"));
        for mail in given {
            for theirs in ["<b>Sá", "<i>off", "<i>sing"] {
                assert!(!mail.html.contains(theirs), "what people write is text");
            }
            assert!(
                !mail.to.to_string().contains(CUSTOMER) || mail.text.contains('#'),
                "a customer's link opens"
            );
        }
        // The next language begins in the same week.
        market.app.advance(Duration::days(1));
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_talent_is_reminded_once_in_the_last_day_of_an_open_order(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_approve").await;
    let deadline = market.seen(&order).await["deadline_at"]
        .as_str()
        .unwrap()
        .to_owned();
    let deadline = OffsetDateTime::parse(&deadline, &Rfc3339).unwrap();
    let left = deadline - market.app.app.now();
    market.mailed();

    market.after(left - Duration::hours(26)).await;
    assert_eq!(market.mailed(), Vec::<String>::new(), "it is too early");
    let late = market.settled("sandbox_approve").await;
    market.mailed();
    for _ in 0..3 {
        market.after(Duration::hours(3)).await;
    }

    assert_eq!(
        market.mailed(),
        [format!("{TALENT}: Less than a day left: your video for Bia")]
    );
    let in_english = read(market.app.mail_transport.given().last().unwrap());
    market
        .by_talent(&order, "reject", json!({ "reason": "I do not sing." }))
        .await;
    let path = Some(json!({ "locale": "pt-BR" }));
    market
        .app
        .call_as(&market.talent_token, Method::PATCH, "/v1/me", path)
        .await;
    market.after(Duration::hours(88)).await;
    assert_eq!(market.status(&late).await, "open");
    let in_portuguese = read(market.app.mail_transport.given().last().unwrap());
    insta::assert_snapshot!(format!("{in_english}\n\n{in_portuguese}"));
}
