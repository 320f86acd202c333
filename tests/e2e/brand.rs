use marquee_tests::e2e::{Api, Edge, EdgeAnswer};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// The ZIP whose form changes with every draft, and from which every probe comes.
pub(crate) const PROBE: &str = "10001";

/// A brand of a test's own on a platform.
#[derive(Clone)]
pub(crate) struct Brand {
    api: Api,
    pub(crate) code: String,
}

/// What a publish promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Published {
    pub(crate) revision: u32,
    pub(crate) sequence: u64,
}

impl Brand {
    /// With its settings and no rules. One person may send all of its traffic elsewhere, which is what probes are.
    pub(crate) async fn create(api: &Api, code: &str) -> Self {
        let body = json!({ "code": code, "name": code, "settings": settings(code) });
        let (status, answer) = api.post("/v1/brands", body).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        let policy = json!({ "max_changed_percent": 100 });
        let path = format!("/v1/brands/{code}/policy");
        let set = api.call(Method::PUT, &path, Some(policy)).await;
        let (status, answer) = set.expect("the core answers");
        assert_eq!(status, StatusCode::OK, "{answer}");
        Self {
            api: api.clone(),
            code: code.to_owned(),
        }
    }

    /// With a first revision at the edge.
    pub(crate) async fn live(api: &Api, edge: &Edge, code: &str) -> Self {
        let brand = Self::create(api, code).await;
        brand.draft("first").await.expect("a draft");
        let published = brand.publish().await.expect("an answer").expect("published");
        brand.answers_by(edge, published.revision).await;
        brand
    }

    /// The same brand through a core that was started again.
    pub(crate) fn through(&self, api: &Api) -> Self {
        Self {
            api: api.clone(),
            code: self.code.clone(),
        }
    }

    /// Puts rules into the draft by which [`PROBE`] goes to `/{form}`.
    ///
    /// # Errors
    /// No answer came.
    pub(crate) async fn draft(&self, form: &str) -> reqwest::Result<()> {
        let path = format!("/v1/brands/{}/draft/rules", self.code);
        let (status, answer) = self
            .api
            .call(Method::PUT, &path, Some(rules(&self.code, form)))
            .await?;
        assert_eq!(status, StatusCode::OK, "{answer}");
        Ok(())
    }

    /// Freezes the draft.
    ///
    /// # Errors
    /// No answer came.
    pub(crate) async fn freeze(&self) -> reqwest::Result<(StatusCode, Value)> {
        let path = format!("/v1/brands/{}/revisions", self.code);
        self.api
            .call(Method::POST, &path, Some(json!({ "note": "e2e" })))
            .await
    }

    /// Publishes the draft; the inner error is a refusal.
    ///
    /// # Errors
    /// No answer came: it may have happened or not.
    pub(crate) async fn publish(&self) -> reqwest::Result<Result<Published, Value>> {
        let path = format!("/v1/brands/{}/publish", self.code);
        let (status, answer) = self
            .api
            .call(Method::POST, &path, Some(json!({ "note": "e2e" })))
            .await?;
        if status != StatusCode::CREATED {
            return Ok(Err(answer));
        }
        let number = |name: &str| {
            answer[name]
                .as_u64()
                .unwrap_or_else(|| panic!("{name} in {answer}"))
        };
        let revision = u32::try_from(number("revision")).unwrap();
        Ok(Ok(Published {
            revision,
            sequence: number("sequence"),
        }))
    }

    /// The live revision, as the database has it.
    pub(crate) async fn live_revision(&self) -> Option<u32> {
        let brand = self.api.get(&format!("/v1/brands/{}", self.code)).await;
        u32::try_from(brand["live"]["revision"].as_u64()?).ok()
    }

    /// Waits until visitors are answered by `revision`; returns such an answer.
    pub(crate) async fn answers_by(&self, edge: &Edge, revision: u32) -> EdgeAnswer {
        let what = format!("{} answers by revision {revision}", self.code);
        marquee_tests::eventually(&what, super::SOON, async || {
            let answer = edge.get(&self.probe()).await;
            let right = answer.revision() == Some(revision);
            if right {
                Ok(answer)
            } else {
                Err(format!("{} by {:?}", answer.status, answer.revision()))
            }
        })
        .await
    }

    /// What a visitor in [`PROBE`] asks for.
    pub(crate) fn probe(&self) -> String {
        format!("/go/{}/auto?zip={PROBE}", self.code)
    }
}

/// Two products, two languages, a form for everybody in `auto`, and none for `home` outside New York.
pub(crate) fn settings(code: &str) -> Value {
    json!({
        "hosts": [format!("go.{code}.example")],
        "origins": [format!("https://www.{code}.example")],
        "languages": ["en", "es"],
        "default_language": "en",
        "destinations": [format!("quotes.{code}.example")],
        "pass_query": ["utm_*"],
        "system_value": "atalaya",
        "products": [{ "code": "auto", "name": "Car insurance" }, { "code": "home", "name": "Home insurance" }],
        "aliases": { "product": { "ins-a": "auto" }, "language": { "E": "en" }, "device": { "D": "desktop" } }
    })
}

/// By these, [`PROBE`] goes to `/{form}` for `auto`.
pub(crate) fn rules(code: &str, form: &str) -> Value {
    let route = |rule: u32, when: Value, path: &str| {
        let url = format!("https://quotes.{code}.example/{path}");
        let variants = json!([{ "name": "a", "weight": 1, "url": url, "system": "rater" }]);
        json!({ "kind": "route", "rule": rule, "when": when, "target": { "split": "sticky", "variants": variants } })
    };
    json!([
        route(1, json!({ "product": ["auto"] }), "auto?lang={language}"),
        route(2, json!({ "product": ["auto"], "state": ["CA"] }), "california"),
        route(3, json!({ "product": ["auto"], "zip": [PROBE] }), form),
        route(4, json!({ "product": ["home"], "state": ["NY"] }), "home"),
        json!({ "kind": "attribute", "rule": 5, "vars": { "media_code": "M1", "phone": "800-555-0100" } }),
    ])
}
