use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use futures::future::join_all;
use marquee_core::access::Permission;
use marquee_core::money::{Currency, Money};
use marquee_core::orders::{self, Asked, Discount, Error, Unusable};
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use crate::catalogue::{price, talent};

fn tenth(code: &str) -> Value {
    json!({ "code": code, "discount": { "kind": "percent", "basis_points": 1_000 } })
}

/// [`tenth`], with more said.
fn with(mut promotion: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        promotion[key] = value.clone();
    }
    promotion
}

async fn made(app: &TestApp, promotion: Value) -> Value {
    let (status, made) = app.post("/v1/promotions", promotion).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    made
}

fn id(view: &Value) -> Uuid {
    view["id"].as_str().unwrap().parse().unwrap()
}

async fn change(app: &TestApp, id: Uuid, seen: &str, body: Value) -> (StatusCode, Value) {
    let request = app.request(Method::PATCH, &format!("/v1/promotions/{id}"));
    let request = request
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::IF_MATCH, seen);
    let answer = app
        .send(request.body(Body::from(body.to_string())).unwrap())
        .await;
    (answer.status, answer.body)
}

async fn retire(app: &TestApp, id: Uuid) -> (StatusCode, Value) {
    let request = app.request(Method::POST, &format!("/v1/promotions/{id}/retire"));
    let request = request.header(header::IF_MATCH, "*");
    let answer = app.send(request.body(Body::empty()).unwrap()).await;
    (answer.status, answer.body)
}

/// A talent for whom everything costs 150 reais.
async fn musician(app: &TestApp) -> Uuid {
    let terms = json!({ "price": price(15_000), "available": true, "categories": ["musicians"] });
    talent(app, "ana@acme.example", "Ana Lima", terms)
        .await
        .parse()
        .unwrap()
}

async fn quoted(app: &TestApp, code: &str, talent: Uuid, customer: Option<&str>) -> Result<Discount, Error> {
    let asked = Asked {
        code,
        talent,
        price: Money::new(15_000, Currency::BRL).unwrap(),
        customer,
    };
    orders::price_promotion(&app.app, &mut app.app.db.acquire().await.unwrap(), asked).await
}

/// Of the one talent, about whose orders nothing else matters here.
const ORDER: &str = "
    with quote as (
        insert into orders.quote (
            id, talent_id, list_minor, currency, talent_bp, agency_bp, delivery_days, created_at, expires_at
        )
        select gen_random_uuid(), id, 15000, 'BRL', 7500, 0, 5, now(), now() from catalogue.talent
        where not exists (select from orders.purchase where id = $1)
        returning id, talent_id
    )
    insert into orders.purchase (
        id, quote_id, status, talent_id, locale, for_whom, is_from, is_to, instruction, language, is_public, list_minor,
        currency, talent_bp, agency_bp, delivery_days, monday, secret_sha256, secret, payment_id, placed_at, changed_at
    )
    select $1, id, 'authorizing', talent_id, 'en', 'myself', 'Bia', 'Bia', 'Sing.', 'en', false, 15000, 'BRL', 7500, 0, 5,
        '2026-06-29', sha256('key'), '', gen_random_uuid(), now(), now()
    from quote";

async fn claimed(app: &TestApp, promotion: Uuid, order: Uuid, customer: &str) -> Result<(), Error> {
    let mut tx = app.app.db.begin().await?;
    sqlx::query(ORDER).bind(order).execute(&mut *tx).await?;
    orders::claim_promotion(&app.app, &mut tx, promotion, order, customer).await?;
    Ok(tx.commit().await?)
}

async fn released(app: &TestApp, order: Uuid) {
    let mut tx = app.app.db.begin().await.unwrap();
    orders::release_promotion(&mut tx, order).await.unwrap();
    tx.commit().await.unwrap();
}

async fn uses(app: &TestApp, id: Uuid) -> Value {
    app.get(&format!("/v1/promotions/{id}")).await.1["uses"].clone()
}

