//! AWS Signature Version 4, as far as one signed POST needs it: no query, a body that is at hand.
//!
//! Proven by AWS's published test suite (below) and by the emulator in the end-to-end tests.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: String,
}

/// What is signed. `headers` are lower case, sorted, trimmed, and include `host` and `x-amz-date`.
pub struct Signing<'a> {
    pub method: &'a str,
    /// Percent-encoded already; starts with a slash.
    pub path: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
    pub region: &'a str,
    pub service: &'a str,
    /// The value of `x-amz-date`: `20150830T123600Z`.
    pub at: &'a str,
}

impl Signing<'_> {
    /// The value of the `Authorization` header.
    #[must_use]
    pub fn authorization(&self, credentials: &Credentials) -> String {
        let date = self.at.get(..8).unwrap_or_default();
        let scope = format!("{date}/{}/{}/aws4_request", self.region, self.service);
        let names = self
            .headers
            .iter()
            .map(|(name, _)| *name)
            .collect::<Vec<_>>()
            .join(";");
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
            self.at,
            hex(&Sha256::digest(self.canonical(&names)))
        );

        let secret = format!("AWS4{}", credentials.secret_access_key);
        let key = [date, self.region, self.service, "aws4_request"]
            .iter()
            .fold(secret.into_bytes(), |key, part| hmac(&key, part.as_bytes()));
        let signature = hex(&hmac(&key, to_sign.as_bytes()));
        let id = &credentials.access_key_id;
        format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}")
    }

    fn canonical(&self, names: &str) -> String {
        let mut text = format!("{}\n{}\n\n", self.method, self.path);
        for (name, value) in self.headers {
            text.extend([name, ":", value, "\n"]);
        }
        text.extend(["\n", names, "\n", &hex(&Sha256::digest(self.body))]);
        text
    }
}

/// `x-amz-date` of a moment given in milliseconds since 1970.
#[must_use]
pub fn amz_date(at_ms: i64) -> String {
    let seconds = at_ms.div_euclid(1_000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (
        second.div_euclid(3_600),
        second.rem_euclid(3_600).div_euclid(60),
        second.rem_euclid(60),
    );
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

/// The Gregorian date of a day since 1970-01-01 (Howard Hinnant's `civil_from_days`).
#[expect(
    clippy::arithmetic_side_effects,
    reason = "days of a millisecond clock are far from the ends of i64"
)]
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16);
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    text.extend(nibbles.filter_map(digit));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and the moment of AWS's published test suite.
    fn signed(method: &str, headers: &[(&str, &str)], body: &str) -> String {
        let credentials = Credentials {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
        };
        let signing = Signing {
            method,
            path: "/",
            headers,
            body: body.as_bytes(),
            region: "us-east-1",
            service: "service",
            at: "20150830T123600Z",
        };
        signing.authorization(&credentials)
    }

    const HOST: (&str, &str) = ("host", "example.amazonaws.com");
    const DATE: (&str, &str) = ("x-amz-date", "20150830T123600Z");

    #[test]
    fn aws_vector_get_vanilla() {
        assert_eq!(
            signed("GET", &[HOST, DATE], ""),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
    }

    #[test]
    fn aws_vector_post_vanilla() {
        let signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
        assert!(signed("POST", &[HOST, DATE], "").ends_with(signature));
    }

    #[test]
    fn aws_vector_post_x_www_form_urlencoded() {
        let headers = [("content-type", "application/x-www-form-urlencoded"), HOST, DATE];
        let signature = "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a";
        assert!(signed("POST", &headers, "Param1=value1").ends_with(signature));
    }

    #[test]
    fn aws_vector_post_x_www_form_urlencoded_parameters() {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded; charset=utf8"),
            HOST,
            DATE,
        ];
        let signature = "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe";
        assert!(signed("POST", &headers, "Param1=value1").ends_with(signature));
    }

    #[test]
    fn aws_vector_post_header_key_sort() {
        let headers = [HOST, ("my-header1", "value1"), DATE];
        let signature = "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c";
        assert!(signed("POST", &headers, "").ends_with(signature));
    }

    #[test]
    fn dates_are_written_as_aws_wants_them() {
        assert_eq!(amz_date(1_440_938_160_000), "20150830T123600Z");
        assert_eq!(amz_date(0), "19700101T000000Z");
        assert_eq!(amz_date(1_709_208_000_999), "20240229T120000Z");
        assert_eq!(amz_date(-1), "19691231T235959Z");
    }
}
