use std::net::{IpAddr, Ipv6Addr};

use marquee_shared::code::is_code;
use marquee_shared::hit::Hit;
use marquee_shared::zip::State;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::{MAX_AGE, MAX_AHEAD, MAX_DRIFT, Reason};

/// A hit that can be counted: its id fixes its day, and every field fits the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::hits) struct Record {
    pub id: Uuid,
    /// The time inside the id, which also fixes the partition.
    pub at: OffsetDateTime,
    pub hit: Hit,
    pub rule: Option<i32>,
    pub revision: i32,
    pub url_sha256: Option<[u8; 32]>,
    /// Network in CIDR notation, cut to /24 or /48 whatever the edge sent.
    pub ip: Option<String>,
}

impl Record {
    /// Errors name the reason and the field.
    pub(super) fn check(hit: Hit, now: OffsetDateTime) -> Result<Self, (Reason, String)> {
        let id = uuid_v7(&hit.id).ok_or_else(|| (Reason::BadId, format!("id {:?} is no UUIDv7", hit.id)))?;
        let at_ms = (id.as_u128() >> 80) as i128;
        let at = OffsetDateTime::from_unix_timestamp_nanos(at_ms * 1_000_000).map_err(|_| {
            (
                Reason::InTheFuture,
                "the id's time is beyond the calendar".to_owned(),
            )
        })?;
        if now - at > MAX_AGE {
            return Err((Reason::TooOld, format!("made at {at}")));
        }
        if at - now > MAX_AHEAD {
            return Err((Reason::InTheFuture, format!("made at {at}")));
        }
        if (at_ms - i128::from(hit.at_ms)).unsigned_abs() > MAX_DRIFT.whole_milliseconds().unsigned_abs() {
            return Err((
                Reason::TimesDiffer,
                format!("the id says {at_ms}, at_ms {}", hit.at_ms),
            ));
        }
        let bounded = |field: &str| (Reason::NotAHit, format!("{field} is out of bounds"));
        if let Some(field) = misfit(&hit) {
            return Err(bounded(field));
        }
        let rule = hit
            .rule
            .map(i32::try_from)
            .transpose()
            .map_err(|_| bounded("rule"))?;
        let revision = i32::try_from(hit.revision).map_err(|_| bounded("revision"))?;
        let url_sha256 = match &hit.url_sha256 {
            None => None,
            Some(hex) => Some(sha256(hex).ok_or_else(|| bounded("url_sha256"))?),
        };
        let ip = match &hit.ip {
            None => None,
            Some(ip) => Some(cut(ip).ok_or_else(|| bounded("ip"))?),
        };
        Ok(Self {
            id,
            at,
            hit,
            rule,
            revision,
            url_sha256,
            ip,
        })
    }

    /// The partition.
    pub(in crate::hits) fn day(&self) -> Date {
        self.at.date()
    }
}

fn uuid_v7(text: &str) -> Option<Uuid> {
    let id = (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()?;
    (id.get_version_num() == 7).then_some(id)
}

/// The first field that no edge of ours would send.
fn misfit(hit: &Hit) -> Option<&'static str> {
    // Product and language are empty where nothing could be decided and the visitor's were no codes.
    let checks = [
        ("brand", is_code(&hit.brand)),
        ("product", hit.product.is_empty() || is_code(&hit.product)),
        ("language", hit.language.is_empty() || is_code(&hit.language)),
        ("device", is_code(&hit.device)),
        ("media", hit.media.as_deref().is_none_or(is_code)),
        ("zip", hit.zip.as_deref().is_none_or(is_zip)),
        (
            "state",
            hit.state
                .as_deref()
                .is_none_or(|state| State::parse(state).is_some()),
        ),
        ("variant", hit.variant.as_deref().is_none_or(is_code)),
        ("colo", hit.colo.as_deref().is_none_or(is_short)),
        ("country", hit.country.as_deref().is_none_or(is_short)),
    ];
    checks
        .into_iter()
        .find_map(|(field, fits)| (!fits).then_some(field))
}

fn is_zip(text: &str) -> bool {
    text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What Cloudflare calls a place by.
fn is_short(text: &str) -> bool {
    (1..=8).contains(&text.len()) && !text.contains(char::is_control)
}

fn sha256(hex: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = hex
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|n| u8::try_from(n).ok()))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect();
    if digits.len() == 64 {
        bytes.try_into().ok()
    } else {
        None
    }
}

fn cut(text: &str) -> Option<String> {
    let address = text.split_once('/').map_or(text, |(address, _prefix)| address);
    match address.parse().ok()? {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            Some(format!("{a}.{b}.{c}.0/24"))
        }
        IpAddr::V6(ip) => {
            let [a, b, c, ..] = ip.segments();
            Some(format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)))
        }
    }
}
