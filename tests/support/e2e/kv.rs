use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use url::Url;

use super::client;

/// Workers KV through the same REST API as the core's, without the core.
#[derive(Clone)]
pub struct Kv {
    /// `…/storage/kv/namespaces/{namespace}`.
    namespace: String,
}

impl Kv {
    pub fn new(api: &Url, namespace: &str) -> Self {
        let api = api.as_str().trim_end_matches('/');
        Self {
            namespace: format!("{api}/storage/kv/namespaces/{namespace}"),
        }
    }

    pub async fn get(&self, key: &str) -> Option<Vec<u8>> {
        let answer = self.call(Method::GET, key, Vec::new()).await;
        if answer.status() == StatusCode::NOT_FOUND {
            return None;
        }
        assert!(answer.status().is_success(), "reading {key}: {}", answer.status());
        Some(answer.bytes().await.expect("a value").to_vec())
    }

    pub async fn put(&self, key: &str, value: Vec<u8>) {
        let answer = self.call(Method::PUT, key, value).await;
        assert!(answer.status().is_success(), "writing {key}: {}", answer.status());
    }

    pub async fn delete(&self, key: &str) {
        let answer = self.call(Method::DELETE, key, Vec::new()).await;
        assert!(
            answer.status().is_success(),
            "deleting {key}: {}",
            answer.status()
        );
    }

    /// Every key with its value.
    pub async fn all(&self) -> BTreeMap<String, Vec<u8>> {
        let answer = client()
            .get(format!("{}/keys", self.namespace))
            .send()
            .await
            .expect("the KV API");
        let list: Value = serde_json::from_slice(&answer.bytes().await.expect("a list")).expect("JSON");
        let mut all = BTreeMap::new();
        for key in list["result"]
            .as_array()
            .unwrap_or_else(|| panic!("a list of keys: {list}"))
        {
            let key = key["name"].as_str().expect("a key's name");
            // It may be gone since.
            if let Some(value) = self.get(key).await {
                all.insert(key.to_owned(), value);
            }
        }
        all
    }

    async fn call(&self, method: Method, key: &str, value: Vec<u8>) -> reqwest::Response {
        let url = format!("{}/values/{}", self.namespace, key.replace('/', "%2F"));
        client()
            .request(method, url)
            .body(value)
            .send()
            .await
            .expect("the KV API")
    }
}
