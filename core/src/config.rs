//! Everything the process is told from outside, read and checked once. Nothing else reads the environment.
//!
//! Each setting is a flag and a variable. What a developer's machine needs has a default, which holds only
//! for `MARQUEE_ENV=local`: elsewhere an unset value, or a value everybody knows, refuses to start.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use ed25519_dalek::SigningKey;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// The name of the environment in which development defaults hold.
pub const LOCAL: &str = "local";

const LOCAL_DATABASE_URL: &str = "postgres://postgres@127.0.0.1:5432/marquee";
const LOCAL_BASE_URL: &str = "http://127.0.0.1:8080";
/// Known to everybody: good for nothing but a developer's machine.
const LOCAL_SIGNING_KEY: &str = "local-1:bWFycXVlZS1sb2NhbC1kZXZlbG9wbWVudC1zZWVkLTE";
const LOCAL_KV_URL: &str = "http://127.0.0.1:8787/cdn-cgi/explorer/api";
const LOCAL_QUEUE_URL: &str = "http://127.0.0.1:4566/000000000000/marquee-hits";
const LOCAL_SQS_URL: &str = "http://127.0.0.1:4566";

/// What clap reads; [`Settings::validate`] makes a [`Config`] of it.
#[derive(Args, Debug)]
pub struct Settings {
    /// Name of this environment; `local` brings development defaults
    #[arg(long, env = "MARQUEE_ENV", global = true)]
    pub env: Option<String>,
    /// Postgres
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<SecretString>,
    /// Most connections held to Postgres; a worker keeps one per role for itself
    #[arg(long, env = "MARQUEE_POOL_SIZE", default_value_t = 16, global = true)]
    pub pool_size: u32,
    /// Where the API listens
    #[arg(long, env = "MARQUEE_LISTEN", default_value = "127.0.0.1:8080", global = true)]
    pub listen: SocketAddr,
    /// Where /metrics, /healthz and /readyz are answered apart from the API, for those who run it; without
    /// this there is /metrics only in a local environment, on the API's own address
    #[arg(long, env = "MARQUEE_METRICS_LISTEN", global = true)]
    pub metrics_listen: Option<SocketAddr>,
    /// What to log: `info`, or `info,marquee_core::hits=debug`
    #[arg(long, env = "MARQUEE_LOG", default_value = "info", global = true)]
    pub log: String,
    /// How many seconds the process takes at most to stop, once it is asked to
    #[arg(long, env = "MARQUEE_STOP_SECONDS", default_value_t = 25, global = true,
        value_parser = clap::value_parser!(u64).range(6..=600))]
    pub stop_seconds: u64,
    /// How many seconds a request may take before its client is told to come again; what it began goes on
    #[arg(long, env = "MARQUEE_REQUEST_SECONDS", default_value_t = 30, global = true,
        value_parser = clap::value_parser!(u64).range(1..=600))]
    pub request_seconds: u64,
    /// How many requests are answered at once; one more is told to come again
    #[arg(long, env = "MARQUEE_REQUESTS_AT_ONCE", default_value_t = 256, global = true,
        value_parser = clap::value_parser!(u16).range(1..))]
    pub requests_at_once: u16,
    /// How clients reach the API
    #[arg(long, env = "MARQUEE_BASE_URL", global = true)]
    pub base_url: Option<Url>,
    /// Keys that sign the manifest, as `key_id:base64url-seed`, separated by commas; all of them sign
    #[arg(long, env = "MARQUEE_SIGNING_KEY", hide_env_values = true, global = true)]
    pub signing_key: Option<SecretString>,
    /// Cloudflare's API, or wrangler's local explorer API
    #[arg(long, env = "CLOUDFLARE_API_URL", global = true)]
    pub cloudflare_api_url: Option<Url>,
    #[arg(long, env = "CLOUDFLARE_API_TOKEN", hide_env_values = true, global = true)]
    pub cloudflare_api_token: Option<SecretString>,
    #[arg(long, env = "CLOUDFLARE_ACCOUNT_ID", global = true)]
    pub cloudflare_account_id: Option<String>,
    #[arg(long, env = "CLOUDFLARE_KV_NAMESPACE_ID", global = true)]
    pub cloudflare_kv_namespace_id: Option<String>,
    /// SQS when it is not AWS's own
    #[arg(long, env = "SQS_ENDPOINT_URL", global = true)]
    pub sqs_endpoint_url: Option<Url>,
    /// The queue that brings hits
    #[arg(long, env = "SQS_QUEUE_URL", global = true)]
    pub sqs_queue_url: Option<Url>,
    /// Abort the process at the n-th pass of a fault point, as `name:n`; only where MARQUEE_ENV is local
    #[arg(long, env = "MARQUEE_FAULT", global = true)]
    pub fault: Option<String>,
}

