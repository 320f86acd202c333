//! What moved somebody's account, month by month, line by line.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_tests::Answer;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;
use time::macros::datetime;
use uuid::Uuid;

use super::{JUNE, Treasury};
use crate::accounts::person;
use crate::catalogue::{talent, talent_in};

impl Treasury {
    async fn read(&self, token: &str, path: &str, accept: &str) -> Answer {
        let request = self
            .app
            .anonymous(Method::GET, path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::ACCEPT, accept);
        self.app.send(request.body(Body::empty()).unwrap()).await
    }

    async fn months_of(&self, talent: Uuid) -> Vec<Value> {
        let path = format!("/v1/catalogue/talents/{talent}/statements");
        let (status, list) = self.app.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        list["items"].as_array().unwrap().clone()
    }

    async fn statement_of(&self, talent: Uuid, month: &str) -> Value {
        let path = format!("/v1/catalogue/talents/{talent}/statements/{month}?limit=100");
        let (status, statement) = self.app.get(&path).await;
        assert_eq!(status, StatusCode::OK, "{statement}");
        statement
    }

    /// Each month opens with what the one before closed with, its lines come to what it closes with, and the last closes
    /// with what is owed.
    pub(super) async fn assert_statements(&self, talent: Uuid) {
        let mut balance = 0;
        for month in self.months_of(talent).await.iter().rev() {
            let number = |name: &str| month[name].as_i64().unwrap();
            assert_eq!(number("opening_minor"), balance, "{month}");
            let statement = self.statement_of(talent, month["month"].as_str().unwrap()).await;
            assert_eq!(statement["lines"]["next_cursor"], Value::Null);
            for line in statement["lines"]["items"].as_array().unwrap() {
                balance += line["amount_minor"].as_i64().unwrap();
                assert_eq!(line["balance_minor"], balance, "{line}");
            }
            assert_eq!(number("closing_minor"), balance, "{month}");
            let moved = number("earned_minor") - number("taken_back_minor") - number("paid_out_minor");
            assert_eq!(number("opening_minor") + moved, balance, "{month}");
        }
        assert_eq!(balance, self.owed(talent).await);
    }
}

