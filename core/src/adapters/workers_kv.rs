//! Workers KV through Cloudflare's REST API.

use async_trait::async_trait;
use reqwest::{Client, StatusCode};
use secrecy::ExposeSecret;

use crate::config;
use crate::redirects::{EdgeKv, KvError};

pub struct WorkersKv {
    client: Client,
    settings: config::Kv,
}

impl WorkersKv {
    pub fn new(settings: &config::Kv) -> anyhow::Result<Self> {
        let client = Client::builder()
            .timeout(std::time::Duration::from_secs(30))
            .build()?;
        Ok(Self {
            client,
            settings: settings.clone(),
        })
    }

    fn url(&self, key: &str) -> Result<reqwest::Url, KvError> {
        let base = self.settings.api_url.as_str().trim_end_matches('/');
        let mut url = reqwest::Url::parse(base).map_err(permanent)?;
        let (account, namespace) = (&self.settings.account_id, &self.settings.namespace_id);
        url.path_segments_mut()
            .map_err(|()| permanent("the base URL cannot have a path"))?
            .extend([
                "accounts",
                account,
                "storage",
                "kv",
                "namespaces",
                namespace,
                "values",
                key,
            ]);
        Ok(url)
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, KvError> {
        let token = self.settings.api_token.expose_secret();
        request.bearer_auth(token).send().await.map_err(|error| KvError {
            message: error.without_url().to_string(),
            retryable: true,
        })
    }
}

fn permanent(error: impl std::fmt::Display) -> KvError {
    KvError {
        message: error.to_string(),
        retryable: false,
    }
}

fn check(response: reqwest::Response) -> Result<reqwest::Response, KvError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let retryable = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    Err(KvError {
        message: format!("answered {status}"),
        retryable,
    })
}

#[async_trait]
impl EdgeKv for WorkersKv {
    async fn put(&self, key: &str, value: Vec<u8>) -> Result<(), KvError> {
        check(self.send(self.client.put(self.url(key)?).body(value)).await?).map(drop)
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, KvError> {
        let response = self.send(self.client.get(self.url(key)?)).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let bytes = check(response)?.bytes().await.map_err(|error| KvError {
            message: error.without_url().to_string(),
            retryable: true,
        })?;
        Ok(Some(bytes.to_vec()))
    }

    async fn delete(&self, key: &str) -> Result<(), KvError> {
        check(self.send(self.client.delete(self.url(key)?)).await?).map(drop)
    }
}
