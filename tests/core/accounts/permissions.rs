//! Who is let at what, for every operation of the OpenAPI document: a new route is tested the day it is born.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_core::access::Permission;
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{grants, person, staff_key, staff_member};

/// The brand that is filled in wherever an operation is about one.
const BRAND: &str = "x1";

/// An operation with something in its parameters, and what it needs.
struct Operation {
    method: Method,
    path: String,
    /// `None`: to be known, or less.
    permission: Option<Permission>,
    who: Who,
    place: Place,
}

/// Whom an operation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Everybody,
    /// Who shows a token must be known.
    Anybody,
    SignedIn,
    Known,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Everywhere,
    Path,
    Query,
    Answer,
    Own,
}

impl Operation {
    fn read(method: &str, path: &str, operation: &Value) -> Self {
        let security = operation["security"][0].as_object();
        let security = security.unwrap_or_else(|| panic!("{method} {path} does not say who may"));
        let (who, scopes) = match security.iter().next() {
            None if operation["security"].as_array().unwrap().len() > 1 => (Who::Anybody, &json!([])),
            None => (Who::Everybody, &json!([])),
            // What else opens an order, its own tests say.
            Some((scheme, scopes)) if scheme == "order_key" => (Who::Known, scopes),
            Some((scheme, scopes)) if scheme == "session" => (Who::SignedIn, scopes),
            Some((scheme, scopes)) if scheme == "api_key" => (Who::Known, scopes),
            Some((scheme, _)) => panic!("{method} {path}: {scheme}?"),
        };
        let scopes = scopes.as_array().unwrap();
        assert!(scopes.len() <= 1, "{method} {path} names one permission");
        let permission = scopes.first().map(|scope| {
            Permission::parse(scope.as_str().unwrap()).unwrap_or_else(|| panic!("{method} {path}: {scope}?"))
        });
        let place = match operation["x-scope"].as_str() {
            _ if path.contains("{brand}") => Place::Path,
            None => Place::Everywhere,
            Some("query") => Place::Query,
            Some("answer") => Place::Answer,
            Some("own") => Place::Own,
            Some(other) => panic!("{method} {path}: x-scope {other}?"),
        };
        let filled = path
            .split('/')
            .map(|segment| if segment.starts_with('{') { BRAND } else { segment });
        Self {
            method: Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(),
            path: filled.collect::<Vec<_>>().join("/"),
            permission,
            who,
            place,
        }
    }

    async fn answer(&self, app: &TestApp, token: Option<&str>) -> (StatusCode, Value) {
        self.answer_at(app, &self.path, token).await
    }

    /// About the one brand, if it is about brands at all.
    async fn answer_there(&self, app: &TestApp, token: &str) -> (StatusCode, Value) {
        match self.place {
            Place::Query => {
                let path = format!("{}?brand={BRAND}", self.path);
                self.answer_at(app, &path, Some(token)).await
            }
            _ => self.answer(app, Some(token)).await,
        }
    }

    async fn answer_at(&self, app: &TestApp, path: &str, token: Option<&str>) -> (StatusCode, Value) {
        let mut request = app
            .anonymous(self.method.clone(), path)
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let answer = app.send(request.body(Body::from("{}")).unwrap()).await;
        (answer.status, answer.body)
    }

    /// Neither 401, 403 nor 500, and not the answer of a brand that one may not see.
    fn assert_let_in(&self, (status, problem): &(StatusCode, Value), who: &str) {
        let refused = [
            StatusCode::UNAUTHORIZED,
            StatusCode::FORBIDDEN,
            StatusCode::INTERNAL_SERVER_ERROR,
        ];
        let unseen = *status == StatusCode::NOT_FOUND && problem["code"] == "brand_unknown";
        assert!(
            !refused.contains(status) && !unseen,
            "{self} with {who}: {status} {problem}"
        );
    }

