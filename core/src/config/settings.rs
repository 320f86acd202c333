use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgMatches, Args, FromArgMatches as _};
use ipnet::IpNet;
use secrecy::SecretString;
use url::Url;

use super::alerts::AlertSettings;
use super::data_keys::{LOCAL_DATA_KEY, parse_data_keys};
use super::defaults::{Defaults, parse_url};
use super::fault::parse_fault;
use super::gateway::GatewaySettings;
use super::limits::LimitSettings;
use super::mail::MailSettings;
use super::origins::parse_origins;
use super::shown::shown;
use super::signing_keys::{LOCAL_SIGNING_KEY, parse_signing_keys};
use super::storage::parse_storage;
use super::traces::parse_traces;
use super::{Config, ConfigError, Kv, LOCAL, Sqs};
use crate::calendar::Zone;
use crate::money::Currency;

/// Kept of the margin before a hold lapses for looking at a video and for taking the money.
const BESIDES_TRANSCODING_MINUTES: u64 = 15;

pub(super) const LOCAL_DATABASE_URL: &str = "postgres://postgres@127.0.0.1:5432/marquee";
pub(super) const LOCAL_BASE_URL: &str = "http://127.0.0.1:8080";
pub(super) const LOCAL_KV_URL: &str = "http://127.0.0.1:8787/cdn-cgi/explorer/api";
pub(super) const LOCAL_QUEUE_URL: &str = "http://127.0.0.1:4566/000000000000/marquee-hits";
pub(super) const LOCAL_SQS_URL: &str = "http://127.0.0.1:4566";