/// Settings that have been checked.
#[derive(Clone, Debug)]
pub struct Config {
    pub env: String,
    pub database_url: SecretString,
    pub pool_size: u32,
    pub listen: SocketAddr,
    pub metrics_listen: Option<SocketAddr>,
    pub log: String,
    /// How long stopping may take.
    pub stop_within: Duration,
    /// How long a request may take.
    pub answer_within: Duration,
    pub requests_at_once: usize,
    pub base_url: Url,
    pub signing_keys: SigningKeys,
    pub kv: Kv,
    pub sqs: Sqs,
    pub fault: Option<Fault>,
}

/// Workers KV as Cloudflare's API addresses it.
#[derive(Clone, Debug)]
pub struct Kv {
    pub api_url: Url,
    pub api_token: SecretString,
    /// `None`: wrangler's local store, which has no accounts and no such part in its paths.
    pub account_id: Option<String>,
    pub namespace_id: String,
}

#[derive(Clone, Debug)]
pub struct Sqs {
    /// `None`: AWS's own, with the region and credentials of the AWS SDK's usual chain.
    pub endpoint_url: Option<Url>,
    pub queue_url: Url,
    /// The endpoint is an emulator, which takes any credentials.
    pub emulated: bool,
}

/// Where the process is to abort: at the `pass`-th time it comes by `point`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub point: String,
    pub pass: u32,
}

/// Ed25519 keys with their ids, in the order given. Never empty; `Debug` shows the ids only.
#[derive(Clone)]
pub struct SigningKeys(Vec<(String, SigningKey)>);

impl SigningKeys {
    pub fn as_slice(&self) -> &[(String, SigningKey)] {
        &self.0
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(id, _)| id)).finish()
    }
}

