//! What admins do with plain forms, without any script.

use axum::http::StatusCode;
use marquee_core::access::Permission;
use marquee_tests::TestApp;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Browser, location};
use crate::redirects::{create, import_csv, one_rule};

const ADMIN: [Permission; 2] = [Permission::RulesRead, Permission::RulesEdit];
const DRAFT: &str = "/act/v1/brands/acme/draft";

async fn brand(db: PgPool) -> TestApp {
    let app = TestApp::new(db).await;
    create(&app, "acme").await;
    let imported = import_csv(&app, "acme", &one_rule("acme", "a")).await;
    assert_eq!(imported.status, StatusCode::OK, "{}", imported.text);
    app
}

async fn draft(app: &TestApp) -> Value {
    let (status, draft) = app.get("/v1/brands/acme/draft").await;
    assert_eq!(status, StatusCode::OK, "{draft}");
    draft
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn rules_are_pasted_as_csv_and_as_cells_of_a_spreadsheet(db: PgPool) {
    let app = brand(db).await;
    let browser = Browser::of_staff(&app, "olga@acme.example", &ADMIN).await;
    let cells = "kind\trule\tstate\turl\nroute\t1\tNY\thttps://quotes.acme.example/ny?zip={zip}\n\
                 route\t2\t\thttps://quotes.acme.example/all?a=1,2\n";
    let mut form = vec![
        ("_method", "PUT"),
        ("_if_match", "*"),
        ("_back", "/admin/brands/acme/paste"),
        ("_next", "/admin/brands/acme/rules"),
        ("_query.dry_run", "true"),
        ("_raw", cells),
    ];
    let tried = browser.post(&format!("{DRAFT}/rules"), &form).await;
    assert_eq!(location(&tried), "/admin/brands/acme/rules", "{}", tried.text);
    assert_eq!(
        draft(&app).await["rules"].as_array().unwrap().len(),
        1,
        "only tried"
    );

    form.retain(|(name, _)| *name != "_query.dry_run");
    let pasted = browser.post(&format!("{DRAFT}/rules"), &form).await;
    assert_eq!(location(&pasted), "/admin/brands/acme/rules", "{}", pasted.text);
    let rules = draft(&app).await["rules"].clone();
    assert_eq!(rules[0]["when"]["state"], json!(["NY"]));
    assert_eq!(
        rules[1]["target"]["variants"][0]["url"],
        "https://quotes.acme.example/all?a=1,2"
    );

    form.retain(|(name, _)| *name != "_raw");
    form.push(("_raw", "kind,rule,url\nroute,one,https://quotes.acme.example/\n"));
    let refused = browser.post(&format!("{DRAFT}/rules"), &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(draft(&app).await["rules"], rules, "refused whole");
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn one_form_changes_all_rules_that_fit(db: PgPool) {
    let app = brand(db).await;
    let browser = Browser::of_staff(&app, "olga@acme.example", &ADMIN).await;
    let form = [
        ("_if_match", "*"),
        ("_next", "/admin/brands/acme/rules"),
        ("action.do", "set_priority"),
        ("action.priority", "9"),
        ("action.from", ""),
        ("action.to", ""),
        ("filter.kind", "route"),
        ("filter.state", ""),
        ("dry_run", "false"),
    ];
    let changed = browser.post(&format!("{DRAFT}/rules/bulk"), &form).await;
    assert_eq!(location(&changed), "/admin/brands/acme/rules", "{}", changed.text);
    assert_eq!(draft(&app).await["rules"][0]["priority"], 9);
    app.leave_jobs();
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn settings_are_saved_line_by_line_and_what_is_gone_is_taken_out(db: PgPool) {
    let app = brand(db).await;
    let browser = Browser::of_staff(&app, "olga@acme.example", &ADMIN).await;
    let save = async |systems: &str, was: &str, if_match: &str| {
        let form = [
            ("_method", "PATCH"),
            ("_if_match", if_match),
            ("_back", "/admin/brands/acme/settings"),
            ("_next", "/admin/brands/acme/settings"),
            ("hosts", "go.acme.example\r\nwww.acme.example"),
            ("ask_url", ""),
            ("systems", systems),
            ("_was.systems", was),
            ("aliases.product", "AUTO = auto"),
        ];
        browser.post(&format!("{DRAFT}/settings"), &form).await
    };
    let both = "crm postal = {zip}\ncrm st = {state}\nmail m = {zip}";
    let saved = save(both, "", "*").await;
    assert_eq!(location(&saved), "/admin/brands/acme/settings", "{}", saved.text);
    let settings = draft(&app).await["settings"].clone();
    assert_eq!(settings["hosts"], json!(["go.acme.example", "www.acme.example"]));
    assert_eq!(settings["aliases"]["product"], json!({ "AUTO": "auto" }));
    assert_eq!(
        settings["systems"]["crm"][1],
        json!({ "name": "st", "value": "{state}" })
    );
    // What the form does not have stays.
    assert_eq!(settings["products"].as_array().unwrap().len(), 2);

    let seen = app.get("/v1/brands/acme").await.1["draft"]["version"].to_string();
    let seen = format!("\"{seen}\"");
    let saved = save("mail m = {zip}", both, &seen).await;
    assert_eq!(location(&saved), "/admin/brands/acme/settings", "{}", saved.text);
    let systems = draft(&app).await["settings"]["systems"].clone();
    assert_eq!(systems, json!({ "mail": [{ "name": "m", "value": "{zip}" }] }));

    // Another tab that still shows the draft as it was.
    let stale = save(both, "", &seen).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(draft(&app).await["settings"]["systems"], systems);
    app.leave_jobs();
}