/// What clap reads; [`Settings::read`] makes a [`Config`] of it.
#[derive(Args, Debug)]
#[command(next_help_heading = "Settings; `-h` leaves them out")]
pub struct Settings {
    /// Name of this environment; `local` brings development defaults
    #[arg(long, hide_short_help = true, env = "MARQUEE_ENV", global = true)]
    pub env: Option<String>,
    /// Postgres
    #[arg(
        long,
        hide_short_help = true,
        env = "DATABASE_URL",
        hide_env_values = true,
        global = true
    )]
    pub database_url: Option<SecretString>,
    /// Most connections held to Postgres; a worker keeps one per role for itself
    #[arg(
        long,
        hide_short_help = true,
        env = "MARQUEE_POOL_SIZE",
        default_value_t = 16,
        global = true
    )]
    pub pool_size: u32,
    /// Where the API listens
    #[arg(
        long,
        hide_short_help = true,
        env = "MARQUEE_LISTEN",
        default_value = "127.0.0.1:8080",
        global = true
    )]
    pub listen: SocketAddr,
    /// Where /metrics, /healthz and /readyz are answered apart from the API, for those who run it; without
    /// this there is /metrics only in a local environment, on the API's own address
    #[arg(long, hide_short_help = true, env = "MARQUEE_METRICS_LISTEN", global = true)]
    pub metrics_listen: Option<SocketAddr>,
    /// What to log: `info`, or `info,marquee_core::hits=debug`
    #[arg(
        long,
        hide_short_help = true,
        env = "MARQUEE_LOG",
        default_value = "info",
        global = true
    )]
    pub log: String,
    #[command(flatten)]
    pub limits: LimitSettings,
    /// How clients reach the API
    #[arg(long, hide_short_help = true, env = "MARQUEE_BASE_URL", global = true)]
    pub base_url: Option<Url>,
    /// Where people find their pages, to which mailed links lead; unset: here, where the API is
    #[arg(long, hide_short_help = true, env = "MARQUEE_SITE_URL", global = true)]
    pub site_url: Option<Url>,
    /// Networks of our own proxies, whose `X-Forwarded-For` is believed: `10.0.0.0/8`; several separated by commas
    #[arg(
        long,
        hide_short_help = true,
        env = "MARQUEE_TRUSTED_PROXIES",
        value_delimiter = ',',
        global = true
    )]
    pub trusted_proxies: Vec<IpNet>,
    /// Origins whose pages may use the API from a browser, `https://www.example.com`; several separated by commas
    #[arg(
        long,
        hide_short_help = true,
        env = "MARQUEE_CORS_ORIGINS",
        value_delimiter = ',',
        global = true
    )]
    pub cors_origins: Vec<String>,
    /// Keys that sign the manifest, as `key_id:base64url-seed`, separated by commas; all of them sign
    #[arg(
        long,
        hide_short_help = true,
        env = "MARQUEE_SIGNING_KEY",
        hide_env_values = true,
        global = true
    )]
    pub signing_key: Option<SecretString>,
    /// Keys that seal what the database must not show, as `key_id:base64url`, separated by commas; the first seals,
    /// all open
    #[arg(
        long,
        hide_short_help = true,
        env = "MARQUEE_DATA_KEYS",
        hide_env_values = true,
        global = true
    )]
    pub data_keys: Option<SecretString>,
    /// Send webhooks to private addresses too, and by http; only where MARQUEE_ENV is local
    #[arg(
        long,
        hide_short_help = true,
        env = "MARQUEE_WEBHOOKS_TO_PRIVATE",
        global = true
    )]
    pub webhooks_to_private: bool,
    /// The server that takes our mail: `smtps://user:password@host`, or `smtp://…` with STARTTLS, which only where
    /// MARQUEE_ENV is local may be missing (and is asked for by `?tls=required`). Unset there, mail goes into files
    #[arg(
        long,
        hide_short_help = true,
        env = "SMTP_URL",
        hide_env_values = true,
        global = true
    )]
    pub smtp_url: Option<SecretString>,
    /// Where those files go
    #[arg(
        long,
        hide_short_help = true,
        env = "MARQUEE_MAIL_DIR",
        default_value = ".local/mail",
        global = true
    )]
    pub mail_dir: PathBuf,
    /// In whose name mail is sent: `Marquee <no-reply@marquee.example>`
    #[arg(long, hide_short_help = true, env = "MAIL_FROM", global = true)]
    pub mail_from: Option<String>,
    /// Who is written to when staff should know; several separated by commas
    #[arg(long, hide_short_help = true, env = "STAFF_EMAIL", global = true)]
    pub staff_email: Option<String>,
    /// Where pictures and videos are kept: `s3://bucket/prefix`, with `AWS_REGION`, credentials and endpoint as AWS's own
    /// tools take them; or, only where MARQUEE_ENV is local, `file:///folder`. Unset there: .local/files
    #[arg(long, hide_short_help = true, env = "STORAGE_URL", global = true)]
    pub storage_url: Option<String>,
    /// Who takes customers' money: `sandbox`, built in, takes nobody's and is there only where MARQUEE_ENV is local, where
    /// it is the usual one; `stripe`; `none` declines everything, for who sells nothing
    #[arg(long, hide_short_help = true, env = "GATEWAY", global = true)]
    pub gateway: Option<String>,
    /// With GATEWAY=stripe: the account's secret key, or a restricted one
    #[arg(
        long,
        hide_short_help = true,
        env = "STRIPE_SECRET_KEY",
        hide_env_values = true,
        global = true
    )]
    pub stripe_secret_key: Option<SecretString>,
    /// With GATEWAY=stripe: what signs its webhooks (`whsec_…`); several separated by commas while one is changed
    #[arg(
        long,
        hide_short_help = true,
        env = "STRIPE_WEBHOOK_SECRETS",
        hide_env_values = true,
        global = true
    )]
    pub stripe_webhook_secrets: Option<SecretString>,
    /// With GATEWAY=stripe: the account's publishable key (`pk_…`), by which pages ask for cards
    #[arg(
        long,
        hide_short_help = true,
        env = "MARQUEE_STRIPE_PUBLISHABLE_KEY",
        global = true
    )]
    pub stripe_publishable_key: Option<String>,
    /// Something that answers as Stripe does; only where MARQUEE_ENV is local
    #[arg(long, hide_short_help = true, env = "STRIPE_API_URL", global = true)]
    pub stripe_api_url: Option<Url>,
    /// How many minutes before a gateway's hold lapses a talent must have delivered; the rest is for making what is
    /// shown of the video, and a quarter of an hour at least for looking at it and for taking the money
    #[arg(long, hide_short_help = true, env = "MARQUEE_DEADLINE_MARGIN_MINUTES", default_value_t = 60, global = true,
        value_parser = clap::value_parser!(u64).range(35..=1440))]
    pub deadline_margin_minutes: u64,
    /// How many minutes making what is shown of a video may take
    #[arg(long, hide_short_help = true, env = "MARQUEE_TRANSCODE_MINUTES", default_value_t = 45, global = true,
        value_parser = clap::value_parser!(u64).range(1..=1425))]
    pub transcode_minutes: u64,
    /// Who is owed less than this, in the smallest unit of its currency, is paid out a later month
    #[arg(long, hide_short_help = true, env = "MARQUEE_PAYOUT_MINIMUM_MINOR", default_value_t = 5_000, global = true,
        value_parser = clap::value_parser!(i64).range(1..))]
    pub payout_minimum_minor: i64,
    /// By whose clocks people are told times
    #[arg(
        long,
        hide_short_help = true,
        env = "MARQUEE_ZONE",
        default_value = "America/Sao_Paulo",
        global = true
    )]
    pub zone: String,
    /// What talents may set their prices in: `BRL`; several separated by commas, the usual one first
    #[arg(
        long,
        hide_short_help = true,
        env = "MARQUEE_CURRENCIES",
        value_delimiter = ',',
        default_value = "BRL",
        global = true
    )]
    pub currencies: Vec<Currency>,
    /// Cloudflare's API, or wrangler's local explorer API
    #[arg(long, hide_short_help = true, env = "CLOUDFLARE_API_URL", global = true)]
    pub cloudflare_api_url: Option<Url>,
    /// A token of Cloudflare's that may edit Workers KV
    #[arg(
        long,
        hide_short_help = true,
        env = "CLOUDFLARE_API_TOKEN",
        hide_env_values = true,
        global = true
    )]
    pub cloudflare_api_token: Option<SecretString>,
    /// The account that owns the namespace
    #[arg(long, hide_short_help = true, env = "CLOUDFLARE_ACCOUNT_ID", global = true)]
    pub cloudflare_account_id: Option<String>,
    /// The namespace of Workers KV that the Worker reads
    #[arg(
        long,
        hide_short_help = true,
        env = "CLOUDFLARE_KV_NAMESPACE_ID",
        global = true
    )]
    pub cloudflare_kv_namespace_id: Option<String>,
    /// SQS when it is not AWS's own
    #[arg(long, hide_short_help = true, env = "SQS_ENDPOINT_URL", global = true)]
    pub sqs_endpoint_url: Option<Url>,
    /// The queue that brings hits
    #[arg(long, hide_short_help = true, env = "SQS_QUEUE_URL", global = true)]
    pub sqs_queue_url: Option<Url>,
    /// Where the Worker answers, to be asked how it is (`marquee rules status`); several separated by commas
    #[arg(
        long = "edge-url",
        env = "MARQUEE_EDGE_URL",
        value_delimiter = ',',
        global = true
    )]
    pub edge_urls: Vec<Url>,
    /// The bot that writes serious alerts into a chat, by its token of Telegram's; with MARQUEE_TELEGRAM_CHAT. Without
    /// it, and without MARQUEE_SENTRY_DSN, alerts are only logged and kept
    #[arg(
        long,
        hide_short_help = true,
        env = "MARQUEE_TELEGRAM_BOT_TOKEN",
        hide_env_values = true,
        global = true
    )]
    pub telegram_bot_token: Option<SecretString>,
    /// The chat that the bot writes to: its number, -1001234567890, or its @name
    #[arg(
        long,
        hide_short_help = true,
        env = "MARQUEE_TELEGRAM_CHAT",
        allow_hyphen_values = true,
        global = true
    )]
    pub telegram_chat: Option<String>,
    /// A server of the Bot API other than Telegram's own
    #[arg(long, hide_short_help = true, env = "MARQUEE_TELEGRAM_URL", global = true)]
    pub telegram_url: Option<Url>,
    /// The project of Sentry's that hears of alerts and faults, by its DSN
    #[arg(
        long,
        hide_short_help = true,
        env = "MARQUEE_SENTRY_DSN",
        hide_env_values = true,
        global = true
    )]
    pub sentry_dsn: Option<SecretString>,
    /// Where people on call read `docs/alerts.md`: told alerts link to it
    #[arg(long, hide_short_help = true, env = "MARQUEE_RUNBOOK_URL", global = true)]
    pub runbook_url: Option<Url>,
    /// A collector that takes traces, as OTLP over HTTP: `http://127.0.0.1:4318`; unset, there are none
    #[arg(long, hide_short_help = true, env = "MARQUEE_OTLP_ENDPOINT", global = true)]
    pub otlp_endpoint: Option<String>,
    /// The part of all traces that is kept, 0 to 1
    #[arg(
        long,
        hide_short_help = true,
        env = "MARQUEE_TRACE_RATIO",
        default_value_t = 1.0,
        global = true
    )]
    pub trace_ratio: f64,
    /// Abort the process at the n-th pass of a fault point, as `name:n`; only where MARQUEE_ENV is local
    #[arg(long, hide_short_help = true, env = "MARQUEE_FAULT", global = true)]
    pub fault: Option<String>,
}

