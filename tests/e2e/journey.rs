//! A visitor's whole way, and an operator's: rules come in by the command line, visitors are sent on by them, and
//! come back as counted hits.

use std::fs;
use std::path::PathBuf;

use marquee_tests::e2e::{Api, EdgeAnswer, Platform};
use marquee_tests::eventually;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::SOON;
use super::brand::{rules, settings};
use super::convergence::converged;

const CSV: &str = "kind,rule,state,zip,product,url,system,vars,note\r
route,1,,,auto,https://quotes.acme.example/auto?lang={language},rater,,everybody\r
route,2,CA,,auto,\"https://quotes.acme.example/golden,state\",rater,,\r
route,3,,02108|021*,auto,https://quotes.acme.example/boston?zip={zip},,,leading zeros\r
attribute,5,,,,,,media_code=M1|phone=800-555-0100,\r
";

/// What happens to one brand, step by step.
struct Journey {
    platform: Platform,
    api: Api,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_are_imported_published_answered_by_counted_rolled_back_and_switched_off() {
    let platform = Platform::start("journey").await;
    let api = platform.core.api();
    let journey = Journey { platform, api };
    journey.import_json();
    assert_eq!(journey.publish(), 1);
    let hits = journey.visit().await;
    journey.hits_are_counted(&hits).await;
    journey.import_csv();
    assert_eq!(journey.publish(), 2);
    journey.csv_rules_answer().await;
    journey.roll_back().await;
    journey.switch_off_and_on().await;
    journey.verbs_say_how_they_ended();
}

impl Journey {
    fn file(&self, name: &str, text: &str) -> String {
        let path: PathBuf = self.platform.folder().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn import_json(&self) {
        let mut settings = settings("acme");
        settings["fallback_url"] = json!("https://quotes.acme.example/fallback");
        settings["products"][1]["fallback_url"] = Value::Null;
        let file = self.file("settings.json", &settings.to_string());
        let core = &self.platform.core;
        let made = core
            .run(&["brands", "create", "acme", "--settings", &file, "--json"])
            .json();
        assert_eq!(made["code"], "acme");
        // Much will change, and here is one operator only.
        let policy = [
            "brands",
            "policy",
            "acme",
            "--max-changed-percent",
            "100",
            "--json",
        ];
        assert_eq!(core.run(&policy).json()["max_changed_percent"], 100);
        // Without a fallback a ZIP can be lost.
        settings["fallback_url"] = Value::Null;
        let whole = json!({ "brand": "acme", "settings": settings, "rules": rules("acme", "first") });
        let file = self.file("acme.json", &whole.to_string());
        let report = core.run(&["rules", "import", "acme", &file, "--json"]).json();
        assert_eq!(
            (&report["rules"], &report["added"]),
            (&json!(5), &json!(5)),
            "{report}"
        );
        let frozen = core
            .run(&["rules", "freeze", "acme", "--note", "the first", "--json"])
            .json();
        assert_eq!(
            (&frozen["number"], &frozen["rules"]),
            (&json!(1), &json!(5)),
            "{frozen}"
        );
    }

    fn import_csv(&self) {
        let file = self.file("rules.csv", CSV);
        let core = &self.platform.core;
        let report = core.run(&["rules", "import", "acme", &file, "--json"]).json();
        let counts = ["rules", "added", "changed", "removed"].map(|name| report[name].as_u64());
        assert_eq!(counts, [Some(4), Some(0), Some(3), Some(1)], "{report}");
        let exported = self.file("exported.csv", "");
        core.run(&["rules", "export", "acme", "--output", &exported]);
        let again = core.run(&["rules", "import", "acme", &exported, "--json"]).json();
        assert_eq!(
            again["unchanged"], 4,
            "what is exported is what was imported: {again}"
        );
    }

    /// The revision that KV holds by now.
    fn publish(&self) -> u64 {
        let publish = ["rules", "publish", "acme", "--note", "e2e", "--wait", "--json"];
        let published = self.platform.core.run(&publish).json();
        assert_eq!(published["at_the_edge"], true);
        published["revision"].as_u64().unwrap()
    }

    async fn answers_by(&self, revision: u32, path: &str) -> EdgeAnswer {
        eventually(&format!("revision {revision} answers {path}"), SOON, async || {
            let answer = self.platform.edge.get(path).await;
            if answer.revision() == Some(revision) {
                Ok(answer)
            } else {
                Err(format!("{answer:?}"))
            }
        })
        .await
    }

    /// Visitors of each kind; returns their hits.
    async fn visit(&self) -> Vec<String> {
        let edge = &self.platform.edge;
        let redirected = self
            .answers_by(1, "/go/acme/auto?zip=10001&utm_source=mail&gclid=x")
            .await;
        assert_eq!(redirected.status, StatusCode::FOUND);
        let url = "https://quotes.acme.example/first?media_code=M1&phone=800-555-0100&zip_code=10001&city=New%20York\
                   &state=NY&system=atalaya&utm_source=mail";
        assert_eq!(redirected.location(), Some(url));
        assert_eq!(redirected.header("cache-control"), Some("private, no-store"));

        let json = edge.get("/go/acme/auto?zip=90210&format=json&lang=es").await;
        assert_eq!(json.status, StatusCode::OK);
        let body = json.json();
        assert_eq!(
            (&body["rule"], &body["state"], &body["language"]),
            (&json!(2), &json!("CA"), &json!("es"))
        );
        assert_eq!(body["hit"], json.hit().unwrap());

        let process = json!({ "language": "E", "insurance": "ins-a", "device": "D", "media": "", "brand": "acme",
            "zip_code": 2108, "ip": "203.0.113.7" });
        let process = edge.post("/generator/process", &process).await;
        assert_eq!(process.status, StatusCode::OK, "{process:?}");
        let body = process.json();
        assert_eq!(
            (&body["success"], &body["data"]["zip_code"]),
            (&json!(true), &json!("02108")),
            "{body}"
        );
        assert_eq!(
            (&body["data"]["state"], &body["data"]["media_code"]),
            (&json!("MA"), &json!("M1")),
            "{body}"
        );

        let lost = edge.get("/go/acme/home?zip=90210&format=json").await;
        assert_eq!(
            (lost.status, &lost.json()["code"]),
            (StatusCode::NOT_FOUND, &json!("no_rule")),
            "{lost:?}"
        );
        [redirected, json, process, lost]
            .iter()
            .map(|answer| answer.hit().unwrap().to_owned())
            .collect()
    }

    async fn hits_are_counted(&self, hits: &[String]) {
        let stored = eventually("the hits are counted", SOON, async || {
            let stored = self.api.list("/v1/hits/recent?brand=acme").await;
            let all = hits.iter().all(|id| stored.iter().any(|hit| hit["id"] == **id));
            if all { Ok(stored) } else { Err(json!(stored)) }
        })
        .await;
        let total = self.api.get("/v1/hits?brand=acme&group_by=outcome").await;
        assert_eq!(total["hits"], stored.len(), "{total}");
        let lost = self.api.get("/v1/lost-zips?brand=acme").await;
        let lost = &lost["items"][0];
        assert_eq!(
            (&lost["zip"], &lost["state"], &lost["hits"]),
            (&json!("90210"), &json!("CA"), &json!(1))
        );
        let shown = self
            .platform
            .core
            .run(&["hits", "lost", "--brand", "acme", "--json"])
            .json();
        assert_eq!(&shown["items"][0], lost, "the command line says the same");
    }

    async fn csv_rules_answer(&self) {
        let answer = self.answers_by(2, "/go/acme/auto?zip=02108").await;
        assert_eq!(
            answer.location(),
            Some("https://quotes.acme.example/boston?zip=02108")
        );
        let answer = self.platform.edge.get("/go/acme/auto?zip=90210").await;
        assert!(
            answer
                .location()
                .unwrap()
                .starts_with("https://quotes.acme.example/golden,state?"),
            "{answer:?}"
        );
    }

    async fn roll_back(&self) {
        let back = self
            .platform
            .core
            .run(&["rules", "rollback", "acme", "1", "--wait", "--json"])
            .json();
        let answer = self.answers_by(1, "/go/acme/auto?zip=10001").await;
        assert!(
            answer
                .location()
                .unwrap()
                .starts_with("https://quotes.acme.example/first?"),
            "{answer:?}"
        );
        let manifest = converged(&self.platform, &self.api).await;
        assert_eq!(
            back["sequence"], manifest.sequence,
            "an old revision, under a new sequence"
        );
        assert!(manifest.sequence > 2, "{}", manifest.sequence);
        let status = self.platform.core.run(&["rules", "status", "--json"]).json();
        assert_eq!(status["status"], "synced");
    }

    async fn switch_off_and_on(&self) {
        let core = &self.platform.core;
        // Revision 1 has no fallback: the kill switch has nowhere to send visitors.
        let mode = json!({ "mode": "fallback", "note": "e2e" });
        let (status, answer) = self
            .api
            .call(Method::PUT, "/v1/brands/acme/mode", Some(mode))
            .await
            .unwrap();
        assert!(status.is_success(), "{answer}");
        eventually("the switch is thrown", SOON, async || {
            let health = self.platform.edge.health("acme").await;
            if health["brand"]["mode"] == "fallback" {
                Ok(())
            } else {
                Err(health)
            }
        })
        .await;
        let answer = self
            .platform
            .edge
            .get("/go/acme/auto?zip=10001&format=json")
            .await;
        assert_eq!(
            (answer.status, answer.location()),
            (StatusCode::NOT_FOUND, None),
            "{answer:?}"
        );
        core.run(&["brands", "mode", "acme", "rules", "--wait", "--json"]);
        self.answers_by(1, "/go/acme/auto?zip=10001").await;
    }

    fn verbs_say_how_they_ended(&self) {
        let core = &self.platform.core;
        let code = |verb: &[&str]| core.cli(verb).code;
        assert_eq!(
            code(&["rules", "publish", "nobody", "--json"]),
            Some(1),
            "failed: there is no such brand"
        );
        assert_eq!(code(&["rules", "publish"]), Some(2), "wrong usage");
        assert_eq!(code(&["no-such-verb"]), Some(2), "wrong usage");
        assert_eq!(code(&["hits", "totals", "--json"]), Some(0));
        let eaten = self.file(
            "eaten.csv",
            "kind,rule,zip,product,url\r\nroute,1,2108,auto,https://quotes.acme.example/\r\n",
        );
        let refused = core.cli(&["rules", "import", "acme", &eaten, "--json"]);
        assert_eq!(
            refused.code,
            Some(1),
            "a leading zero that a spreadsheet ate: {refused:?}"
        );
        let problem = &refused.json()["problems"]["items"][0];
        assert_eq!(
            (&problem["line"], &problem["suggestion"]),
            (&json!(2), &json!("02108")),
            "{problem}"
        );
        let repaired = core.cli(&[
            "rules",
            "import",
            "acme",
            &eaten,
            "--repair-zips",
            "--dry-run",
            "--json",
        ]);
        assert_eq!(
            repaired.code,
            Some(3),
            "done, with something to look at: {repaired:?}"
        );
        let failed = core.cli(&["rules", "import", "acme", "missing.csv"]);
        assert!(
            failed.code == Some(1) && failed.errors.starts_with("marquee: ") && failed.out.is_empty(),
            "{failed:?}"
        );
    }
}