/// A setting that cannot be worked with, and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{0} is not set: {1}; for a developer's machine set MARQUEE_ENV=local")]
    Missing(&'static str, &'static str),
    #[error("{0} has its development value, which everybody knows: set a real one in {1}")]
    Development(&'static str, String),
    #[error("{0}: {1}")]
    Invalid(&'static str, String),
}

impl Config {
    pub fn is_local(&self) -> bool {
        self.env == LOCAL
    }
}

impl Settings {
    /// Applies the defaults of a local environment and refuses what must not be guessed elsewhere.
    pub fn validate(self) -> Result<Config, ConfigError> {
        let env = self
            .env
            .filter(|env| !env.is_empty())
            .ok_or(ConfigError::Missing(
                "MARQUEE_ENV",
                "name the environment, such as production",
            ))?;
        let defaults = Defaults { env: &env };

        let database_url = defaults.secret(
            "DATABASE_URL",
            self.database_url,
            LOCAL_DATABASE_URL,
            "give the address of Postgres, postgres://user:password@host/database",
        )?;
        let base_url = defaults.url(
            "MARQUEE_BASE_URL",
            self.base_url,
            LOCAL_BASE_URL,
            "give the address by which clients reach the API",
        )?;
        let signing_key = defaults.secret(
            "MARQUEE_SIGNING_KEY",
            self.signing_key,
            LOCAL_SIGNING_KEY,
            "make a 32-byte seed and give it as key_id:base64url-seed",
        )?;
        let signing_keys = parse_signing_keys(&signing_key, env == LOCAL)?;
        let kv = Kv {
            api_url: defaults.url(
                "CLOUDFLARE_API_URL",
                self.cloudflare_api_url,
                LOCAL_KV_URL,
                "usually https://api.cloudflare.com/client/v4",
            )?,
            api_token: defaults.secret(
                "CLOUDFLARE_API_TOKEN",
                self.cloudflare_api_token,
                "local",
                "make a token that may edit Workers KV",
            )?,
            account_id: match self.cloudflare_account_id.filter(|id| !id.is_empty()) {
                None if env != LOCAL => {
                    let remedy = "give the account that owns the namespace";
                    return Err(ConfigError::Missing("CLOUDFLARE_ACCOUNT_ID", remedy));
                }
                given => given,
            },
            namespace_id: defaults.text(
                "CLOUDFLARE_KV_NAMESPACE_ID",
                self.cloudflare_kv_namespace_id,
                "local",
                "give the namespace that the Worker reads",
            )?,
        };
        let sqs = Sqs {
            endpoint_url: match self.sqs_endpoint_url {
                None if env == LOCAL => Some(parse_url("SQS_ENDPOINT_URL", LOCAL_SQS_URL)?),
                given => given,
            },
            queue_url: defaults.url(
                "SQS_QUEUE_URL",
                self.sqs_queue_url,
                LOCAL_QUEUE_URL,
                "give the queue that brings hits",
            )?,
            emulated: env == LOCAL,
        };
        let fault = match self.fault.as_deref().filter(|fault| !fault.is_empty()) {
            None => None,
            Some(_) if env != LOCAL => {
                return Err(ConfigError::Invalid(
                    "MARQUEE_FAULT",
                    format!("faults are for MARQUEE_ENV=local, this is {env}: unset it"),
                ));
            }
            Some(text) => Some(parse_fault(text)?),
        };

        Ok(Config {
            database_url,
            pool_size: self.pool_size,
            listen: self.listen,
            metrics_listen: self.metrics_listen,
            log: self.log,
            stop_within: Duration::from_secs(self.stop_seconds),
            answer_within: Duration::from_secs(self.request_seconds),
            requests_at_once: self.requests_at_once.into(),
            base_url,
            signing_keys,
            kv,
            sqs,
            fault,
            env,
        })
    }
}

/// What is given, or what a local environment makes of nothing.
struct Defaults<'a> {
    env: &'a str,
}

impl Defaults<'_> {
    fn text(
        &self,
        name: &'static str,
        given: Option<String>,
        local: &str,
        remedy: &'static str,
    ) -> Result<String, ConfigError> {
        match given.filter(|text| !text.is_empty()) {
            Some(text) if text == local && self.env != LOCAL => {
                Err(ConfigError::Development(name, self.env.to_owned()))
            }
            Some(text) => Ok(text),
            None if self.env == LOCAL => Ok(local.to_owned()),
            None => Err(ConfigError::Missing(name, remedy)),
        }
    }

    fn secret(
        &self,
        name: &'static str,
        given: Option<SecretString>,
        local: &str,
        remedy: &'static str,
    ) -> Result<SecretString, ConfigError> {
        let given = given.map(|secret| secret.expose_secret().to_owned());
        self.text(name, given, local, remedy).map(SecretString::from)
    }

    fn url(
        &self,
        name: &'static str,
        given: Option<Url>,
        local: &str,
        remedy: &'static str,
    ) -> Result<Url, ConfigError> {
        let local = parse_url(name, local)?;
        let text = self.text(name, given.map(String::from), local.as_str(), remedy)?;
        parse_url(name, &text)
    }
}

fn parse_url(name: &'static str, text: &str) -> Result<Url, ConfigError> {
    Url::parse(text).map_err(|error| ConfigError::Invalid(name, error.to_string()))
}

