//! What signs the news of gateways: `t=<unix seconds>,v1=<hex>`, an HMAC-SHA-256 of `<t>.<body>`, as Stripe made it
//! common. Several `v1` may stand in one header, and several secrets may be good, while a secret is being changed.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq as _};
use time::OffsetDateTime;

/// How far the time of a signature may be from ours: what is older may be a recording.
const TOLERANCE_SECONDS: i64 = 300;
/// More of them help nobody but who wants us to work.
const MOST_SIGNATURES: usize = 16;

/// Why a signature is not believed. Nothing says how near it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    #[error("the signature is missing or cannot be read")]
    Malformed,
    #[error("the signature's time is too far from ours")]
    Time,
    #[error("the signature is of somebody else, or of something else")]
    Wrong,
}

/// The header's value for a body, under one secret.
pub fn sign(secret: &[u8], at: OffsetDateTime, body: &[u8]) -> String {
    let seconds = at.unix_timestamp();
    let mut header = format!("t={seconds},v1=");
    for byte in mac(secret, seconds, body) {
        // Writing to a string cannot fail.
        let _ = write!(header, "{byte:02x}");
    }
    header
}

/// Whether any of the secrets signed these bytes a moment ago. Takes as long whichever byte is wrong.
pub fn verify(secrets: &[&[u8]], header: &str, body: &[u8], now: OffsetDateTime) -> Result<(), BadSignature> {
    let (seconds, signatures) = parse(header).ok_or(BadSignature::Malformed)?;
    if now.unix_timestamp().abs_diff(seconds) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(BadSignature::Time);
    }
    let mut good = Choice::from(0);
    // An empty secret would make everybody's signature good.
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        let expected = mac(secret, seconds, body);
        for signature in &signatures {
            good |= expected.ct_eq(signature);
        }
    }
    if bool::from(good) {
        Ok(())
    } else {
        Err(BadSignature::Wrong)
    }
}

fn mac(secret: &[u8], seconds: i64, body: &[u8]) -> [u8; 32] {
    // A key of any length is one: this never fails, and without a MAC nothing would match.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return [0; 32];
    };
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().into()
}