/// Without what differs each time.
fn without_ids(text: &str) -> String {
    let is_id = |word: &str| word.len() == 36 && Uuid::try_parse(word).is_ok();
    let mut read = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match rest.get(..36).filter(|word| is_id(word)) {
            Some(_) => {
                read.push_str("<id>");
                rest = &rest[36..];
            }
            None => {
                read.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    read
}

/// Two sales in June; in July one is given back in part, and a payout is made that the bank does not take.
async fn two_months(treasury: &Treasury, talent: Uuid) -> String {
    treasury.sold(talent, 20_000, JUNE).await;
    let payment = treasury.sold(talent, 9_999, JUNE + Duration::SECOND).await;
    treasury.refunded(payment, 3_333).await;
    treasury.app.advance(Duration::MINUTE);
    let payout = treasury.approved().await;
    treasury.app.advance(Duration::MINUTE);
    let file = treasury.answered(&payout, |_| "no").await;
    treasury.imported(&payout, &file).await;
    treasury.app.run_jobs().await;
    payout
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn every_month_says_what_moved_the_account_and_adds_up(db: PgPool) {
    let treasury = Treasury::new(db).await;
    let ana = treasury.talent("Ana").await;
    let payout = two_months(&treasury, ana).await;

    let months = treasury.months_of(ana).await;

    let sums: Vec<_> = months
        .iter()
        .map(|month| {
            let number = |name: &str| month[name].as_i64().unwrap();
            (
                month["month"].as_str().unwrap(),
                number("opening_minor"),
                number("sales"),
                number("earned_minor"),
                number("taken_back_minor"),
                number("paid_out_minor"),
                number("closing_minor"),
            )
        })
        .collect();
    assert_eq!(
        sums,
        [
            ("2026-07", 22_499, 0, 0, 2_500, 0, 19_999),
            ("2026-06", 0, 2, 22_499, 0, 0, 22_499),
        ]
    );
    let july = treasury.statement_of(ana, "2026-07").await;
    let lines: Vec<_> = july["lines"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            (
                line["kind"].as_str().unwrap(),
                line["amount_minor"].as_i64().unwrap(),
                line["balance_minor"].as_i64().unwrap(),
                line["payout_id"] == payout.as_str(),
                line["order_id"].is_string(),
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            ("refund", -2_500, 19_999, false, true),
            ("payout_approved", -19_999, 0, true, false),
            ("payout_rejected", 19_999, 19_999, true, false),
        ]
    );
    let june = treasury.statement_of(ana, "2026-06").await;
    let sale = &june["lines"]["items"][0];
    assert_eq!(
        (&sale["gross_minor"], &sale["share_bp"], &sale["amount_minor"]),
        (&json!(20_000), &json!(7_500), &json!(15_000))
    );
    treasury.assert_statements(ana).await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn o03_a_statement_belongs_to_a_month_by_the_clocks_of_where_people_are(db: PgPool) {
    let treasury = Treasury::new(db).await;
    let ana = treasury.talent("Ana").await;
    for occurred_at in [
        datetime!(2026-06-01 02:59:59.999999 UTC),
        datetime!(2026-06-01 03:00 UTC),
        datetime!(2026-07-01 02:59:59.999999 UTC),
        datetime!(2026-07-01 03:00 UTC),
    ] {
        treasury.sold(ana, 20_000, occurred_at).await;
    }
    let months: Vec<_> = treasury
        .months_of(ana)
        .await
        .iter()
        .map(|month| (month["month"].clone(), month["sales"].clone()))
        .collect();
    assert_eq!(
        months,
        [("2026-07", 1), ("2026-06", 2), ("2026-05", 1)].map(|(month, sales)| (json!(month), json!(sales)))
    );
    treasury.assert_statements(ana).await;
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn months_and_lines_are_read_page_by_page(db: PgPool) {
    let treasury = Treasury::new(db).await;
    let ana = treasury.talent("Ana").await;
    for _ in 0..5 {
        treasury.sold(ana, 20_000, datetime!(2026-04-10 12:00 UTC)).await;
    }
    let path = format!("/v1/catalogue/talents/{ana}/statements");
    let (mut read, mut cursor) = (vec![], String::new());
    loop {
        let (status, page) = treasury.app.get(&format!("{path}?limit=3{cursor}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let months = page["items"].as_array().unwrap().iter();
        read.extend(months.map(|month| month["month"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(read, ["2026-07", "2026-06", "2026-05", "2026-04"]);
    let (status, problem) = treasury.app.get(&format!("{path}?cursor=2026-13-BRL")).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::BAD_REQUEST, &json!("cursor_invalid"))
    );

    let (_, first) = treasury.app.get(&format!("{path}/2026-04?limit=3")).await;
    let next = first["lines"]["next_cursor"].as_str().unwrap();
    let (_, second) = treasury
        .app
        .get(&format!("{path}/2026-04?limit=3&cursor={next}"))
        .await;
    let balances = |page: &Value| {
        let lines = page["lines"]["items"].as_array().unwrap().iter();
        lines
            .map(|line| line["balance_minor"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(balances(&first), [15_000, 30_000, 45_000]);
    assert_eq!(balances(&second), [60_000, 75_000]);
    assert_eq!(second["lines"]["next_cursor"], Value::Null);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_statement_is_read_like_this_as_json_as_a_file_and_as_a_page(db: PgPool) {
    let treasury = Treasury::new(db).await;
    let (_, agency) = treasury
        .app
        .post("/v1/agencies", json!({ "name": "Lima <b>& Lima" }))
        .await;
    let agency: Uuid = agency["id"].as_str().unwrap().parse().unwrap();
    let ana = talent(&treasury.app, "ana@acme.example", "=1+1, \"Ana\"", json!({})).await;
    let ana: Uuid = ana.parse().unwrap();
    treasury.shared(ana, Some(agency), 20_000, JUNE).await;
    let payment = treasury
        .shared(ana, Some(agency), 123_457, JUNE + Duration::SECOND)
        .await;
    treasury.refunded(payment, 23_457).await;
    for month in ["2026-06", "2026-07", "2026-08"] {
        let path = format!("/v1/agencies/{agency}/statements/{month}");
        let json = treasury.read(&treasury.maker, &path, "application/json").await;
        assert_eq!(json.status, StatusCode::OK, "{}", json.text);
        let json = serde_json::to_string_pretty(&json.body).unwrap();
        insta::assert_snapshot!(format!("statement.{month}.json"), without_ids(&json));
        for locale in ["pt-BR", "en"] {
            let path = format!("{path}?locale={locale}");
            let csv = treasury.read(&treasury.maker, &path, "text/csv").await;
            assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8");
            let name = format!("attachment; filename=\"marquee-statement-{month}.csv\"");
            assert_eq!(csv.headers["content-disposition"], name.as_str());
            insta::assert_snapshot!(format!("statement.{month}.{locale}.csv"), without_ids(&csv.text));
            let page = treasury.read(&treasury.maker, &path, "text/html").await;
            assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
            assert_eq!(
                page.headers["content-security-policy"],
                "default-src 'none'; style-src 'unsafe-inline'"
            );
            assert!(
                !page.text.contains("Lima <b>"),
                "what people call themselves is text"
            );
            insta::assert_snapshot!(
                format!("statement.{month}.{locale}.html"),
                without_ids(&page.text)
            );
        }
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn everybody_reads_their_own_statements_and_staff_who_may_read_all(db: PgPool) {
    let treasury = Treasury::new(db).await;
    let (ana, anas) = talent_in(&treasury.app, "ana@acme.example", json!({})).await;
    let (_, bias) = talent_in(&treasury.app, "bia@acme.example", json!({})).await;
    let (cyd, cyds) = person(&treasury.app, "cyd@lima.example").await;
    let (_, eves) = person(&treasury.app, "eve@evil.example").await;
    let (_, agency) = treasury.app.post("/v1/agencies", json!({ "name": "Lima" })).await;
    let agency: Uuid = agency["id"].as_str().unwrap().parse().unwrap();
    let (status, _) = treasury
        .app
        .call(
            Method::PUT,
            &format!("/v1/agencies/{agency}/managers/{cyd}"),
            None,
        )
        .await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    treasury
        .shared(ana.parse().unwrap(), Some(agency), 20_000, JUNE)
        .await;

    let read = async |token: &str, path: &str| {
        let answer = treasury.read(token, path, "application/json").await;
        (answer.status, answer.body)
    };
    let own = "/v1/me/talent/statements/2026-06";
    let (status, anas_june) = read(&anas, own).await;
    assert_eq!(
        (status, &anas_june["closing_minor"]),
        (StatusCode::OK, &json!(15_000))
    );
    assert_eq!(read(&bias, own).await.1["closing_minor"], 0);
    let agencys = format!("/v1/me/agencies/{agency}/statements/2026-06");
    let (status, agencys_june) = read(&cyds, &agencys).await;
    assert_eq!(
        (status, &agencys_june["closing_minor"]),
        (StatusCode::OK, &json!(2_000))
    );
    let (_, of_talents) = read(&cyds, &format!("{agencys}/talents")).await;
    assert_eq!(
        of_talents["items"],
        json!([{ "talent_id": ana, "name": "Ana Lima", "sales": 1, "earned_minor": 2_000, "taken_back_minor": 0 }])
    );
    let months = format!("/v1/me/agencies/{agency}/statements");
    assert_eq!(read(&cyds, &months).await.1["items"].as_array().unwrap().len(), 2);

    for (path, code) in [
        (own.to_owned(), "talent_unknown"),
        ("/v1/me/talent/statements".to_owned(), "talent_unknown"),
        (months, "agency_unknown"),
        (agencys.clone(), "agency_unknown"),
        (format!("{agencys}/talents"), "agency_unknown"),
    ] {
        let (status, problem) = read(&eves, &path).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::NOT_FOUND, &json!(code)),
            "{path}"
        );
    }
    assert_eq!(read(&anas, &agencys).await.1["code"], "agency_unknown");
    for (path, statement) in [
        (
            format!("/v1/catalogue/talents/{ana}/statements/2026-06"),
            &anas_june,
        ),
        (format!("/v1/agencies/{agency}/statements/2026-06"), &agencys_june),
    ] {
        assert_eq!(&read(&treasury.maker, &path).await.1, statement);
        assert_eq!(read(&anas, &path).await.0, StatusCode::FORBIDDEN);
        assert_eq!(read(&treasury.approver, &path).await.0, StatusCode::FORBIDDEN);
    }
    let unknown = Uuid::nil();
    for (path, code) in [
        (
            format!("/v1/catalogue/talents/{unknown}/statements"),
            "talent_unknown",
        ),
        (
            format!("/v1/agencies/{unknown}/statements/2026-06"),
            "agency_unknown",
        ),
        (
            format!("/v1/agencies/{unknown}/statements/2026-06/talents"),
            "agency_unknown",
        ),
        (format!("/v1/agencies/{agency}/statements/june"), "not_found"),
    ] {
        let (status, problem) = read(&treasury.maker, &path).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::NOT_FOUND, &json!(code)),
            "{path}"
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_line_says_nothing_of_who_ordered(db: PgPool) {
    let treasury = Treasury::new(db).await;
    let ana = treasury.talent("Ana").await;
    treasury.sold(ana, 20_000, JUNE).await;
    let statement = treasury.statement_of(ana, "2026-06").await;
    let shown: Vec<_> = statement["lines"]["items"][0]
        .as_object()
        .unwrap()
        .keys()
        .collect();
    assert_eq!(
        shown,
        [
            "amount_minor",
            "balance_minor",
            "gross_minor",
            "id",
            "kind",
            "occurred_at",
            "order_id",
            "payout_id",
            "share_bp",
            "talent_id",
            "talent_name"
        ]
    );
}
