use std::process::Stdio;
use std::time::Duration;

use marquee_core::adapters::stripe::Stripe;
use marquee_core::config;
use reqwest::Client;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use crate::process::root;

/// Stripe by localstripe, on a port of its own; see `stripe_server.py` for what is between. Stops when it is dropped.
pub struct StripeServer {
    url: String,
    client: Client,
    _input: ChildStdin,
    _process: Child,
}

impl StripeServer {
    pub const SECRET: &str = "whsec_new";

    /// Needs what `cargo xtask test` installs.
    pub async fn start() -> Self {
        let mut process = Command::new(root().join("target/tools/localstripe/bin/python"))
            .arg("tests/support/stripe_server.py")
            .current_dir(root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("localstripe starts: `cargo xtask test` installs it");
        let input = process.stdin.take().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().expect("localstripe starts");
        let ready: Value = serde_json::from_str(&line).unwrap();
        // Plain HTTP, and yet a client is not made without.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            url: format!("http://127.0.0.1:{}", ready["port"]),
            client: Client::new(),
            _input: input,
            _process: process,
        }
    }

    /// As the configuration has it.
    pub fn settings(&self) -> config::Stripe {
        config::Stripe {
            api_url: self.url.parse().unwrap(),
            secret_key: SecretString::from("sk_test_12345"),
            webhook_secrets: [Self::SECRET, "whsec_old"].map(SecretString::from).to_vec(),
            publishable_key: "pk_test_12345".to_owned(),
        }
    }

    pub fn adapter(&self) -> Stripe {
        Stripe::new(&self.settings(), "https://site.test/paid".to_owned()).unwrap()
    }

    /// With less patience.
    pub fn hasty_adapter(&self) -> Stripe {
        let back = "https://site.test/paid".to_owned();
        Stripe::with_timeout(&self.settings(), back, Duration::from_secs(3)).unwrap()
    }

    /// What no client of Stripe's could do.
    pub async fn test(&self, what: &str, body: Value) -> Value {
        let url = format!("{}/_test/{what}", self.url);
        let answer = self.client.post(url).json(&body).send().await.unwrap();
        assert!(
            answer.status().is_success(),
            "{what}: {}",
            answer.text().await.unwrap()
        );
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    /// The next calls go wrong, one after the other.
    pub async fn break_with(&self, faults: &[&str]) {
        self.test("faults", json!({ "faults": faults })).await;
    }

    /// How often something was done.
    pub async fn calls(&self) -> usize {
        self.test("look", json!({})).await["calls"]
            .as_array()
            .unwrap()
            .len()
    }
}