fn parse_signing_keys(text: &SecretString, local: bool) -> Result<SigningKeys, ConfigError> {
    const NAME: &str = "MARQUEE_SIGNING_KEY";
    // The message never repeats the value: it is a secret.
    let invalid = |index: usize, what: &str| {
        ConfigError::Invalid(
            NAME,
            format!("key {}: {what}, expected key_id:base64url-seed", index + 1),
        )
    };
    let mut keys: Vec<(String, SigningKey)> = Vec::new();
    for (index, entry) in text.expose_secret().split(',').enumerate() {
        if entry.trim() == LOCAL_SIGNING_KEY && !local {
            return Err(ConfigError::Development(
                NAME,
                "every environment but local".to_owned(),
            ));
        }
        let (id, seed) = entry
            .trim()
            .split_once(':')
            .ok_or_else(|| invalid(index, "no colon"))?;
        if id.is_empty() || keys.iter().any(|(known, _)| known == id) {
            return Err(invalid(index, "the key id is empty or given twice"));
        }
        let seed = URL_SAFE_NO_PAD
            .decode(seed)
            .map_err(|_| invalid(index, "the seed is not base64url"))?;
        let seed: [u8; 32] = seed
            .try_into()
            .map_err(|_| invalid(index, "the seed is not 32 bytes"))?;
        keys.push((id.to_owned(), SigningKey::from_bytes(&seed)));
    }
    Ok(SigningKeys(keys))
}

fn parse_fault(text: &str) -> Result<Fault, ConfigError> {
    let invalid = || ConfigError::Invalid("MARQUEE_FAULT", format!("{text:?} is not name:n with n from 1"));
    let (point, pass) = text.rsplit_once(':').ok_or_else(invalid)?;
    let pass: u32 = pass.parse().map_err(|_| invalid())?;
    if point.is_empty() || pass == 0 {
        return Err(invalid());
    }
    Ok(Fault {
        point: point.to_owned(),
        pass,
    })
}

#[cfg(test)]
mod tests {
    use clap::builder::Resettable;
    use clap::{CommandFactory, FromArgMatches, Parser};

