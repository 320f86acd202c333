use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// What a caller shows: `mk_<id>_<secret>`, the secret being 256 random bits. Known to us only while a
/// request is being answered; the database keeps the secret's SHA-256, which is enough for so long a secret.
#[derive(Clone)]
pub struct Token {
    pub key: Uuid,
    secret: [u8; 32],
}

impl Token {
    const PREFIX: &str = "mk_";

    pub fn new(key: Uuid, secret: [u8; 32]) -> Self {
        Self { key, secret }
    }

    /// `None`: not a token of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let (key, secret) = text.strip_prefix(Self::PREFIX)?.split_once('_')?;
        let secret = URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok()?;
        Some(Self {
            key: Uuid::try_parse(key).ok()?,
            secret,
        })
    }

    pub fn secret_sha256(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }

    /// Takes the same time whatever differs.
    pub fn matches(&self, secret_sha256: &[u8]) -> bool {
        self.secret_sha256().ct_eq(secret_sha256).into()
    }

    /// As the caller is to show it. Shown once, when the key is made.
    pub fn reveal(&self) -> String {
        format!(
            "{}{}_{}",
            Self::PREFIX,
            self.key.simple(),
            URL_SAFE_NO_PAD.encode(self.secret)
        )
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        Token::new(Uuid::from_u128(7), [9; 32])
    }

    #[test]
    fn a_token_reads_back_and_matches_its_hash_only() {
        let read = Token::parse(&token().reveal()).unwrap();

        assert_eq!(read.key, token().key);
        assert!(read.matches(&token().secret_sha256()));
        assert!(!read.matches(&[0; 32]));
        assert!(!read.matches(&[]));
    }

    #[test]
    fn what_is_not_a_token_is_refused() {
        let good = token().reveal();
        for bad in [
            "",
            "mk_",
            "mk_x_y",
            &good[1..],
            &good[..good.len() - 1],
            &good.replace("mk_", "sk_"),
        ] {
            assert!(Token::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn debug_does_not_tell_the_secret() {
        let shown = format!("{:?}", token());
        assert!(
            !shown.contains("9, 9") && !shown.contains(&token().reveal()[36..]),
            "{shown}"
        );
    }
}