impl Settings {
    /// What was said, checked, and with how it is shown.
    pub fn read(matches: &ArgMatches) -> Result<Config, ConfigError> {
        let given = Self::from_arg_matches(matches);
        let given = given.map_err(|error| ConfigError::Invalid("the command line", error.to_string()))?;
        let (config, assumed) = given.validate()?;
        Ok(Config {
            settings: shown(matches, &assumed),
            ..config
        })
    }

    /// Applies the defaults of a local environment, which come along, and refuses what must not be guessed elsewhere.
    fn validate(self) -> Result<(Config, BTreeMap<&'static str, String>), ConfigError> {
        let env = self
            .env
            .filter(|env| !env.is_empty())
            .ok_or(ConfigError::Missing(
                "MARQUEE_ENV",
                "name the environment, such as production",
            ))?;
        let defaults = Defaults::of(&env);

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
        let site_url = self.site_url.unwrap_or_else(|| {
            defaults.assume("MARQUEE_SITE_URL", base_url.as_str());
            base_url.clone()
        });
        let signing_key = defaults.secret(
            "MARQUEE_SIGNING_KEY",
            self.signing_key,
            LOCAL_SIGNING_KEY,
            "make a 32-byte seed and give it as key_id:base64url-seed",
        )?;
        let signing_keys = parse_signing_keys(&signing_key, env == LOCAL)?;
        let data_keys = defaults.secret(
            "MARQUEE_DATA_KEYS",
            self.data_keys,
            LOCAL_DATA_KEY,
            "make 32 random bytes and give them as key_id:base64url",
        )?;
        let data_keys = parse_data_keys(&data_keys, env == LOCAL)?;
        if self.webhooks_to_private && env != LOCAL {
            return Err(ConfigError::Invalid(
                "MARQUEE_WEBHOOKS_TO_PRIVATE",
                format!("private addresses are for MARQUEE_ENV=local, this is {env}: unset it"),
            ));
        }
        let mail = MailSettings {
            smtp_url: self.smtp_url,
            folder: self.mail_dir,
            from: self.mail_from,
            staff: self.staff_email,
        };
        let mail = mail.validate(&defaults)?;
        let storage = parse_storage(&defaults, self.storage_url)?;
        let gateway = GatewaySettings {
            name: self.gateway,
            stripe_secret_key: self.stripe_secret_key,
            stripe_webhook_secrets: self.stripe_webhook_secrets,
            stripe_publishable_key: self.stripe_publishable_key,
            stripe_api_url: self.stripe_api_url,
        };
        let gateway = gateway.validate(&defaults)?;
        let zone = Zone::parse(&self.zone).ok_or_else(|| {
            let detail = format!(
                "there is no time zone `{}`; one is called America/Sao_Paulo",
                self.zone
            );
            ConfigError::Invalid("MARQUEE_ZONE", detail)
        })?;
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
                None if env == LOCAL => {
                    defaults.assume("SQS_ENDPOINT_URL", LOCAL_SQS_URL);
                    Some(parse_url("SQS_ENDPOINT_URL", LOCAL_SQS_URL)?)
                }
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
        let alerts = AlertSettings {
            telegram_bot_token: self.telegram_bot_token,
            telegram_chat: self.telegram_chat,
            telegram_url: self.telegram_url,
            sentry_dsn: self.sentry_dsn,
            runbook_url: self.runbook_url,
        };
        let alerts = alerts.validate(&env)?;
        let traces = parse_traces(self.otlp_endpoint, self.trace_ratio)?;
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

        if self.deadline_margin_minutes < self.transcode_minutes + BESIDES_TRANSCODING_MINUTES {
            return Err(ConfigError::Invalid(
                "MARQUEE_DEADLINE_MARGIN_MINUTES",
                format!(
                    "a video that comes at the deadline would be made for {} minutes while its hold lapses: give {} at least, \
                     or lower MARQUEE_TRANSCODE_MINUTES",
                    self.transcode_minutes,
                    self.transcode_minutes + BESIDES_TRANSCODING_MINUTES
                ),
            ));
        }

        let assumed = defaults.assumed();
        let config = Config {
            settings: vec![],
            database_url,
            pool_size: self.pool_size,
            listen: self.listen,
            metrics_listen: self.metrics_listen,
            log: self.log,
            stop_within: Duration::from_secs(self.limits.stop_seconds),
            answer_within: Duration::from_secs(self.limits.request_seconds),
            requests_at_once: self.limits.requests_at_once.into(),
            client_within: Duration::from_secs(self.limits.client_seconds),
            connections_at_once: self.limits.connections_at_once.into(),
            base_url,
            site_url,
            trusted_proxies: self.trusted_proxies,
            cors_origins: parse_origins(&self.cors_origins)?,
            signing_keys,
            data_keys,
            webhooks_to_private: self.webhooks_to_private,
            mail,
            storage,
            gateway,
            currencies: self.currencies,
            deadline_margin: Duration::from_secs(self.deadline_margin_minutes * 60),
            transcode_within: Duration::from_secs(self.transcode_minutes * 60),
            payout_minimum_minor: self.payout_minimum_minor,
            zone,
            kv,
            sqs,
            edge_urls: self.edge_urls,
            alerts,
            traces,
            fault,
            env,
        };
        Ok((config, assumed))
    }
}