    use super::*;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        settings: Settings,
    }

    /// Flags alone: whatever is in the developer's environment must not matter.
    fn validate(flags: &[&str]) -> Result<Config, String> {
        let command = Flags::command().mut_args(|arg| arg.env(Resettable::Reset));
        let matches = command.get_matches_from(std::iter::once("test").chain(flags.iter().copied()));
        let flags = Flags::from_arg_matches(&matches).map_err(|error| error.to_string())?;
        flags.settings.validate().map_err(|error| error.to_string())
    }

    /// Everything that production needs.
    const PRODUCTION: [&str; 18] = [
        "--env=production",
        "--database-url",
        "postgres://marquee:hunter2@db.internal/marquee",
        "--base-url",
        "https://api.marquee.test",
        "--signing-key",
        "k2:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8,k1:HwABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4",
        "--cloudflare-api-url",
        "https://api.cloudflare.com/client/v4",
        "--cloudflare-api-token",
        "t0ken",
        "--cloudflare-account-id",
        "acc",
        "--cloudflare-kv-namespace-id",
        "ns",
        "--sqs-queue-url",
        "https://sqs.us-east-1.amazonaws.com/1/hits",
        "--pool-size=8",
    ];

    /// [`PRODUCTION`] with one value replaced, or with `None` left out.
    fn production_but(flag: &str, value: Option<&str>) -> Result<Config, String> {
        let at = PRODUCTION.iter().position(|known| *known == flag).unwrap();
        let mut flags = PRODUCTION.to_vec();
        match value {
            Some(value) => flags[at + 1] = value,
            None => drop(flags.drain(at..at + 2)),
        }
        validate(&flags)
    }

    #[test]
    fn a_developers_machine_needs_no_settings() {
        let config = validate(&["--env=local"]).unwrap();

        assert!(config.is_local());
        assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(config.signing_keys.as_slice()[0].0, "local-1");
    }

    #[test]
    fn production_with_everything_starts_and_signs_with_both_keys() {
        let config = validate(&PRODUCTION).unwrap();

        let ids: Vec<_> = config
            .signing_keys
            .as_slice()
            .iter()
            .map(|(id, _)| id.as_str())
            .collect();
        assert_eq!(ids, ["k2", "k1"]);
        assert!(config.sqs.endpoint_url.is_none());
    }

    #[test]
    fn outside_local_a_missing_setting_is_named_with_its_remedy() {
        for (flag, variable) in [
            ("--database-url", "DATABASE_URL"),
            ("--base-url", "MARQUEE_BASE_URL"),
            ("--signing-key", "MARQUEE_SIGNING_KEY"),
            ("--cloudflare-api-url", "CLOUDFLARE_API_URL"),
            ("--cloudflare-api-token", "CLOUDFLARE_API_TOKEN"),
            ("--cloudflare-account-id", "CLOUDFLARE_ACCOUNT_ID"),
            ("--cloudflare-kv-namespace-id", "CLOUDFLARE_KV_NAMESPACE_ID"),
            ("--sqs-queue-url", "SQS_QUEUE_URL"),
        ] {
            let message = production_but(flag, None).unwrap_err();
            assert!(
                message.starts_with(&format!("{variable} is not set: ")),
                "{message}"
            );
        }
        assert!(validate(&[]).unwrap_err().starts_with("MARQUEE_ENV is not set"));
    }

    #[test]
    fn outside_local_development_values_are_refused() {
        for (flag, value) in [
            ("--database-url", LOCAL_DATABASE_URL),
            ("--signing-key", LOCAL_SIGNING_KEY),
            ("--cloudflare-api-url", LOCAL_KV_URL),
            ("--cloudflare-api-token", "local"),
            ("--sqs-queue-url", LOCAL_QUEUE_URL),
        ] {
            let message = production_but(flag, Some(value)).unwrap_err();
            assert!(message.contains("development value"), "{flag}: {message}");
        }
        let hidden = format!("{},{LOCAL_SIGNING_KEY}", PRODUCTION[6]);
        assert!(
            production_but("--signing-key", Some(&hidden))
                .unwrap_err()
                .contains("development value")
        );
    }

    #[test]
    fn faults_are_for_local_environments() {
        let armed = validate(&["--env=local", "--fault=redirects.sync.after_blobs:2"])
            .unwrap()
            .fault;
        assert_eq!(
            armed,
            Some(Fault {
                point: "redirects.sync.after_blobs".to_owned(),
                pass: 2
            })
        );

        let mut flags = PRODUCTION.to_vec();
        flags.push("--fault=x:1");
        assert!(validate(&flags).unwrap_err().starts_with("MARQUEE_FAULT"));
        for bad in ["x", "x:0", ":1", "x:-1", "x:y"] {
            assert!(
                validate(&["--env=local", "--fault", bad])
                    .unwrap_err()
                    .contains("name:n"),
                "{bad}"
            );
        }
    }

    #[test]
    fn bad_signing_keys_are_refused_without_being_repeated() {
        let seed = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        for bad in [
            seed,
            "k1:short",
            "k1:!!!",
            &format!(":{seed}"),
            &format!("k1:{seed},k1:{seed}"),
            "k1:",
        ] {
            let message = production_but("--signing-key", Some(bad)).unwrap_err();
            assert!(message.starts_with("MARQUEE_SIGNING_KEY: key "), "{message}");
            assert!(!message.contains(seed) && !message.contains("short"), "{message}");
        }
    }

    #[test]
    fn a12_secrets_do_not_show_in_debug() {
        let shown = format!("{:?}", validate(&PRODUCTION).unwrap());
        for secret in ["hunter2", "t0ken", "AAECAwQF"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        assert!(shown.contains("k2"));
    }
}
