//! Rules from the tables of the service that Marquee replaces.

use axum::body::Body;
use axum::http::{Method, StatusCode, header};
use marquee_tests::{Answer, TestApp};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{create, edit, import, import_csv, settings};

/// A brand that knows the original's short codes.
async fn brand(app: &TestApp) {
    create(app, "acme").await;
    let mut settings = settings("acme");
    settings["aliases"] = json!({
        "product": { "A": "auto", "H": "home" },
        "language": { "ENG": "en", "ESP": "es" },
        "device": { "D": "desktop", "M": "mobile" },
        "media": { "GGL": "google", "007": "radio", "X": "none" },
    });
    let changed = edit(app, Method::PUT, "/v1/brands/acme/draft/settings", "*", settings).await;
    assert!(changed.status.is_success(), "{changed:?}");
}

async fn put(app: &TestApp, csv: &str) -> Answer {
    import(app, "acme", "?format=original", "text/csv", csv.to_owned()).await
}

async fn draft(app: &TestApp) -> String {
    let get = app.request(Method::GET, "/v1/brands/acme/draft/rules?format=csv");
    let text = app.send(get.body(Body::empty()).unwrap()).await.text;
    let lines = text.lines().skip(1).map(str::trim);
    lines.collect::<Vec<_>>().join("\n")
}

fn counts(answer: &Answer) -> [u64; 4] {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    ["added", "changed", "removed", "unchanged"].map(|name| answer.body[name].as_u64().unwrap())
}

/// Where the draft sends a visitor who asks as the original's clients did, by our codes.
async fn sent(app: &TestApp, zip: &str, media: &str) -> Value {
    let visitor = json!({
        "zip": zip, "product": "auto", "language": "en", "device": "desktop", "media": media,
    });
    let (status, simulated) = app
        .post("/v1/brands/acme/simulate", json!({ "visitor": visitor }))
        .await;
    assert_eq!(status, StatusCode::OK, "{simulated}");
    simulated["answer"].clone()
}

