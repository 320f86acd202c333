use anyhow::anyhow;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use totp_rs::{Builder, Totp};

const ISSUER: &str = "Marquee";
/// How many codes there are for when the device is lost.
const RECOVERY_CODES: usize = 8;

/// A second factor, by RFC 6238: six digits, every thirty seconds, one step early or late.
pub(in crate::accounts) struct SecondFactor(Totp);

impl SecondFactor {
    /// `secret`: 20 bytes. `account`: what the person's app shows beside the code.
    pub(in crate::accounts) fn new(secret: Vec<u8>, account: &str) -> anyhow::Result<Self> {
        let builder = Builder::new()
            .with_secret(secret)
            .with_issuer(Some(ISSUER))
            .with_account_name(account.replace(':', "."));
        let totp = builder
            .build()
            .map_err(|error| anyhow!("a second factor: {error}"))?;
        Ok(Self(totp))
    }

    /// `otpauth://…`, for an app to scan.
    pub(in crate::accounts) fn url(&self) -> anyhow::Result<String> {
        self.0
            .to_url()
            .map_err(|error| anyhow!("a second factor's address: {error}"))
    }

    /// For a person to type.
    pub(in crate::accounts) fn base32(&self) -> String {
        self.0.secret().to_base32()
    }

    /// The step of the code, if it is right and later than the last that was taken: none opens twice.
    pub(in crate::accounts) fn step(&self, code: &str, now: OffsetDateTime, last: i64) -> Option<i64> {
        let now = u64::try_from(now.unix_timestamp()).ok()?;
        let step = i64::try_from(self.0.check(code, now)?).ok()?;
        (step > last).then_some(step)
    }
}

/// Codes for when the device is lost: each opens once.
pub(in crate::accounts) fn recovery_codes() -> anyhow::Result<Vec<String>> {
    let mut random = [0_u8; RECOVERY_CODES * 10];
    getrandom::fill(&mut random).map_err(|error| anyhow!("no randomness: {error}"))?;
    // Without letters that look like digits. 10 of 32 letters are 50 bits, guessed against a throttle.
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    let codes = random.chunks(10).map(|code| {
        let (first, second) = code.split_at(5);
        let part = |bytes: &[u8]| bytes.iter().map(letter).collect::<String>();
        format!("{}-{}", part(first), part(second))
    });
    Ok(codes.collect())
}

/// As a recovery code is kept. Blanks, dashes and large letters do not matter.
pub(in crate::accounts) fn recovery_sha256(code: &str) -> Vec<u8> {
    let letters = code.chars().filter(char::is_ascii_alphanumeric);
    let letters: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    Sha256::digest(letters).to_vec()
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    /// RFC 6238, appendix B: the last six of its eight digits.
    #[test]
    fn the_published_codes_are_taken_once() {
        let factor = SecondFactor::new(b"12345678901234567890".to_vec(), "ana@acme.example").unwrap();
        let at = datetime!(1970-01-01 00:00:59 UTC);

        assert_eq!(factor.step("287082", at, 0), Some(1));
        assert_eq!(factor.step("287082", at, 1), None, "taken");
        assert_eq!(factor.step("287083", at, 0), None);
        assert_eq!(
            factor.step("287082", at + Duration::minutes(2), 0),
            None,
            "too late"
        );
        for nonsense in ["", "28708", "2870822", "28708x", "٢٨٧٠٨٢"] {
            assert_eq!(factor.step(nonsense, at, 0), None, "{nonsense}");
        }
    }

    #[test]
    fn recovery_codes_differ_and_are_read_as_people_write_them() {
        let codes = recovery_codes().unwrap();

        assert_eq!(codes.len(), RECOVERY_CODES);
        let different: std::collections::HashSet<_> = codes.iter().collect();
        assert_eq!(different.len(), codes.len());
        let written = codes[0].to_uppercase().replace('-', " ");
        assert_eq!(recovery_sha256(&written), recovery_sha256(&codes[0]));
    }
}
