use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::defaults::Defaults;
use super::{ConfigError, LOCAL};

const STRIPE_URL: &str = "https://api.stripe.com/";

/// Who takes customers' money.
#[derive(Clone, Debug)]
pub enum GatewayChoice {
    /// Built in, for developers' machines: it takes nobody's.
    Sandbox,
    Stripe(Stripe),
    /// Nobody: every payment is declined. For who has brands and no shop.
    None,
}

/// An account of Stripe's.
#[derive(Clone, Debug)]
pub struct Stripe {
    pub api_url: Url,
    pub secret_key: SecretString,
    /// Of its webhooks. Several while one is being changed; never empty.
    pub webhook_secrets: Vec<SecretString>,
    /// By which pages ask for cards: everybody who looks at one sees it. Of the same mode as the secret key.
    pub publishable_key: String,
}

impl Stripe {
    /// Whether its key moves real money.
    pub fn is_live(&self) -> bool {
        !self.secret_key.expose_secret().contains("_test_")
    }
}

pub(super) struct GatewaySettings {
    pub(super) name: Option<String>,
    pub(super) stripe_secret_key: Option<SecretString>,
    pub(super) stripe_webhook_secrets: Option<SecretString>,
    pub(super) stripe_publishable_key: Option<String>,
    pub(super) stripe_api_url: Option<Url>,
}

impl GatewaySettings {
    pub(super) fn validate(self, defaults: &Defaults<'_>) -> Result<GatewayChoice, ConfigError> {
        const NAME: &str = "GATEWAY";
        const SANDBOX: &str = "sandbox";
        let env = defaults.env;
        match self
            .name
            .as_deref()
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            None if env == LOCAL => {
                defaults.assume(NAME, SANDBOX);
                Ok(GatewayChoice::Sandbox)
            }
            Some(SANDBOX) if env == LOCAL => Ok(GatewayChoice::Sandbox),
            Some("stripe") => self.stripe(env).map(GatewayChoice::Stripe),
            Some("none") => Ok(GatewayChoice::None),
            None => Err(ConfigError::Missing(
                NAME,
                "name the gateway that takes customers' money, or none where nothing is sold",
            )),
            Some(SANDBOX) => Err(ConfigError::Invalid(
                NAME,
                format!(
                    "the sandbox takes nobody's money and is for MARQUEE_ENV=local, this is {env}: name a real gateway, or none"
                ),
            )),
            Some(other) => Err(ConfigError::Invalid(
                NAME,
                format!("there is no gateway `{other}`: known are sandbox, stripe and none"),
            )),
        }
    }

    fn stripe(self, env: &str) -> Result<Stripe, ConfigError> {
        const KEY: &str = "STRIPE_SECRET_KEY";
        const SECRETS: &str = "STRIPE_WEBHOOK_SECRETS";
        const PUBLISHABLE: &str = "MARQUEE_STRIPE_PUBLISHABLE_KEY";
        const URL: &str = "STRIPE_API_URL";
        let given = |secret: Option<SecretString>| {
            let secret = secret.map(|secret| secret.expose_secret().trim().to_owned());
            secret.filter(|secret| !secret.is_empty())
        };
        let key = given(self.stripe_secret_key).ok_or(ConfigError::Missing(
            KEY,
            "give a secret or a restricted key of your account, sk_… or rk_…",
        ))?;
        let invalid = |name, detail: &str| Err::<Stripe, _>(ConfigError::Invalid(name, detail.to_owned()));
        let kinds = ["sk_live_", "rk_live_", "sk_test_", "rk_test_"];
        if !kinds.iter().any(|kind| key.starts_with(kind)) {
            return invalid(
                KEY,
                "it begins with none of sk_live_, rk_live_, sk_test_ and rk_test_",
            );
        }
        let stripe = Stripe {
            api_url: match self.stripe_api_url {
                Some(_) if env != LOCAL => return invalid(URL, "only where MARQUEE_ENV is local: unset it"),
                Some(url) => url,
                None => super::defaults::parse_url(URL, STRIPE_URL)?,
            },
            secret_key: SecretString::from(key),
            webhook_secrets: given(self.stripe_webhook_secrets)
                .ok_or(ConfigError::Missing(
                    SECRETS,
                    "give the signing secret of the webhook, whsec_…; several separated by commas while one is changed",
                ))?
                .split(',')
                .map(|secret| match secret.trim() {
                    secret if secret.len() > "whsec_".len() && secret.starts_with("whsec_") => {
                        Ok(SecretString::from(secret))
                    }
                    _ => Err(ConfigError::Invalid(SECRETS, "one of them is no whsec_…".to_owned())),
                })
                .collect::<Result<_, _>>()?,
            publishable_key: self
                .stripe_publishable_key
                .map(|key| key.trim().to_owned())
                .filter(|key| !key.is_empty())
                .ok_or(ConfigError::Missing(
                    PUBLISHABLE,
                    "give the publishable key of the same account, pk_…: pages ask for cards by it",
                ))?,
        };
        let pages = if stripe.is_live() { "pk_live_" } else { "pk_test_" };
        if !stripe.publishable_key.starts_with(pages) || !stripe.publishable_key.bytes().all(is_of_a_key) {
            // Not repeated: somebody may have put a secret one here.
            return invalid(
                PUBLISHABLE,
                &format!("it is no {pages}…, which the secret key's mode asks for"),
            );
        }
        match stripe.is_live() {
            true if env == LOCAL => invalid(
                KEY,
                "it moves real money, and this is MARQUEE_ENV=local: take one of test mode",
            ),
            false if env == "production" => invalid(
                KEY,
                "it is of test mode, and this is production: take one of live mode",
            ),
            _ => Ok(stripe),
        }
    }
}

/// Letters, digits and `_`, so that it can be written anywhere.
fn is_of_a_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
