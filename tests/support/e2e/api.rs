use reqwest::{Method, StatusCode};
use serde_json::Value;
use url::Url;

use super::client;

/// The core's API, as a program with a key sees it.
#[derive(Clone)]
pub struct Api {
    url: Url,
    token: String,
}

impl Api {
    pub fn new(url: Url, token: &str) -> Self {
        Self {
            url,
            token: token.to_owned(),
        }
    }

    /// What `path` shows.
    ///
    /// # Panics
    /// When the answer is not 200.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self
            .call(Method::GET, path, None)
            .await
            .expect("the core answers");
        assert_eq!(answer.0, StatusCode::OK, "GET {path}: {}", answer.1);
        answer.1
    }

    /// Every item of a list, page by page.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let separator = if path.contains('?') { '&' } else { '?' };
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let mut page = self.get(&format!("{path}{separator}limit=100{cursor}")).await;
            match page["items"].take() {
                Value::Array(more) => items.extend(more),
                other => panic!("GET {path} has no items: {other}"),
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return items,
            }
        }
    }

    /// Does something; whatever is answered comes back.
    pub async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        self.call(Method::POST, path, Some(body))
            .await
            .expect("the core answers")
    }

    /// Any request; a change of a draft accepts any version of it.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> reqwest::Result<(StatusCode, Value)> {
        let call = client()
            .request(method, self.url.join(path).expect("a path"))
            .bearer_auth(&self.token)
            .header("if-match", "*");
        let call = match body {
            Some(body) => call.json(&body),
            None => call,
        };
        let answer = call.send().await?;
        let status = answer.status();
        let body = answer.bytes().await?;
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }
}