    fn assert_refused(&self, (status, problem): &(StatusCode, Value), code: &str, who: &str) {
        let expected = match code {
            "unauthorized" => StatusCode::UNAUTHORIZED,
            "brand_unknown" => StatusCode::NOT_FOUND,
            _ => StatusCode::FORBIDDEN,
        };
        // What answers a HEAD has no body that could say so.
        let said = match self.method {
            Method::HEAD => Some(code),
            _ => problem["code"].as_str(),
        };
        assert_eq!(
            (*status, said),
            (expected, Some(code)),
            "{self} with {who}: {problem}"
        );
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

async fn operations(app: &TestApp) -> Vec<Operation> {
    let (status, document) = app.get("/v1/openapi.json").await;
    assert_eq!(status, StatusCode::OK);
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push(Operation::read(method, path, operation));
        }
    }
    assert!(operations.len() >= 40, "the document lists the routes");
    operations
}

async fn make_brand(app: &TestApp) {
    let settings = json!({
        "hosts": ["go.x1.example"], "languages": ["en"], "default_language": "en",
        "destinations": ["quotes.x1.example"], "fallback_url": "https://quotes.x1.example/",
        "products": [{ "code": "auto" }],
    });
    let body = json!({ "code": BRAND, "name": "X1", "settings": settings });
    assert_eq!(app.post("/v1/brands", body).await.0, StatusCode::CREATED);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a01_every_route_refuses_whoever_is_not_known(db: PgPool) {
    let app = TestApp::new(db).await;
    app.leave_jobs();
    let all = json!(&Permission::ALL[..]);
    let key = async |name: &str, more: Value| {
        let mut body = json!({ "name": name, "permissions": all });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let (status, key) = app.post("/v1/keys", body).await;
        assert_eq!(status, StatusCode::CREATED, "{key}");
        (
            key["id"].as_str().unwrap().to_owned(),
            key["token"].as_str().unwrap().to_owned(),
        )
    };
    let (id, revoked) = key("revoked", json!({})).await;
    assert_eq!(
        app.delete(&format!("/v1/keys/{id}")).await.0,
        StatusCode::NO_CONTENT
    );
    let (_, expired) = key("expired", json!({ "expires_at": "2026-07-01T13:00:00Z" })).await;
    app.advance(Duration::hours(1));
    let gone = staff_member(&app, "gone@acme.example", grants(&Permission::ALL, None)).await;
    let suspended = staff_key(&app, &gone, &Permission::ALL).await;
    let (status, _) = app.post(&format!("/v1/staff/{gone}/suspend"), json!({})).await;
    assert_eq!(status, StatusCode::OK);
    let forged = format!("mk_{}_{}", "0".repeat(32), "A".repeat(43));

    for operation in operations(&app).await {
        for (who, token) in [
            ("no token", None),
            ("nonsense", Some("nonsense")),
            ("a forged token", Some(forged.as_str())),
            ("a revoked key", Some(revoked.as_str())),
            ("an expired key", Some(expired.as_str())),
            ("the key of somebody suspended", Some(suspended.as_str())),
        ] {
            let answer = operation.answer(&app, token).await;
            if operation.who == Who::Everybody || (operation.who == Who::Anybody && token.is_none()) {
                // Whatever they show is not looked at; nothing that they do not say themselves is refused.
                let refused = answer.1["code"] == "unauthorized" || answer.1["code"] == "forbidden";
                assert!(
                    !refused && answer.0.as_u16() != 500,
                    "{operation} with {who}: {answer:?}"
                );
            } else {
                operation.assert_refused(&answer, "unauthorized", who);
            }
        }
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a01_what_is_for_people_refuses_every_key_and_lets_in_who_is_signed_in(db: PgPool) {
    let app = TestApp::new(db).await;
    let (_, token) = person(&app, "ana@acme.example").await;
    let ana = staff_member(&app, "bob@acme.example", grants(&Permission::ALL, None)).await;
    let theirs = staff_key(&app, &ana, &Permission::ALL).await;
    let nobodys = app.api_key(&Permission::ALL).await;
    app.leave_jobs();
    let operations = operations(&app).await;
    let for_people = || operations.iter().filter(|one| one.who == Who::SignedIn);
    assert!(for_people().count() >= 8);

    for operation in for_people() {
        for key in [&theirs, &nobodys] {
            let answer = operation.answer(&app, Some(key)).await;
            operation.assert_refused(&answer, "session_needed", "a key");
        }
    }
    for operation in for_people().filter(|one| one.method != Method::DELETE) {
        let answer = operation.answer(&app, Some(&token)).await;
        operation.assert_let_in(&answer, "somebody signed in");
    }
    for operation in operations.iter().filter(|one| one.permission.is_some()) {
        let (status, problem) = operation.answer(&app, Some(&token)).await;
        let own = operation.place == Place::Own;
        let unseen = status == StatusCode::NOT_FOUND && problem["code"] == "brand_unknown";
        assert!(
            status == StatusCode::FORBIDDEN || unseen || own,
            "{operation} with a customer: {status} {problem}"
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a01_every_route_refuses_strangers_and_keys_without_its_permission(db: PgPool) {
    let app = TestApp::new(db).await;
    app.leave_jobs();
    let mut keys = Vec::new();
    for permission in Permission::ALL {
        keys.push((permission, app.api_key(&[permission]).await));
    }

    for operation in operations(&app).await {
        for (permission, key) in &keys {
            let answer = operation.answer(&app, Some(key)).await;
            if operation.who == Who::SignedIn {
                operation.assert_refused(&answer, "session_needed", permission.name());
            } else if operation.permission.is_none_or(|needed| needed == *permission) {
                // The brand does not exist, and this one may know that.
                assert!(
                    ![401, 403, 500].contains(&answer.0.as_u16()),
                    "{operation} with {permission}: {answer:?}"
                );
            } else {
                operation.assert_refused(&answer, "forbidden", permission.name());
            }
        }
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a01_every_route_about_a_brand_is_for_those_who_may_there(db: PgPool) {
    let app = TestApp::new(db).await;
    app.leave_jobs();
    make_brand(&app).await;
    let operations = operations(&app).await;
    assert!(operations.iter().filter(|one| one.place == Place::Path).count() >= 15);

    for permission in Permission::ALL {
        let here = app.api_key_on(&[permission], &[BRAND]).await;
        let elsewhere = app.api_key_on(&[permission], &["x2"]).await;
        for operation in operations.iter().filter(|one| one.permission == Some(permission)) {
            let there = operation.answer_there(&app, &here).await;
            let other = operation.answer_there(&app, &elsewhere).await;
            match operation.place {
                Place::Path | Place::Query => {
                    operation.assert_let_in(&there, "the permission on this brand");
                    operation.assert_refused(&other, "brand_unknown", "the permission on another brand");
                    assert_eq!(other.1["detail"], "there is no brand `x1`");
                }
                Place::Answer => operation.assert_let_in(&other, "the permission on another brand"),
                Place::Everywhere | Place::Own => {
                    operation.assert_refused(&there, "forbidden", "the permission on one brand");
                }
            }
            if operation.place == Place::Query {
                let everywhere = operation.answer(&app, Some(&here)).await;
                operation.assert_refused(&everywhere, "forbidden", "the permission on one brand");
            }
        }
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a01_who_may_something_else_on_the_brand_is_told_what_is_missing(db: PgPool) {
    let app = TestApp::new(db).await;
    app.leave_jobs();
    make_brand(&app).await;

    for operation in operations(&app).await {
        let about_brands = matches!(operation.place, Place::Path | Place::Query);
        let Some(permission) = operation.permission.filter(|_| about_brands) else {
            continue;
        };
        let others: Vec<_> = Permission::ALL
            .into_iter()
            .filter(|other| *other != permission)
            .collect();
        let others = app.api_key_on(&others, &[BRAND]).await;
        let answer = operation.answer_there(&app, &others).await;
        operation.assert_refused(&answer, "forbidden", "every other permission on the brand");
        assert_eq!(
            answer.1["detail"],
            format!("this needs the permission {permission} on `x1`")
        );
    }
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_brand_cannot_be_smuggled_past_the_guard(db: PgPool) {
    let app = TestApp::new(db).await;
    make_brand(&app).await;
    let acme = app
        .api_key_on(&[Permission::RulesRead, Permission::HitsRead], &["acme"])
        .await;

    for path in [
        "/v1/brands/%78%31",
        "/v1/brands/x1?brand=acme",
        "/v1/hits?brand=acme&brand=x1",
        "/v1/hits?brand=acme&%62rand=x1",
        "/v1/hits?brand=%781",
    ] {
        let answer = app.call_as(&acme, Method::GET, path, None).await;
        assert_eq!(answer.1["code"], "brand_unknown", "{path}: {answer:?}");
    }
    for path in ["/v1/hits", "/v1/hits?Brand=acme", "/v1/hits?brand[]=acme"] {
        let answer = app.call_as(&acme, Method::GET, path, None).await;
        assert_eq!(answer.0, StatusCode::FORBIDDEN, "{path}: {answer:?}");
    }
    let answer = app.call_as(&acme, Method::GET, "/v1/hits?brand=", None).await;
    assert_eq!(answer.0, StatusCode::NOT_FOUND, "{answer:?}");
    let answer = app.call_as(&acme, Method::GET, "/v1/hits?brand=acme", None).await;
    assert_eq!(answer.0, StatusCode::OK, "{answer:?}");
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn of_brands_one_sees_those_on_which_one_may_read(db: PgPool) {
    let app = TestApp::new(db).await;
    for code in ["acme", "globex", "initech"] {
        let body = json!({ "code": code, "name": code });
        assert_eq!(app.post("/v1/brands", body).await.0, StatusCode::CREATED);
    }
    let seen = async |token: &str| {
        let (status, list) = app.call_as(token, Method::GET, "/v1/brands?limit=1", None).await;
        assert_eq!(status, StatusCode::OK, "{list}");
        let cursor = list["next_cursor"].as_str().map(str::to_owned);
        let items = list["items"].as_array().unwrap();
        (
            items
                .iter()
                .map(|brand| brand["code"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>(),
            cursor,
        )
    };

    let two = app
        .api_key_on(&[Permission::RulesRead], &["globex", "initech"])
        .await;
    assert_eq!(
        seen(&two).await,
        (vec!["globex".to_owned()], Some("globex".to_owned()))
    );
    let none = app.api_key_on(&[Permission::RulesRead], &["hooli"]).await;
    assert_eq!(seen(&none).await, (vec![], None));
    let unseen = app.call_as(&two, Method::GET, "/v1/brands/acme", None).await;
    let missing = app.call_as(&two, Method::GET, "/v1/brands/hooli", None).await;
    let same = |(status, problem): (StatusCode, Value), brand: &str| {
        let detail = problem["detail"].as_str().unwrap().replace(brand, "…");
        (status, problem["code"].clone(), detail, problem["errors"].clone())
    };
    assert_eq!(same(unseen, "acme"), same(missing.clone(), "hooli"));
    let (status, problem) = app.get("/v1/brands/hooli").await;
    assert_eq!(same(missing, "hooli"), same((status, problem), "hooli"));
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn a_method_that_is_not_documented_is_not_answered(db: PgPool) {
    let app = TestApp::new(db).await;

    let request = app
        .request(Method::PATCH, "/v1/keys")
        .body(Body::empty())
        .unwrap();
    let answer = app.send(request).await;

    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.body["code"], "method_not_allowed");
    assert_eq!(answer.headers["allow"], "GET,HEAD,POST");
    let head = app.request(Method::HEAD, "/v1/keys").body(Body::empty()).unwrap();
    assert_eq!(app.send(head).await.status, StatusCode::OK);
}
