use axum::http::StatusCode;
use sqlx::PgPool;

use super::{Browser, location};
use crate::orders::{CUSTOMER, Market};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_guest_orders_by_forms_alone(db: PgPool) {
    let market = Market::new(db).await;
    let browser = Browser::new(&market.app);

    let talent = browser.get(&format!("/talents/{}", market.talent)).await;
    assert_eq!(talent.status, StatusCode::OK, "{}", talent.text);
    let fields = [
        ("talent_id", market.talent.as_str()),
        ("promotion_code", ""),
        ("_next", "/checkout/{id}"),
    ];
    let quoted = browser.post("/act/v1/quotes", &fields).await;
    let checkout = location(&quoted).to_owned();
    let quote = checkout.strip_prefix("/checkout/").unwrap();
    let page = browser.get(&checkout).await;
    assert!(page.text.contains("BRL 150.00"), "{}", page.text);

    let mut fields = vec![
        ("quote_id", quote),
        ("for_whom", "someone_else"),
        ("is_to", "Bia"),
        ("is_from", "Caio"),
        ("occasion", ""),
        ("instruction", "Sing for <b>her</b>."),
        ("language", "pt-BR"),
        ("is_public", "false"),
        ("email", "nobody"),
        ("locale", "en"),
        ("payment_method", "sandbox_approve"),
        ("_key", "a-key-of-this-form"),
        ("_back", checkout.as_str()),
        ("_next", "/orders/{id}"),
    ];
    let refused = browser.post("/act/v1/orders", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for kept in [
        "Sing for &lt;b&gt;her&lt;&#x2f;b&gt;.",
        "value=\"Bia\"",
        "this is no e-mail address",
    ] {
        assert!(refused.text.contains(kept), "{kept}: {}", refused.text);
    }

    for field in &mut fields {
        match field.0 {
            "email" => field.1 = CUSTOMER,
            "_key" => field.1 = "another-key-of-it",
            _ => {}
        }
    }
    let placed = browser.post("/act/v1/orders", &fields).await;
    assert_eq!(placed.status, StatusCode::SEE_OTHER, "{}", placed.text);
    let order = location(&placed).to_owned();
    // Sent twice, it is the same order.
    assert_eq!(location(&browser.post("/act/v1/orders", &fields).await), order);
    market.settle().await;
    let page = browser.get(&order).await;
    assert!(page.text.contains("Waiting for the video"), "{}", page.text);

    let stranger = Browser::new(&market.app);
    let locked = stranger.get(&order).await;
    assert_eq!(locked.status, StatusCode::UNAUTHORIZED);
    assert!(locked.text.contains("Key of the order") && !locked.text.contains("Bia"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_key_in_a_mail_opens_its_order_and_no_other(db: PgPool) {
    let market = Market::new(db).await;
    let order = market.settled("sandbox_approve").await;
    let other = market.settled("sandbox_approve").await;
    let browser = Browser::new(&market.app);
    let page = format!("/orders/{}", order.id);

    let wrong = browser
        .post(&format!("{page}/open"), &[("key", &other.key)])
        .await;
    assert!(wrong.status.is_client_error(), "{}", wrong.status);
    assert!(wrong.text.contains("Key of the order"), "{}", wrong.text);

    let opened = browser
        .post(&format!("{page}/open"), &[("key", &order.key)])
        .await;
    assert_eq!(location(&opened), page);
    assert!(browser.get(&page).await.text.contains("Bia"));
    assert_eq!(
        browser.get(&format!("/orders/{}", other.id)).await.status,
        StatusCode::UNAUTHORIZED
    );

    let cancel = [
        ("reason", ""),
        ("_back", page.as_str()),
        ("_done", "The order is cancelled."),
    ];
    let cancelled = browser
        .post(&format!("/act/v1/orders/{}/cancel", order.id), &cancel)
        .await;
    assert_eq!(location(&cancelled), page);
    let page = browser.get(&page).await;
    assert!(page.text.contains("The order is cancelled.") && page.text.contains("Cancelled"));
    market.settle().await;
}