fn assert_unusable<T: std::fmt::Debug>(refused: Result<T, Error>, why: Unusable) {
    assert!(
        matches!(&refused, Err(Error::Promotion(found)) if *found == why),
        "{refused:?}"
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn staff_make_see_change_and_retire_promotions(db: PgPool) {
    let app = TestApp::new(db).await;

    let new = with(
        tenth(" natal-10 "),
        &json!({ "note": "December", "total_uses": 500 }),
    );
    let view = made(&app, new).await;
    assert_eq!(view["code"], "NATAL-10");
    assert_eq!(view["status"], "active");
    assert_eq!((&view["uses"], &view["total_uses"]), (&json!(0), &json!(500)));
    let discount = json!({ "kind": "percent", "basis_points": 1_000, "cap": null });
    assert_eq!(view["discount"], discount);

    let until = "2030-01-01T00:00:00Z";
    let body = json!({ "total_uses": null, "valid_until": until, "minimum_price": price(5_000) });
    let (status, changed) = change(&app, id(&view), "\"1\"", body).await;
    assert_eq!(status, StatusCode::OK, "{changed}");
    assert_eq!(changed["total_uses"], Value::Null);
    assert_eq!(changed["valid_until"], until);
    assert_eq!(changed["minimum_price"], price(5_000));
    assert_eq!(changed["note"], "December", "what is left out stays");

    let (status, retired) = retire(&app, id(&view)).await;
    assert_eq!((status, &retired["status"]), (StatusCode::OK, &json!("retired")));
    let (_, problem) = retire(&app, id(&view)).await;
    assert_eq!(problem["code"], "promotion_retired");
    made(&app, tenth("NATAL-10")).await;

    let (_, log) = app
        .get(&format!("/v1/audit?subject=promotion/{}", id(&view)))
        .await;
    let actions: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        [
            "orders.retire_promotion",
            "orders.change_promotion",
            "orders.create_promotion"
        ]
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn nobody_changes_a_promotion_that_they_have_not_seen(db: PgPool) {
    let app = TestApp::new(db).await;
    let id = id(&made(&app, tenth("TENTH")).await);

    assert_eq!(
        change(&app, id, "\"1\"", json!({ "note": "a" })).await.0,
        StatusCode::OK
    );
    let (status, problem) = change(&app, id, "\"1\"", json!({ "note": "b" })).await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (412, &json!("promotion_changed"))
    );
    let (status, _) = app
        .patch(&format!("/v1/promotions/{id}"), json!({ "note": "b" }))
        .await;
    assert_eq!(status, StatusCode::PRECONDITION_REQUIRED);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_makes_no_sense_is_told_at_once(db: PgPool) {
    let app = TestApp::new(db).await;

    let nonsense = json!({
        "code": "a b", "discount": { "kind": "percent", "basis_points": 10_001, "cap": price(100) },
        "minimum_price": { "amount_minor": 1, "currency": "USD" }, "total_uses": 0, "uses_per_customer": 0,
        "valid_from": "2026-12-02T00:00:00Z", "valid_until": "2026-12-01T00:00:00Z", "category": "chefs",
        "note": "a\nb",
    });
    let (status, problem) = app.post("/v1/promotions", nonsense).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut wrong: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["pointer"].as_str().unwrap())
        .collect();
    wrong.sort_unstable();
    assert_eq!(
        wrong,
        [
            "/category",
            "/code",
            "/discount/basis_points",
            "/minimum_price/currency",
            "/note",
            "/total_uses",
            "/uses_per_customer",
            "/valid_until"
        ]
    );
    let nobodys = with(tenth("TENTH"), &json!({ "talent_id": Uuid::new_v4() }));
    let (_, problem) = app.post("/v1/promotions", nobodys).await;
    assert_eq!(problem["errors"][0]["code"], "talent_unknown");
    made(&app, tenth("TENTH")).await;
    let (status, problem) = app.post("/v1/promotions", tenth("tenth")).await;
    assert_eq!(
        (status.as_u16(), &problem["code"]),
        (409, &json!("promotion_exists"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn promotions_are_found_by_code_status_and_whom_they_are_for(db: PgPool) {
    let app = TestApp::new(db).await;
    let ana = musician(&app).await;
    let now = app.app.now();
    let text = |at: time::OffsetDateTime| at.format(&time::format_description::well_known::Rfc3339).unwrap();
    for (code, more) in [
        ("PLAIN", json!({})),
        ("SOON", json!({ "valid_from": text(now + Duration::HOUR) })),
        ("LAST-YEAR", json!({ "valid_until": text(now) })),
        ("ONE", json!({ "total_uses": 1, "talent_id": ana })),
        ("GONE", json!({ "category": "musicians", "note": "plain, too" })),
    ] {
        let made = made(&app, with(tenth(code), &more)).await;
        match code {
            "ONE" => claimed(&app, id(&made), Uuid::new_v4(), "a@acme.example")
                .await
                .unwrap(),
            "GONE" => drop(retire(&app, id(&made)).await),
            _ => {}
        }
    }

    for (query, found) in [
        ("", &["GONE", "ONE", "LAST-YEAR", "SOON", "PLAIN"][..]),
        ("q=plain", &["GONE", "PLAIN"]),
        ("q=%25", &[]),
        ("status=active", &["PLAIN"]),
        ("status=upcoming", &["SOON"]),
        ("status=over", &["LAST-YEAR"]),
        ("status=used_up", &["ONE"]),
        ("status=retired", &["GONE"]),
        (&format!("talent={ana}"), &["ONE"]),
        ("category=musicians", &["GONE"]),
    ] {
        let (status, list) = app.get(&format!("/v1/promotions?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        let codes: Vec<_> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["code"].as_str().unwrap())
            .collect();
        assert_eq!(codes, found, "{query}");
    }
    let (_, page) = app.get("/v1/promotions?limit=3").await;
    let cursor = page["next_cursor"].as_str().unwrap();
    let (_, rest) = app.get(&format!("/v1/promotions?limit=3&cursor={cursor}")).await;
    assert_eq!(rest["items"].as_array().unwrap().len(), 2);
    assert_eq!(rest["next_cursor"], Value::Null);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_code_takes_off_what_it_says_for_whom_it_is(db: PgPool) {
    let app = TestApp::new(db).await;
    let ana = musician(&app).await;
    let ben = talent(&app, "ben@acme.example", "Ben", json!({ "price": price(15_000) })).await;
    let ben: Uuid = ben.parse().unwrap();
    made(&app, tenth("TENTH")).await;
    made(&app, with(tenth("MUSIC"), &json!({ "category": "musicians" }))).await;
    made(&app, with(tenth("ANA"), &json!({ "talent_id": ana }))).await;
    let fixed = json!({ "code": "FIXED", "discount": { "kind": "fixed", "amount": price(20_000) } });
    made(&app, fixed).await;

    for code in ["tenth", "Music", " ana "] {
        assert_eq!(quoted(&app, code, ana, None).await.unwrap().discount_minor, 1_500);
    }
    assert_eq!(
        quoted(&app, "tenth", ben, None).await.unwrap().discount_minor,
        1_500
    );
    for code in ["music", "ana"] {
        assert_unusable(quoted(&app, code, ben, None).await, Unusable::NotHere);
    }
    let left = 15_000 - quoted(&app, "fixed", ana, None).await.unwrap().discount_minor;
    assert_eq!(left, orders::LEAST_PAID_MINOR);
    for code in ["", "nothing", "a b c"] {
        assert_unusable(quoted(&app, code, ana, None).await, Unusable::Unknown);
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p12_of_fifty_at_once_one_gets_the_last_use(db: PgPool) {
    let app = TestApp::new(db).await;
    musician(&app).await;
    let promotion = id(&made(&app, with(tenth("FIRST"), &json!({ "total_uses": 1 }))).await);

    let customers: Vec<_> = (0..50).map(|at| format!("c{at}@acme.example")).collect();
    let claims = customers
        .iter()
        .map(|customer| claimed(&app, promotion, Uuid::new_v4(), customer));
    let claims = join_all(claims).await;

    let (got, refused): (Vec<_>, Vec<_>) = claims.into_iter().partition(Result::is_ok);
    assert_eq!((got.len(), refused.len()), (1, 49));
    for refusal in refused {
        assert_unusable(refusal, Unusable::UsedUp);
    }
    assert_eq!(uses(&app, promotion).await, 1);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn p12_a_customer_has_no_more_uses_by_asking_often_at_once(db: PgPool) {
    let app = TestApp::new(db).await;
    let ana = musician(&app).await;
    let limited = with(tenth("TWICE"), &json!({ "uses_per_customer": 2 }));
    let promotion = id(&made(&app, limited).await);

    let claims = (0..10).map(|at| {
        let customer = if at % 2 == 0 {
            "Eva@Acme.example"
        } else {
            "eva@acme.example"
        };
        claimed(&app, promotion, Uuid::new_v4(), customer)
    });
    let claims = join_all(claims).await;

    assert_eq!(claims.iter().filter(|claim| claim.is_ok()).count(), 2);
    assert_eq!(uses(&app, promotion).await, 2, "who was refused has used nothing");
    assert_unusable(
        quoted(&app, "twice", ana, Some("EVA@acme.example")).await,
        Unusable::UsedUp,
    );
    assert!(quoted(&app, "twice", ana, Some("ada@acme.example")).await.is_ok());
    assert!(quoted(&app, "twice", ana, None).await.is_ok());
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn an_order_that_ends_unpaid_gives_its_use_back_once(db: PgPool) {
    let app = TestApp::new(db).await;
    musician(&app).await;
    let limited = with(tenth("TWO"), &json!({ "total_uses": 2 }));
    let promotion = id(&made(&app, limited).await);
    let (one, other) = (Uuid::new_v4(), Uuid::new_v4());
    claimed(&app, promotion, one, "a@acme.example").await.unwrap();
    claimed(&app, promotion, other, "b@acme.example").await.unwrap();

    released(&app, one).await;
    released(&app, one).await;
    released(&app, Uuid::new_v4()).await;

    assert_eq!(uses(&app, promotion).await, 1);
    claimed(&app, promotion, one, "a@acme.example").await.unwrap();
    assert_eq!(uses(&app, promotion).await, 2);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_promotion_cannot_be_limited_to_less_than_was_used(db: PgPool) {
    let app = TestApp::new(db).await;
    musician(&app).await;
    let promotion = id(&made(&app, tenth("TENTH")).await);
    for _ in 0..2 {
        claimed(&app, promotion, Uuid::new_v4(), "a@acme.example")
            .await
            .unwrap();
    }

    let (status, problem) = change(&app, promotion, "*", json!({ "total_uses": 1 })).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["errors"][0]["pointer"], "/total_uses");
    let (status, _) = change(&app, promotion, "*", json!({ "total_uses": 2 })).await;
    assert_eq!(status, StatusCode::OK);
    assert_unusable(
        claimed(&app, promotion, Uuid::new_v4(), "a@acme.example").await,
        Unusable::UsedUp,
    );
    retire(&app, promotion).await;
    assert_unusable(
        claimed(&app, promotion, Uuid::new_v4(), "a@acme.example").await,
        Unusable::UsedUp,
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn promotions_are_for_staff_who_may(db: PgPool) {
    let app = TestApp::new(db).await;
    let may = app.api_key(&[Permission::PromotionsManage]).await;
    let may_not = app.api_key(&[Permission::CatalogueManage]).await;

    let (status, _) = app
        .call_as(&may, Method::POST, "/v1/promotions", Some(tenth("TENTH")))
        .await;
    assert_eq!(status, StatusCode::CREATED);
    let (status, _) = app.call_as(&may_not, Method::GET, "/v1/promotions", None).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}