/// Four tables in one file, with a row before the one it refers to.
const TABLES: &str = "\
table,id,title,language,insurance,device,media,state,type,brand_id,brand,system,configuration_id,routing_multi_id,order,total,current,url,domain,variables,created_at
routing_single,9,,,,,,,,7,,,1,,,,,https://quotes.acme.example/auto,quotes.acme.example,\"{\"\"key\"\":\"\"value\"\"}\",2023-12-07 10:00:00
configuration,1,Everywhere,ENG,A,D,X,NA,1,7,Acme,rater,,,,,,,,,2023-12-07 10:00:00
atalaya_configuration,2,Massachusetts,ENG,A,D,X,MA,1,7,Acme,webform,,,,,,,,,
configuration,003,,ENG,A,D,GGL,,2,7,Acme,,,,,,,,,,
routing_single,10,,,,,,,,7,,,2,,,,,https://quotes.acme.example/ma?x=1,quotes.acme.example,,
routing_multi,1,,,,,,,,7,,,3,,,2,1,,,,
routing_multi_urls,1,,,,,,,,,,,,1,1,,,https://quotes.acme.example/first,quotes.acme.example,,
routing_multi_urls,2,,,,,,,,,,,,1,2,,,https://quotes.acme.example/second,quotes.acme.example,,
";

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_originals_tables_become_rules_that_send_visitors_where_it_did(db: PgPool) {
    let app = TestApp::new(db).await;
    brand(&app).await;
    let vars = "kind,state,vars\r\nattribute,,media_code=M1|phone=%2B1555\r\n";
    assert_eq!(import_csv(&app, "acme", vars).await.status, StatusCode::OK);

    let taken = put(&app, TABLES).await;

    assert_eq!(counts(&taken), [3, 0, 0, 1]);
    assert_eq!(taken.body["findings"]["count"], 0, "{taken:?}");
    insta::assert_snapshot!(draft(&app).await, @r#"
    attribute,1,true,0,,,,,,,,,,,,,,media_code=M1|phone=+1555,
    route,2,true,0,auto,en,desktop,none,,,,,sticky,a,1,https://quotes.acme.example/auto,rater,,Everywhere
    route,3,true,0,auto,en,desktop,none,MA,,,,sticky,a,1,https://quotes.acme.example/ma?x=1,webform,,Massachusetts
    route,4,true,0,auto,en,desktop,google,,,,,rotate,1,1,https://quotes.acme.example/first,,,
    route,4,true,0,auto,en,desktop,google,,,,,rotate,2,1,https://quotes.acme.example/second,,,
    "#);
    // A state beats any, an integer's zeros are back, and parameters join an existing query, encoded.
    for (zip, location) in [
        (
            "60601",
            "https://quotes.acme.example/auto?media_code=M1&phone=%2B1555&zip_code=60601&city=Chicago&state=IL&system=marquee",
        ),
        (
            "02108",
            "https://quotes.acme.example/ma?x=1&media_code=M1&phone=%2B1555&zipcode=02108&city=Boston&state=MA&system=marquee",
        ),
    ] {
        assert_eq!(sent(&app, zip, "none").await["location"], location);
    }
    // Two took turns; each has half of the visitors, and nobody the same one for sure.
    let split = &sent(&app, "60601", "google").await["split"];
    let turns = |index: usize| {
        (
            split[index]["url"].as_str().unwrap().to_owned(),
            split[index]["percent"].as_f64().unwrap(),
            split[index]["sticky"].as_bool().unwrap(),
        )
    };
    assert_eq!(
        [turns(0), turns(1)],
        [
            ("https://quotes.acme.example/first".to_owned(), 50.0, false),
            ("https://quotes.acme.example/second".to_owned(), 50.0, false),
        ]
    );
}

/// The shape of the sheet from which the original was filled.
const SHEET: &str = "\
title,language,insurance,device,media,state,type,brand_id,brand,system,url
Everywhere,ENG,A,D,X,,1,7,Acme,rater,https://quotes.acme.example/auto
,ENG,A,D,GGL,,2,7,Acme,,https://quotes.acme.example/first
,ENG,A,D,GGL,,2,7,Acme,,https://quotes.acme.example/second
Massachusetts,ENG,A,D,X,MA,1,7,Acme,webform,https://quotes.acme.example/ma?x=1
";

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_originals_sheet_is_the_same_as_its_tables_and_keeps_their_numbers(db: PgPool) {
    let app = TestApp::new(db).await;
    brand(&app).await;
    let first = put(&app, TABLES).await;
    assert_eq!(counts(&first), [3, 0, 0, 0]);

    let again = put(&app, TABLES).await;
    assert_eq!(
        (counts(&again), &again.body["version"]),
        ([0, 0, 0, 3], &first.body["version"])
    );
    assert_eq!(counts(&put(&app, SHEET).await), [0, 0, 0, 3]);

    // Another URL is a change of the same rule; other conditions are another rule.
    let moved = SHEET.replace("/ma?x=1", "/boston");
    assert_eq!(counts(&put(&app, &moved).await), [0, 1, 0, 2]);
    let moved = moved.replace(",MA,", ",ME,");
    assert_eq!(counts(&put(&app, &moved).await), [1, 0, 1, 2]);
    insta::assert_snapshot!(draft(&app).await, @r#"
    route,1,true,0,auto,en,desktop,none,,,,,sticky,a,1,https://quotes.acme.example/auto,rater,,Everywhere
    route,3,true,0,auto,en,desktop,google,,,,,rotate,1,1,https://quotes.acme.example/first,,,
    route,3,true,0,auto,en,desktop,google,,,,,rotate,2,1,https://quotes.acme.example/second,,,
    route,4,true,0,auto,en,desktop,none,ME,,,,sticky,a,1,https://quotes.acme.example/boston,webform,,Massachusetts
    "#);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn what_an_operator_did_to_a_rule_of_the_original_stays(db: PgPool) {
    let app = TestApp::new(db).await;
    brand(&app).await;
    put(&app, SHEET).await;
    let change = json!({ "enabled": false, "note": "paused in May" });
    let request = app
        .request(Method::PATCH, "/v1/brands/acme/draft/rules/2")
        .header(header::CONTENT_TYPE, "application/merge-patch+json")
        .header(header::IF_MATCH, "*");
    let changed = app
        .send(request.body(Body::from(change.to_string())).unwrap())
        .await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");

    assert_eq!(counts(&put(&app, SHEET).await), [0, 0, 0, 3]);
}

/// One line a problem: what a person would read.
async fn told(app: &TestApp, csv: &str) -> String {
    let answer = import(
        app,
        "acme",
        "?format=original&dry_run=true",
        "text/csv",
        csv.to_owned(),
    )
    .await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let problems = answer.body["problems"]["items"].as_array().unwrap();
    let line = |problem: &Value| {
        let text = |key: &str| problem[key].as_str().unwrap_or_default();
        let meant = problem["suggestion"].as_str().map(|meant| format!(" -> {meant}"));
        let (column, code, reason) = (text("column"), text("code"), text("reason"));
        let meant = meant.unwrap_or_default();
        format!("{}:{column} [{code}] {reason}{meant}", problem["line"])
    };
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn every_bad_line_of_the_originals_is_told_with_column_reason_and_suggestion(db: PgPool) {
    let app = TestApp::new(db).await;
    brand(&app).await;
    let sheet = "\u{feff}title,language,insurance,device,media,state,type,brand,system,url\r\n\
        codes,eng,AUTO,Desk,7,ma,single,Acme,Rater,quotes.acme.example\r\n\
        empty,,A,,,NULL,1.0,Acme,,https://quotes.acme.example/{zip}\r\n\
        short,ENG,A,D,X,MA\r\n\
        unknown,FRE,Z,D,Y,MAS,3,Acme,other,https://quotes.acme.example/a\r\n\
        fine,ENG,A,D,X,MA,1,Acme,,https://quotes.acme.example/a\r\n\
        twice,ENG,A,D,X,MA,2,Acme,,https://quotes.acme.example/b\r\n\
        brand,ENG,A,D,X,NY,2,Other,,https://quotes.acme.example/b\r\n\
        system,ENG,A,D,X,NY,2,Acme,nsd,https://quotes.acme.example/c\r\n";
    insta::assert_snapshot!(told(&app, sheet).await, @r#"
    2:insurance [code_unknown] `AUTO` is no alias of a product in the brand's settings; there are `A`, `H`, `auto`, `home` -> auto
    2:language [code_unknown] `eng` is no alias of a language in the brand's settings; there are `ENG`, `ESP`, `en`, `es` -> ENG
    2:device [code_unknown] `Desk` is no alias of a device in the brand's settings; there are `D`, `M`, `mobile`, `tablet`, `desktop` -> desktop
    2:media [code_unknown] `7` is no alias of a media in the brand's settings; there are `007`, `GGL`, `X` -> 007
    2:state [state] not a state's two letters, upper case; empty or `NA` is any -> MA
    2:type [type] write `1` for a single routing or `2` for a multiple one -> 1
    2:system [system_unknown] no system of ours, and none in the brand's settings; leave it empty if nothing is appended -> rater
    2:url [url] not a URL with `https://`
    3:language [code_missing] only the state may be empty, which is any; here the original wanted an exact code
    3:device [code_missing] only the state may be empty, which is any; here the original wanted an exact code
    3:media [code_missing] only the state may be empty, which is any; here the original wanted an exact code
    3:state [state] not a state's two letters, upper case; empty or `NA` is any -> NA
    3:type [type] write `1` for a single routing or `2` for a multiple one -> 1
    3:url [url] braces mark placeholders here; percent-encode them -> https://quotes.acme.example/%7Bzip%7D
    4: [fields] 6 fields, where the header has 10
    5:insurance [code_unknown] `Z` is no alias of a product in the brand's settings; there are `A`, `H`, `auto`, `home`
    5:language [code_unknown] `FRE` is no alias of a language in the brand's settings; there are `ENG`, `ESP`, `en`, `es`
    5:media [code_unknown] `Y` is no alias of a media in the brand's settings; there are `007`, `GGL`, `X`
    5:state [state] not a state's two letters, upper case; empty or `NA` is any
    5:type [type] write `1` for a single routing or `2` for a multiple one
    5:system [system_unknown] no system of ours, and none in the brand's settings; leave it empty if nothing is appended
    7: [configuration_twice] for the same visitors as line 6, and the original took whichever came first: keep one
    8:brand [other_brand] another brand than on line 2; a file is of one brand -> Acme
    9:system [system_differs] another system on line 8
    "#);

    let tables = "\
        table,id,language,insurance,device,media,state,type,system,configuration_id,routing_multi_id,order,total,url\n\
        configuration,1,ENG,A,D,X,,1,,,,,,https://quotes.acme.example/here\n\
        configuration,2,ENG,A,D,X,NY,1,,,,,,\n\
        configuration,2,ENG,A,D,X,CA,2,,,,,,\n\
        configuration,4,ENG,A,D,X,TX,2,,,,,,\n\
        configuration,5,ENG,A,D,X,ME,1,,,,,,\n\
        configuration,6,ENG,A,D,X,ME,1,,,,,,\n\
        configuration,7,ENG,A,D,bad code,VT,1,,,,,,\n\
        configuration,8.0,ENG,A,D,X,NH,1,,,,,,\n\
        routing_single,1,,,,,,,,1,,,,https://quotes.acme.example/a\n\
        routing_single,2,,,,,,,,1,,,,https://quotes.acme.example/b\n\
        routing_single,3,,,,,,,,4,,,,https://quotes.acme.example/c\n\
        routing_single,4,,,,,,,,40,,,,https://quotes.acme.example/d\n\
        routing_single,5,,,,,,,,7,,,,https://quotes.acme.example/e\n\
        routing_multi,1,,,,,,,,4,,,3,\n\
        routing_multi_url,1,,,,,,,,,1,1,,https://quotes.acme.example/f\n\
        routing_multi_urls,1,,,,,,,,,1,1,,https://quotes.acme.example/f\n\
        routing_multi_urls,2,,,,,,,,,1,1,,https://quotes.acme.example/g\n\
        routing_multi_urls,3,,,,,,,,,9,1,,https://quotes.acme.example/h\n";
    insta::assert_snapshot!(told(&app, tables).await, @r#"
    2:url [not_empty] another table's column: leave it empty
    4:id [id_twice] the configuration stands on line 3 already
    7:id [configuration_twice] for the same visitors as line 6, and the original took whichever came first: keep one
    8:media [code_unknown] `bad code` is no alias of a media in the brand's settings; there are `007`, `GGL`, `X`
    9:id [number] write a whole number, from 1 -> 8
    16:table [table] write `configuration`, `routing_single`, `routing_multi` or `routing_multi_urls` -> routing_multi_urls
    11:configuration_id [routing_twice] the configuration on line 2 has a routing already: keep one
    12:configuration_id [type_differs] the configuration on line 5 has the other `type`
    13:configuration_id [configuration_unknown] there is no such configuration in the file
    18:order [order_twice] another URL of the routing has this order
    19:routing_multi_id [routing_unknown] there is no such `routing_multi` in the file
    15:total [total] the routing has 2 URLs -> 2
    3: [routing_missing] the configuration leads nowhere: give it a routing with a URL, or leave it out
    6: [routing_missing] the configuration leads nowhere: give it a routing with a URL, or leave it out
    "#);

    let mut headers = String::new();
    for header in [
        "title;language\n",
        "Language,insurance,device,media,type,system,urls,status\n",
        "table,language,insurance,device,media,state,type,type,system,url\n",
    ] {
        headers += &told(&app, header).await;
        headers += "\n--\n";
    }
    insta::assert_snapshot!(headers, @r#"
    1: [separator] the columns are not separated by commas; save the file as comma-separated UTF-8
    --
    1:Language [column_unknown] the original's tables have no such column -> language
    1:urls [column_unknown] the original's tables have no such column -> url
    1:status [column_unknown] the original's tables have no such column
    1:language [column_missing] the column `language` is missing
    1:state [column_missing] the column `state` is missing
    1:url [column_missing] the column `url` is missing
    --
    1:type [column_twice] the column stands twice
    1:id [column_missing] the column `id` is missing
    1:configuration_id [column_missing] the column `configuration_id` is missing
    --
    "#);
}

#[sqlx::test(migrator = "marquee_core::MIGRATOR")]
async fn the_originals_shape_is_csv_only(db: PgPool) {
    let app = TestApp::new(db).await;
    brand(&app).await;
    let json = import(&app, "acme", "?format=original", "application/json", "[]").await;
    assert_eq!(json.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{json:?}");
    let other = import(&app, "acme", "?format=other", "text/csv", SHEET).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST, "{other:?}");
}
