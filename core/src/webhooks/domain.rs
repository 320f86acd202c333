//! What is sent when, and how it is signed. No clock, no I/O.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use time::Duration;
use url::{Host, Url};
use uuid::Uuid;

use crate::redirects::events;

/// What can be told, and when it happens. `webhook.test` is sent on demand only.
pub const EVENTS: [(&str, &str); 9] = [
    (events::PUBLISHED, "another revision is live"),
    (events::ROLLED_BACK, "an old revision is live again"),
    (
        "redirects.canary_started",
        "a revision is shown to some of the visitors",
    ),
    (events::CANARY_PROMOTED, "the canary is shown to everybody"),
    (
        "redirects.canary_aborted",
        "the canary has ended, by hand or by its thresholds",
    ),
    (
        "redirects.mode_changed",
        "the kill switch was thrown, or put back",
    ),
    (events::RETIRED, "the brand is out of use, and nothing of it live"),
    (events::MANIFEST_STALE, "the edge does not get what it should"),
    ("webhook.test", "somebody wanted to see whether this arrives"),
];

/// Endpoints a brand may have.
pub(super) const MAX_ENDPOINTS: i64 = 20;
/// How long a secret that was replaced still signs.
pub(super) const OLD_SECRET_KEPT: Duration = Duration::DAY;
/// After so long without one delivery that got through, an endpoint is no longer tried.
pub(super) const FAILING_LIMIT: Duration = Duration::days(5);
/// How long deliveries are kept, with their attempts.
pub(super) const KEEP: Duration = Duration::days(30);

/// The pauses between attempts, as the Standard Webhooks specification proposes them.
const PAUSES: [Duration; 9] = [
    Duration::seconds(5),
    Duration::minutes(5),
    Duration::minutes(30),
    Duration::hours(2),
    Duration::hours(5),
    Duration::hours(10),
    Duration::hours(14),
    Duration::hours(20),
    Duration::hours(24),
];

/// How long to wait after so many attempts; `None`: it is given up. `jitter` is from 0 to 1, so that what failed
/// together does not come again together.
pub(super) fn pause(attempts: u32, jitter: f64) -> Option<Duration> {
    let index = usize::try_from(attempts).ok()?.checked_sub(1)?;
    let pause = PAUSES.get(index)?;
    Some(*pause + *pause * (jitter.clamp(0.0, 1.0) * 0.2))
}

/// 256 random bits, shown as `whsec_…`.
#[derive(Clone)]
pub(super) struct Secret(pub(super) [u8; 32]);

impl Secret {
    pub(super) fn reveal(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What an endpoint's secret is sealed for.
pub(super) fn secret_place(endpoint: Uuid) -> String {
    format!("webhooks.endpoint/{endpoint}")
}

/// One signature of the header `webhook-signature`: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`
/// (Standard Webhooks, "Signature scheme").
#[must_use]
pub fn sign(secret: &[u8], message: &str, unix_seconds: i64, body: &str) -> String {
    // Keys of any length are taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return String::new();
    };
    mac.update(format!("{message}.{unix_seconds}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// Why a URL cannot be an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadUrl {
    #[error("it is no URL: write https://hooks.example.com/marquee")]
    NotAUrl,
    #[error("only https is sent to")]
    NotHttps,
    #[error("a user or password in a URL ends up in logs; check the signature instead")]
    Credentials,
    #[error("it names an address instead of a host")]
    Address,
    #[error("it is longer than 2,000 characters")]
    TooLong,
}

/// An endpoint's URL. Its host is looked up at every delivery, and private addresses are refused then; addresses in
/// the URL itself are refused here. `local` is for a developer's machine: http, and addresses.
pub(super) fn parse_url(text: &str, local: bool) -> Result<Url, BadUrl> {
    if text.len() > 2_000 {
        return Err(BadUrl::TooLong);
    }
    let url = Url::parse(text).map_err(|_| BadUrl::NotAUrl)?;
    match url.scheme() {
        "https" => {}
        "http" if local => {}
        _ => return Err(BadUrl::NotHttps),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BadUrl::Credentials);
    }
    match url.host() {
        Some(Host::Domain(_)) => Ok(url),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) if local => Ok(url),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => Err(BadUrl::Address),
        None => Err(BadUrl::NotAUrl),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the specification's own libraries (standard-webhooks, `libraries/*/test`).
    #[test]
    fn the_published_vector_is_signed_alike() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = sign(
            &secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_delivery_is_tried_ten_times_over_three_days() {
        let pauses: Vec<_> = (1..).map_while(|attempts| pause(attempts, 0.0)).collect();
        assert_eq!(pauses.len(), 9);
        assert_eq!(pauses.iter().copied().sum::<Duration>().whole_hours(), 75);
        assert_eq!(pause(1, 1.0), Some(Duration::seconds(6)));
        assert_eq!(pause(10, 0.0), None);
    }

    #[test]
    fn only_https_hosts_are_endpoints() {
        for (text, local, expected) in [
            ("https://hooks.example.com/x", false, Ok(())),
            ("http://hooks.example.com/x", false, Err(BadUrl::NotHttps)),
            ("ftp://hooks.example.com/x", true, Err(BadUrl::NotHttps)),
            ("https://10.0.0.1/", false, Err(BadUrl::Address)),
            ("https://[::1]/", false, Err(BadUrl::Address)),
            // As browsers do, the parser reads this as 127.0.0.1.
            ("https://2130706433/", false, Err(BadUrl::Address)),
            (
                "https://user:secret@hooks.example.com/",
                false,
                Err(BadUrl::Credentials),
            ),
            ("hooks.example.com", false, Err(BadUrl::NotAUrl)),
            ("http://127.0.0.1:9000/x", true, Ok(())),
        ] {
            assert_eq!(parse_url(text, local).map(drop), expected, "{text}");
        }
    }

    #[test]
    fn a_secret_is_not_shown_by_debug() {
        assert_eq!(format!("{:?}", Secret([7; 32])), "Secret(…)");
    }
}
