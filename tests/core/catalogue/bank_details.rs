//! Where talents and agencies are paid out to.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_core::access::Permission::{AgenciesManage, BankDetailsManage, SharesManage, TalentsManage};
use marquee_tests::{Answer, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{talent, talent_in};
use crate::accounts::{PASSWORD, person};

const OWN: &str = "/v1/me/talent/bank-details";

fn details(account: &str) -> Value {
    json!({
        "bank": "341", "bank_name": "Itaú", "branch": "0001", "account_number": account, "account_digit": "6",
        "account_type": "checking", "holder_name": "Ana Souza Lima", "tax_document": "111.444.777-35",
    })
}

/// What must be nowhere but in the sealed column.
const SECRETS: [&str; 4] = ["76543210", "11144477735", "111.444.777-35", "Ana Souza Lima"];

async fn call(
    app: &TestApp,
    token: Option<&str>,
    method: Method,
    path: &str,
    seen: &str,
    body: Option<Value>,
) -> Answer {
    let request = match token {
        Some(token) => app
            .anonymous(method, path)
            .header(header::AUTHORIZATION, format!("Bearer {token}")),
        None => app.request(method, path),
    };
    let request = request
        .header(header::IF_MATCH, seen)
        .header(header::CONTENT_TYPE, "application/json");
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    app.send(request.body(body).unwrap()).await
}

async fn set(app: &TestApp, token: Option<&str>, path: &str, seen: &str, body: Value) -> Answer {
    call(app, token, Method::PUT, path, seen, Some(body)).await
}

async fn agency(app: &TestApp, manager: &str) -> String {
    let (_, agency) = app.post("/v1/agencies", json!({ "name": "Lima & Lima" })).await;
    let id = agency["id"].as_str().unwrap().to_owned();
    let managers = format!("/v1/agencies/{id}/managers/{manager}");
    let (status, _) = app.call(Method::PUT, &managers, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    id
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_talent_sets_them_and_nobody_is_shown_more_than_their_end(db: PgPool) {
    let app = TestApp::new(db.clone()).await;
    let (id, token) = talent_in(&app, "ana@acme.example", json!({})).await;
    let none = app.call_as(&token, Method::GET, OWN, None).await;
    assert_eq!(
        (none.0.as_u16(), &none.1["code"]),
        (404, &json!("bank_details_unknown"))
    );

    let answer = set(&app, Some(&token), OWN, "*", details("76543210")).await;

    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let shown = json!({
        "bank": "341", "bank_name": "Itaú", "branch": "***01", "account_number": "***3210",
        "account_type": "checking", "holder_name": "Ana Souza Lima", "tax_document": "***7735",
        "version": 1, "updated_at": "2026-07-01T12:00:00Z",
    });
    assert_eq!(answer.body, shown);
    assert_eq!(answer.headers[header::ETAG], "\"1\"");
    assert_eq!(app.call_as(&token, Method::GET, OWN, None).await.1, shown);
    let (_, staffs) = app.get(&format!("/v1/catalogue/talents/{id}/bank-details")).await;
    assert_eq!(staffs, shown);
    let (_, log) = app.get(&format!("/v1/audit?subject=talent/{id}&limit=1")).await;
    assert_eq!(log["items"][0]["action"], "catalogue.set_bank_details");
    assert_eq!(
        log["items"][0]["after"],
        json!({ "bank": "341", "account_number": "***3210" })
    );
    app.run_jobs().await;
    let mail = app.mail_transport.last_to("ana@acme.example");
    assert!(
        mail.text.contains("bank 341 - Itaú, account ***3210"),
        "{}",
        mail.text
    );

    let (_, export) = app.call_as(&token, Method::GET, "/v1/me/export", None).await;
    assert_eq!(export["bank_details"], shown);
    nowhere_in_the_database(&db).await;
}

/// Not as text, and not as the bytes of text.
async fn nowhere_in_the_database(db: &PgPool) {
    let tables = sqlx::query_scalar::<_, String>(
        "select format('%I.%I', schemaname, tablename) from pg_tables
        where schemaname in ('accounts', 'catalogue', 'platform', 'graphile_worker')",
    );
    for table in tables.fetch_all(db).await.unwrap() {
        let rows =
            sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(format!("select t::text from {table} t")));
        for row in rows.fetch_all(db).await.unwrap() {
            for secret in SECRETS {
                let bytes: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
                assert!(!row.contains(secret) && !row.contains(&bytes), "{table}: {row}");
            }
        }
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_change_needs_what_was_seen_last(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = talent_in(&app, "ana@acme.example", json!({})).await;
    let set = async |seen: &str, account: &str| set(&app, Some(&token), OWN, seen, details(account)).await;
    assert_eq!(
        set("\"1\"", "1").await.body["code"],
        "bank_details_changed",
        "there are none"
    );
    let first = set("*", "1").await.headers[header::ETAG]
        .to_str()
        .unwrap()
        .to_owned();

    let second = set(&first, "2").await;
    assert_eq!(second.status, StatusCode::OK, "{}", second.text);
    let second = second.headers[header::ETAG].to_str().unwrap().to_owned();
    let late = set(&first, "3").await;
    assert_eq!(
        (late.status.as_u16(), &late.body["code"]),
        (412, &json!("bank_details_changed"))
    );
    assert_eq!(set("\"x\"", "3").await.status, StatusCode::PRECONDITION_FAILED);
    let same = set(&second, "2").await;
    assert_eq!(
        same.headers[header::ETAG],
        second.as_str(),
        "the same again is no change"
    );
    let without = app.call_as(&token, Method::PUT, OWN, Some(details("3"))).await;
    assert_eq!(
        (without.0.as_u16(), &without.1["code"]),
        (428, &json!("if_match_required"))
    );
    let late = call(&app, Some(&token), Method::DELETE, OWN, &first, None).await;
    assert_eq!(late.body["code"], "bank_details_changed");
    let gone = call(&app, Some(&token), Method::DELETE, OWN, &second, None).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let gone = call(&app, Some(&token), Method::DELETE, OWN, "*", None).await;
    assert_eq!(gone.body["code"], "bank_details_unknown");
    assert_eq!(set(&second, "2").await.body["code"], "bank_details_changed");
    assert_ne!(
        set("*", "2").await.headers[header::ETAG],
        second.as_str(),
        "never a version twice"
    );

    app.run_jobs().await;
    let mails = app.mail_transport.given();
    let told = mails.iter().filter(|mail| mail.subject.contains("bank details"));
    assert_eq!(told.count(), 4, "set, changed, removed, set");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_manager_sets_those_of_their_agency_and_every_manager_is_told(db: PgPool) {
    let app = TestApp::new(db).await;
    let (bia, bias) = person(&app, "bia@lima.example").await;
    let (cyd, _) = person(&app, "cyd@lima.example").await;
    let (_, eves) = person(&app, "eve@evil.example").await;
    let ours = agency(&app, &bia).await;
    let (status, _) = app
        .call(Method::PUT, &format!("/v1/agencies/{ours}/managers/{cyd}"), None)
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let path = format!("/v1/me/agencies/{ours}/bank-details");

    let mut body = details("76543210");
    body["tax_document"] = json!("12.ABC.345/01DE-35");
    let answer = set(&app, Some(&bias), &path, "*", body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.body["tax_document"], "***DE35");
    app.run_jobs().await;
    for manager in ["bia@lima.example", "cyd@lima.example"] {
        let mail = app.mail_transport.last_to(manager);
        assert!(
            mail.text.contains("Lima & Lima is paid out to another account"),
            "{}",
            mail.text
        );
    }

    for (method, body) in [
        (Method::GET, None),
        (Method::PUT, Some(details("1"))),
        (Method::DELETE, None),
    ] {
        let answer = call(&app, Some(&eves), method.clone(), &path, "*", body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body["code"]),
            (404, &json!("agency_unknown")),
            "{method}"
        );
    }
    app.delete(&format!("/v1/agencies/{ours}/managers/{bia}")).await;
    let answer = set(&app, Some(&bias), &path, "*", details("1")).await;
    assert_eq!(answer.body["code"], "agency_unknown", "who acts for it no longer");
    let (_, staffs) = app.get(&format!("/v1/agencies/{ours}/bank-details")).await;
    assert_eq!(staffs["account_number"], "***3210");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn staff_set_them_with_the_permission_for_it_and_no_other(db: PgPool) {
    let app = TestApp::new(db).await;
    let ana = talent(&app, "ana@acme.example", "Ana", json!({})).await;
    let path = format!("/v1/catalogue/talents/{ana}/bank-details");
    let others = app.api_key(&[TalentsManage, AgenciesManage, SharesManage]).await;
    let payer = app.api_key(&[BankDetailsManage]).await;

    let refused = set(&app, Some(&others), &path, "*", details("1")).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.body["code"]),
        (403, &json!("forbidden"))
    );
    let answer = set(&app, Some(&payer), &path, "*", details("1")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let (_, profile) = app.get(&format!("/v1/catalogue/talents/{ana}")).await;
    assert!(!profile.to_string().contains("bank"), "{profile}");
    let nobody = "/v1/catalogue/talents/00000000-0000-0000-0000-000000000000/bank-details";
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let body = (method == Method::PUT).then(|| details("1"));
        let answer = call(&app, Some(&payer), method, nobody, "*", body).await;
        assert_eq!(answer.body["code"], "talent_unknown");
    }
    app.run_jobs().await;
    assert!(
        app.mail_transport
            .last_to("ana@acme.example")
            .text
            .contains("another account")
    );
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_is_wrong_is_told_field_by_field_and_changes_nothing(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = talent_in(&app, "ana@acme.example", json!({})).await;
    let mut wrong = details("12-3");
    wrong["tax_document"] = json!("111.444.777-36");
    wrong["bank"] = json!("Itaú");

    let answer = set(&app, Some(&token), OWN, "*", wrong).await;

    assert_eq!(
        (answer.status.as_u16(), &answer.body["code"]),
        (422, &json!("body_invalid"))
    );
    let errors = answer.body["errors"].as_array().unwrap().iter();
    let pointers: Vec<_> = errors.map(|one| one["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/bank", "/account_number", "/tax_document"]);
    let mut more = details("1");
    more["pix"] = json!("ana@acme.example");
    assert_eq!(
        set(&app, Some(&token), OWN, "*", more).await.body["code"],
        "body_invalid"
    );
    assert_eq!(
        app.call_as(&token, Method::GET, OWN, None).await.0,
        StatusCode::NOT_FOUND
    );
}

/// As in the original, where an account belonged to one talent, and to one agency.
#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn no_two_talents_have_one_account(db: PgPool) {
    let app = TestApp::new(db).await;
    let ana = talent(&app, "ana@acme.example", "Ana", json!({})).await;
    let bia = talent(&app, "bia@acme.example", "Bia", json!({})).await;
    let (cyd, _) = person(&app, "cyd@lima.example").await;
    let agency = agency(&app, &cyd).await;
    let of = |talent: &str| format!("/v1/catalogue/talents/{talent}/bank-details");

    let (first, second) = (of(&ana), of(&bia));
    let (one, other) = tokio::join!(
        set(&app, None, &first, "*", details("12345")),
        set(&app, None, &second, "*", details("0012345")),
    );

    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", one.text, other.text);
    let refused = if one.status == StatusCode::CONFLICT {
        one
    } else {
        other
    };
    assert_eq!(refused.body["code"], "account_taken");
    let path = format!("/v1/agencies/{agency}/bank-details");
    assert_eq!(
        set(&app, None, &path, "*", details("12345")).await.status,
        StatusCode::OK
    );
    app.run_jobs().await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn they_are_forgotten_with_their_talent(db: PgPool) {
    let app = TestApp::new(db.clone()).await;
    let (id, token) = talent_in(&app, "ana@acme.example", json!({})).await;
    set(&app, Some(&token), OWN, "*", details("76543210")).await;
    let body = json!({ "password": PASSWORD });

    let (status, _) = app
        .call_as(&token, Method::POST, "/v1/me/erase", Some(body))
        .await;

    assert_eq!(status, StatusCode::NO_CONTENT);
    let left: i64 = sqlx::query_scalar("select count(*) from catalogue.bank_details")
        .fetch_one(&db)
        .await
        .unwrap();
    assert_eq!(left, 0);
    let path = format!("/v1/catalogue/talents/{id}/bank-details");
    assert_eq!(
        set(&app, None, &path, "*", details("1")).await.body["code"],
        "talent_unknown"
    );
    app.run_jobs().await;
}

/// Those of the newest talent are set and removed, and those of their agency set, whom they act for themselves.
pub(super) async fn change_everybodys(app: &TestApp, account: &str) {
    let (_, talents) = app.get("/v1/catalogue/talents?limit=1").await;
    let newest = &talents["items"][0];
    let path = format!(
        "/v1/catalogue/talents/{}/bank-details",
        newest["id"].as_str().unwrap()
    );
    assert_eq!(
        set(app, None, &path, "*", details(account)).await.status,
        StatusCode::OK
    );
    app.run_jobs().await;
    let removed = call(app, None, Method::DELETE, &path, "*", None).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    app.run_jobs().await;
    let agency = agency(app, newest["person_id"].as_str().unwrap()).await;
    let path = format!("/v1/agencies/{agency}/bank-details");
    let answer = set(app, None, &path, "*", details(account)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
}
