//! Videos that are made once more.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::mails::read;
use super::refunds::delivered;
use super::{CUSTOMER, Market, Ordered, TALENT};
use crate::accounts::person;
use crate::videos::{OF_AN_ORDER, good, stored};

async fn ask(market: &Market, order: &Ordered) -> (StatusCode, Value) {
    let body = json!({ "reason": "She is called Bia, not <i>Lia</i>." });
    market.act(order, "redo", body).await
}

async fn decide(market: &Market, order: &Ordered, how: &str) -> (StatusCode, Value) {
    let path = format!("/v1/orders/{}/redo/{how}", order.id);
    market
        .app
        .post(&path, json!({ "answer": "We have watched it." }))
        .await
}

fn refused(answer: &(StatusCode, Value)) -> (u16, &str) {
    (answer.0.as_u16(), answer.1["code"].as_str().unwrap())
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_staff_agrees_to_is_made_once_more_and_takes_the_place_of_what_was(db: PgPool) {
    let market = Market::new(db).await;
    let order = delivered(&market, "sandbox_approve").await;
    let first = market.known(&order).await["upload_id"].clone();
    let (status, problem) = market.announce(&order, 1_000).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::CONFLICT, &json!("video_exists"))
    );

    let (status, asked) = ask(&market, &order).await;
    assert_eq!((status, &asked["status"]), (StatusCode::CREATED, &json!("asked")));
    let (_, waiting) = market.app.get("/v1/redos?status=asked").await;
    assert_eq!(waiting["items"][0]["order_id"], order.id);
    assert_eq!(
        market.announce(&order, 1_000).await.0,
        StatusCode::CONFLICT,
        "staff decides"
    );

    let (status, agreed) = decide(&market, &order, "agree").await;
    assert_eq!((status, &agreed["status"]), (StatusCode::OK, &json!("agreed")));
    market.sent(&order, good()).await;
    assert_eq!(
        market.known(&order).await["upload_id"],
        first,
        "until it is looked at, the first is shown"
    );
    market.settle().await;

    let known = market.known(&order).await;
    assert_eq!(known["status"], "delivered");
    assert_ne!(known["upload_id"], first);
    assert!(market.seen(&order).await["video"].is_object());
    assert_eq!(stored(&market.app), OF_AN_ORDER, "the first is removed");
    let path = format!("/v1/orders/{}/redo", order.id);
    let (_, list) = market.asks(Method::GET, &path, &order.key, None).await;
    assert_eq!(list["items"][0]["status"], "done");
    let to = |address: &str, subject: &str| format!("{address}: {subject}");
    let mailed = market.mailed();
    for mail in [
        to(CUSTOMER, "Ana Lima will make your video once more"),
        to(CUSTOMER, "Your new video by Ana Lima is here"),
        to(TALENT, "Please make your video for Bia once more"),
    ] {
        assert!(mailed.contains(&mail), "{mail}: {mailed:?}");
    }
    assert_eq!(
        market.announce(&order, 1_000).await.0,
        StatusCode::CONFLICT,
        "once"
    );
    market.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_staff_declines_stays_as_it_is(db: PgPool) {
    let market = Market::new(db).await;
    let order = delivered(&market, "sandbox_approve").await;
    ask(&market, &order).await;

    let (status, declined) = decide(&market, &order, "decline").await;

    assert_eq!(
        (status, &declined["answer"]),
        (StatusCode::OK, &json!("We have watched it."))
    );
    assert_eq!(market.announce(&order, 1_000).await.0, StatusCode::CONFLICT);
    assert_eq!(
        refused(&decide(&market, &order, "agree").await),
        (409, "redo_unknown")
    );
    market.settle().await;
    assert!(
        market
            .mailed()
            .contains(&format!("{CUSTOMER}: Your video by Ana Lima stays as it is"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_redo_is_asked_for_once_at_a_time_within_a_week_and_by_the_customer(db: PgPool) {
    let market = Market::new(db).await;
    let open = market.settled("sandbox_approve").await;
    assert_eq!(refused(&ask(&market, &open).await), (409, "order_not_delivered"));
    let order = delivered(&market, "sandbox_approve").await;
    let body = json!({ "reason": "I do not like it." });
    let by_talent = market.by_talent(&order, "redo", body.clone()).await;
    assert_eq!(refused(&by_talent), (404, "order_unknown"));
    let nobody = market
        .asks(
            Method::POST,
            &format!("/v1/orders/{}/redo", order.id),
            "nonsense",
            Some(body),
        )
        .await;
    assert_eq!(refused(&nobody), (404, "order_unknown"));
    let empty = market.act(&order, "redo", json!({ "reason": " " })).await;
    assert_eq!(refused(&empty), (422, "body_invalid"));

    assert_eq!(ask(&market, &order).await.0, StatusCode::CREATED);
    assert_eq!(refused(&ask(&market, &order).await), (409, "redo_waits"));
    decide(&market, &order, "decline").await;
    market.after(Duration::days(6)).await;
    assert_eq!(ask(&market, &order).await.0, StatusCode::CREATED);
    decide(&market, &order, "decline").await;
    market.after(Duration::days(2)).await;
    assert_eq!(refused(&ask(&market, &order).await), (409, "redo_too_late"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn another_that_cannot_be_played_changes_nothing_and_a_third_may_be_sent(db: PgPool) {
    let market = Market::new(db).await;
    let order = delivered(&market, "sandbox_approve").await;
    let first = market.known(&order).await["upload_id"].clone();
    ask(&market, &order).await;
    decide(&market, &order, "agree").await;

    market.sent(&order, vec![0; 1_000]).await;
    market.settle().await;
    assert_eq!(market.known(&order).await["upload_id"], first);
    assert!(
        market
            .mailed()
            .contains(&format!("{TALENT}: Your video for Bia cannot be used"))
    );

    market.sent(&order, good()).await;
    market.settle().await;
    assert_ne!(market.known(&order).await["upload_id"], first);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_mails_about_redos_are_read_like_this(db: PgPool) {
    let market = Market::new(db).await;
    for locale in ["pt-BR", "en"] {
        let (status, _) = market
            .app
            .call_as(
                &market.talent_token,
                Method::PATCH,
                "/v1/me",
                Some(json!({ "locale": locale })),
            )
            .await;
        assert_eq!(status, StatusCode::OK);
        let quote = market.quote().await;
        let mut body = market.body(&quote, "sandbox_approve");
        body["locale"] = json!(locale);
        let answer = market.order(&quote, None, &body).await;
        let order = Ordered {
            id: answer.body["id"].as_str().unwrap().to_owned(),
            key: answer.headers["x-order-key"].to_str().unwrap().to_owned(),
        };
        market.settle().await;
        market.sent(&order, good()).await;
        market.settle().await;
        let begin = market.app.mail_transport.given().len();
        ask(&market, &order).await;
        decide(&market, &order, "decline").await;
        ask(&market, &order).await;
        decide(&market, &order, "agree").await;
        market.sent(&order, vec![0; 1_000]).await;
        market.settle().await;
        market.sent(&order, good()).await;
        market.settle().await;

        let given = market.app.mail_transport.given().split_off(begin);
        let mut all: Vec<_> = given
            .iter()
            .map(|mail| read(mail).replace(&order.id, "<id>"))
            .collect();
        all.sort();
        all.dedup();
        insta::assert_snapshot!(format!("redos.{locale}.txt"), all.join("\n========\n"));
        assert!(given.iter().all(|mail| !mail.html.contains("<i>Lia")));
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn whoever_asks_what_is_known_of_them_gets_what_they_wanted_to_be_made_once_more(db: PgPool) {
    let market = Market::new(db).await;
    let order = delivered(&market, "sandbox_approve").await;
    ask(&market, &order).await;
    decide(&market, &order, "decline").await;
    let (_, token) = person(&market.app, CUSTOMER).await;
    let (status, file) = market
        .app
        .call_as(&token, Method::GET, "/v1/me/export", None)
        .await;
    assert_eq!(status, StatusCode::OK, "{file}");
    let redo = &file["redos"][0];
    assert_eq!(
        (&redo["order_id"], &redo["status"]),
        (&json!(order.id), &json!("declined"))
    );
    assert_eq!(
        (&redo["reason"], &redo["answer"]),
        (
            &json!("She is called Bia, not <i>Lia</i>."),
            &json!("We have watched it.")
        )
    );
    market.settle().await;
}