fn parse(header: &str) -> Option<(i64, Vec<[u8; 32]>)> {
    let mut seconds = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=')? {
            ("t", digits) if seconds.is_none() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                seconds = Some(digits.parse().ok()?);
            }
            ("t", _) => return None,
            ("v1", hex) => signatures.push(unhex(hex)?),
            // Of a version to come.
            _ => {}
        }
    }
    let fine = (1..=MOST_SIGNATURES).contains(&signatures.len());
    seconds.filter(|_| fine).map(|seconds| (seconds, signatures))
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    let mut bytes = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        let [high, low] = pair else { return None };
        let digit = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-07-01 12:00 UTC);
    const OLD: &[u8] = b"whsec_old";
    const NEW: &[u8] = b"whsec_new";

    #[test]
    fn a_signature_is_what_its_specification_says() {
        // Made with `openssl dgst -sha256 -hmac whsec_new`, of `1782907200.{"id":1}`.
        let header = sign(NEW, NOW, br#"{"id":1}"#);
        assert!(header.starts_with("t=1782907200,v1="), "{header}");
        assert_eq!(header.len(), "t=1782907200,v1=".len() + 64);
        assert_eq!(verify(&[NEW], &header, br#"{"id":1}"#, NOW), Ok(()));
    }

    #[test]
    fn w01_what_is_not_signed_by_a_secret_of_ours_is_refused() {
        let good = sign(NEW, NOW, b"body");
        for (secrets, header, body) in [
            (&[OLD][..], good.as_str(), b"body"),
            (&[NEW], &good, b"bodx"),
            (&[], &good, b"body"),
            (&[b""], &sign(b"", NOW, b"body"), b"body"),
        ] {
            assert_eq!(
                verify(secrets, header, body, NOW),
                Err(BadSignature::Wrong),
                "{header}"
            );
        }
        for header in [
            "",
            "t=1782907200",
            "v1=00",
            &good.replace("v1=", "v2="),
            &good[..good.len() - 1],
            &good.replace("v1=", "v1=é"),
            &(good.clone() + &",v1=".repeat(2)),
            &(good.clone() + ",t=1782907200"),
            &format!("t=1782907200{}", format!(",{}", &good[13..]).repeat(17)),
        ] {
            assert_eq!(
                verify(&[NEW], header, b"body", NOW),
                Err(BadSignature::Malformed),
                "{header}"
            );
        }
    }

    #[test]
    fn w02_a_time_too_far_from_ours_is_refused() {
        for seconds in [-300, 0, 300] {
            let header = sign(NEW, NOW + Duration::seconds(seconds), b"body");
            assert_eq!(verify(&[NEW], &header, b"body", NOW), Ok(()), "{seconds}");
        }
        for seconds in [-301, 301, -100_000_000] {
            let header = sign(NEW, NOW + Duration::seconds(seconds), b"body");
            assert_eq!(
                verify(&[NEW], &header, b"body", NOW),
                Err(BadSignature::Time),
                "{seconds}"
            );
        }
        let mac = &sign(NEW, NOW, b"body")["t=1782907200,".len()..];
        for time in ["", "soon", "-1", "+1", "1e3", "99999999999999999999", "٣"] {
            let header = format!("t={time},{mac}");
            assert_eq!(
                verify(&[NEW], &header, b"body", NOW),
                Err(BadSignature::Malformed),
                "{time}"
            );
        }
    }

    #[test]
    fn w04_while_a_secret_is_changed_either_is_good_and_one_of_several_signatures_is_enough() {
        for secret in [OLD, NEW] {
            assert_eq!(
                verify(&[NEW, OLD], &sign(secret, NOW, b"body"), b"body", NOW),
                Ok(())
            );
        }
        let both = format!(
            "{},{}",
            sign(b"another", NOW, b"body"),
            &sign(NEW, NOW, b"body")[13..]
        );
        assert_eq!(verify(&[NEW], &both, b"body", NOW), Ok(()));
    }

    /// Mean and variance of the faster half: the slower one is other programs' doing.
    fn typical(mut nanos: Vec<f64>) -> (f64, f64, f64) {
        nanos.sort_by(f64::total_cmp);
        nanos.truncate(nanos.len() / 2);
        let count = nanos.len() as f64;
        let mean = nanos.iter().sum::<f64>() / count;
        let variance = nanos.iter().map(|nano| (nano - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance, count)
    }

    /// As dudect does it, by Welch's t.
    #[test]
    #[ignore = "it measures time: run it alone on a quiet machine"]
    fn w11_a_wrong_first_byte_takes_as_long_as_a_wrong_last_one() {
        let header = sign(NEW, NOW, b"body");
        let wrong_at = |at: usize| {
            let other = if &header[at..=at] == "0" { "1" } else { "0" };
            format!("{}{other}{}", &header[..at], &header[at + 1..])
        };
        let wrong = [wrong_at(header.len() - 64), wrong_at(header.len() - 1)];
        let mut nanos = [vec![], vec![]];
        for turn in 0..400_000 {
            let which = turn % 2;
            let started = std::time::Instant::now();
            let verified = std::hint::black_box(verify(&[NEW], &wrong[which], b"body", NOW));
            nanos[which].push(started.elapsed().as_nanos() as f64);
            assert_eq!(verified, Err(BadSignature::Wrong));
        }
        let [first, last] = nanos.map(typical);
        let t = (first.0 - last.0) / (first.1 / first.2 + last.1 / last.2).sqrt();
        eprintln!("{:.1} ns and {:.1} ns, t is {t:.2}", first.0, last.0);
        assert!(t.abs() < 10.0, "t is {t}: {first:?} and {last:?}");
    }
}
