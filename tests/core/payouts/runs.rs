//! From what is owed to a payout that another person lets go.

use axum::http::{Method, StatusCode};
use marquee_core::access::Permission;
use marquee_core::books::queries::check;
use marquee_core::ledger::Account;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{JUNE, Treasury};

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn o04_a_preview_says_who_gets_what_and_who_is_carried_and_why(db: PgPool) {
    let treasury = Treasury::new(db).await;
    let ana = treasury.talent("Ana").await;
    let bia = treasury.talent("Bia").await;
    let cyd = treasury.homeless("Cyd").await;
    let dan = treasury.talent("Dan").await;
    assert_eq!(treasury.preview().await["payees"]["items"], json!([]));
    for amount_minor in [15_000, 4_999] {
        treasury.sold(ana, amount_minor, JUNE).await;
    }
    treasury.sold(bia, 6_000, JUNE).await;
    treasury.sold(cyd, 20_000, JUNE).await;
    let taken_back = treasury.sold(dan, 20_000, JUNE).await;
    treasury.refunded(taken_back, 20_000).await;
    treasury.sold(ana, 99_000, treasury.app.app.now()).await;

    let preview = treasury.preview().await;

    assert_eq!(
        (&preview["month"], &preview["lines"], &preview["carried"]),
        (&json!("2026-06"), &json!(1), &json!(3))
    );
    assert_eq!(preview["total_minor"], 14_999);
    let mut payees: Vec<_> = preview["payees"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|payee| {
            let number = |name: &str| payee[name].as_i64().unwrap();
            (
                payee["name"].as_str().unwrap(),
                number("sales"),
                number("gross_minor"),
                number("reversed_minor"),
                payee["carried"].as_str(),
            )
        })
        .collect();
    payees.sort_unstable();
    assert_eq!(
        payees,
        [
            ("Ana", 2, 14_999, 0, None),
            ("Bia", 1, 4_500, 0, Some("below_minimum")),
            ("Cyd", 1, 15_000, 0, Some("no_bank_details")),
            ("Dan", 1, 15_000, 15_000, Some("nothing_left")),
        ]
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_payout_is_made_by_one_person_and_let_go_by_another(db: PgPool) {
    let treasury = Treasury::new(db).await;
    let ana = treasury.talent("Ana").await;
    treasury.sold(ana, 20_000, JUNE).await;
    let payout = treasury.created().await;
    assert_eq!(
        (&payout["status"], &payout["total_minor"], &payout["lines"]),
        (&json!("created"), &json!(15_000), &json!(1))
    );
    assert_eq!(treasury.owed(ana).await, 15_000, "nothing has moved yet");

    let both = [Permission::PayoutsCreate, Permission::PayoutsApprove];
    let other = treasury.app.api_key(&both).await;
    let path = format!("/v1/payouts/{}", payout["id"].as_str().unwrap());
    let total = |amount_minor: i64| json!({ "total": { "amount_minor": amount_minor, "currency": "BRL" } });
    let approve = async |token: &str, body: Value| {
        treasury
            .call(token, Method::POST, &format!("{path}/approve"), Some(body))
            .await
    };
    assert_eq!(
        approve(&treasury.maker, total(15_000)).await.0,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        approve(&treasury.approver, total(15_001)).await.1["code"],
        "total_differs"
    );
    let (status, approved) = approve(&treasury.approver, total(15_000)).await;
    assert_eq!(status, StatusCode::OK, "{approved}");
    let (status, again) = approve(&treasury.approver, total(15_000)).await;
    assert_eq!((status, &again), (StatusCode::OK, &approved), "twice is once");
    assert_eq!(
        approve(&other, total(15_000)).await.1["code"],
        "illegal_transition"
    );

    assert_eq!(treasury.owed(ana).await, 0);
    assert_eq!(treasury.balance(Account::InTransit).await, -15_000);
    let (_, cancelled) = treasury
        .call(&treasury.maker, Method::POST, &format!("{path}/cancel"), None)
        .await;
    assert_eq!(cancelled["code"], "illegal_transition");
    treasury.assert_books().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn o07_whoever_made_a_payout_does_not_approve_it(db: PgPool) {
    let mut treasury = Treasury::new(db).await;
    let both = [
        Permission::PayoutsCreate,
        Permission::PayoutsApprove,
        Permission::PayoutsRead,
    ];
    treasury.maker = treasury.app.api_key(&both).await;
    treasury.approver = treasury.maker.clone();
    let ana = treasury.talent("Ana").await;
    treasury.sold(ana, 20_000, JUNE).await;
    let payout = treasury.created().await;

    let (status, problem) = treasury.approve(&payout).await;

    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::FORBIDDEN, &json!("same_person"))
    );
    assert_eq!(treasury.owed(ana).await, 15_000);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn o01_two_runs_that_are_started_at_once_make_one_payout(db: PgPool) {
    let treasury = Treasury::new(db).await;
    for name in ["Ana", "Bia", "Cyd"] {
        let talent = treasury.talent(name).await;
        treasury.sold(talent, 20_000, JUNE).await;
    }
    let (one, other) = tokio::join!(treasury.create(), treasury.create());

    let mut statuses = [one.0.as_u16(), other.0.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{} {}", one.1, other.1);
    let refused = if one.0 == StatusCode::CONFLICT {
        one.1
    } else {
        other.1
    };
    assert_eq!(refused["code"], "payout_exists");
    let items: i64 = sqlx::query_scalar("select count(*) from payouts.item")
        .fetch_one(&treasury.app.app.db)
        .await
        .unwrap();
    assert_eq!(items, 3, "each entry is paid once");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_same_request_again_is_the_same_payout(db: PgPool) {
    let treasury = Treasury::new(db).await;
    let ana = treasury.talent("Ana").await;
    treasury.sold(ana, 20_000, JUNE).await;
    let mut payouts = Vec::new();
    for _ in 0..2 {
        let request = treasury
            .app
            .anonymous(Method::POST, "/v1/payouts")
            .header("authorization", format!("Bearer {}", treasury.maker))
            .header("content-type", "application/json")
            .header("idempotency-key", "june");
        let answer = treasury.app.send(request.body("{}".into()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        payouts.push((
            answer.body["id"].clone(),
            answer.headers["idempotency-replayed"].clone(),
        ));
    }
    assert_eq!(payouts[0].0, payouts[1].0);
    assert_eq!(
        (&payouts[0].1, &payouts[1].1),
        (&"false".parse().unwrap(), &"true".parse().unwrap())
    );

    let (status, problem) = treasury.app.post("/v1/payouts", json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::BAD_REQUEST, &json!("idempotency_key_missing"))
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_payout_that_is_cancelled_pays_nobody_and_another_can_be_made(db: PgPool) {
    let treasury = Treasury::new(db).await;
    let ana = treasury.talent("Ana").await;
    treasury.sold(ana, 20_000, JUNE).await;
    let first = treasury.created().await;
    let path = format!("/v1/payouts/{}/cancel", first["id"].as_str().unwrap());
    for _ in 0..2 {
        let (status, cancelled) = treasury.call(&treasury.maker, Method::POST, &path, None).await;
        assert_eq!(
            (status, &cancelled["status"]),
            (StatusCode::OK, &json!("cancelled"))
        );
    }
    assert_eq!(treasury.approve(&first).await.1["code"], "illegal_transition");

    let second = treasury.created().await;

    assert_eq!(second["total_minor"], 15_000);
    assert_ne!(second["id"], first["id"]);
    let (_, listed) = treasury
        .call(&treasury.maker, Method::GET, "/v1/payouts?month=2026-06", None)
        .await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    let (_, log) = treasury.app.get("/v1/audit?limit=3").await;
    let done: Vec<_> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["action"])
        .collect();
    assert_eq!(done, ["payouts.create", "payouts.cancel", "payouts.create"]);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn o04_what_is_taken_back_after_a_payout_is_less_in_the_next(db: PgPool) {
    let treasury = Treasury::new(db).await;
    let ana = treasury.talent("Ana").await;
    let payment = treasury.sold(ana, 20_000, JUNE).await;
    let payout = treasury.approved().await;
    treasury
        .imported(&payout, &treasury.answered(&payout, |_| "yes").await)
        .await;
    treasury.refunded(payment, 20_000).await;
    assert_eq!(treasury.owed(ana).await, -15_000);
    treasury.sold(ana, 40_000, treasury.app.app.now()).await;
    treasury.app.advance(Duration::days(31));

    let next = treasury.created().await;

    assert_eq!(
        (&next["month"], &next["total_minor"]),
        (&json!("2026-07"), &json!(15_000))
    );
    let path = format!("/v1/payouts/{}/lines", next["id"].as_str().unwrap());
    let (_, lines) = treasury.call(&treasury.maker, Method::GET, &path, None).await;
    let line = &lines["items"][0];
    assert_eq!(
        (&line["gross_minor"], &line["reversed_minor"]),
        (&json!(30_000), &json!(15_000))
    );
    treasury.approve(&next).await;
    assert_eq!(treasury.owed(ana).await, 0);
    treasury.app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_month_that_is_not_over_and_one_without_anything_to_pay_make_no_payout(db: PgPool) {
    let treasury = Treasury::new(db).await;
    let ana = treasury.talent("Ana").await;
    assert_eq!(treasury.create().await.1["code"], "nothing_owed");
    treasury.sold(ana, 20_000, JUNE).await;
    for (body, status, code) in [
        (
            json!({ "month": "2026-07" }),
            StatusCode::CONFLICT,
            "month_not_over",
        ),
        (
            json!({ "month": "2026-05" }),
            StatusCode::CONFLICT,
            "nothing_owed",
        ),
        (
            json!({ "month": "June" }),
            StatusCode::UNPROCESSABLE_ENTITY,
            "body_invalid",
        ),
        (
            json!({ "month": "2026-06", "currency": "USD" }),
            StatusCode::CONFLICT,
            "nothing_owed",
        ),
        (
            json!({ "months": 1 }),
            StatusCode::UNPROCESSABLE_ENTITY,
            "body_invalid",
        ),
    ] {
        let (seen, problem) = treasury
            .call(&treasury.maker, Method::POST, "/v1/payouts", Some(body.clone()))
            .await;
        assert_eq!((seen, &problem["code"]), (status, &json!(code)), "{body}");
    }
    let rows: i64 = sqlx::query_scalar("select count(*) from payouts.batch")
        .fetch_one(&treasury.app.app.db)
        .await
        .unwrap();
    assert_eq!(rows, 0);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_proof_of_the_books_finds_lines_that_are_not_what_was_posted(db: PgPool) {
    let treasury = Treasury::new(db).await;
    let ana = treasury.talent("Ana").await;
    treasury.sold(ana, 20_000, JUNE).await;
    treasury.approved().await;
    treasury.assert_books().await;
    for (change, found) in [
        (
            "update payouts.line set gross_minor = gross_minor + 1, amount_minor = amount_minor + 1",
            vec!["payout_lines", "payouts"],
        ),
        (
            "update payouts.line set gross_minor = gross_minor - 1, amount_minor = amount_minor - 1,
                status = 'paid', settled_at = now()",
            vec!["payouts"],
        ),
    ] {
        sqlx::query(change).execute(&treasury.app.app.db).await.unwrap();
        let mut names: Vec<_> = check(&treasury.app.app.db)
            .await
            .unwrap()
            .findings
            .iter()
            .map(|finding| finding.check)
            .collect();
        names.retain(|name| name.starts_with("payout"));
        assert_eq!(names, found, "{change}");
    }
}
