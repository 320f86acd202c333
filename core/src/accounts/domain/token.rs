use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

/// What a token opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The API, for a program or a person's tools.
    Key,
    /// What a person may, from one device.
    Session,
    /// One thing, once: it comes by mail.
    Link,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Key, Self::Session, Self::Link];

    fn prefix(self) -> &'static str {
        match self {
            Self::Key => "mk_",
            Self::Session => "ms_",
            Self::Link => "ml_",
        }
    }
}

/// What a caller shows: `mk_<id>_<secret>`, the secret being 256 random bits. Known to us only while a
/// request is being answered; the database keeps the secret's SHA-256, which is enough for so long a secret.
#[derive(Clone)]
pub struct Token {
    pub kind: Kind,
    pub id: Uuid,
    secret: [u8; 32],
}

impl Token {
    /// With a secret that nobody has seen.
    ///
    /// # Errors
    /// The system has no randomness to give.
    pub fn fresh(kind: Kind, id: Uuid) -> anyhow::Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        Ok(Self { kind, id, secret })
    }

    /// `None`: not a token of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let mut kinds = Kind::ALL.into_iter();
        let (kind, rest) = kinds.find_map(|kind| Some((kind, text.strip_prefix(kind.prefix())?)))?;
        let (id, secret) = rest.split_once('_')?;
        let secret = URL_SAFE_NO_PAD.decode(secret).ok()?.try_into().ok()?;
        let id = Uuid::try_parse(id).ok()?;
        Some(Self { kind, id, secret })
    }

    pub fn secret_sha256(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }

    /// Takes the same time whatever differs.
    pub fn matches(&self, secret_sha256: &[u8]) -> bool {
        self.secret_sha256().ct_eq(secret_sha256).into()
    }

    /// As the caller is to show it. Shown once, when it is made.
    pub fn reveal(&self) -> String {
        format!(
            "{}{}_{}",
            self.kind.prefix(),
            self.id.simple(),
            URL_SAFE_NO_PAD.encode(self.secret)
        )
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("kind", &self.kind)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> Token {
        Token {
            kind: Kind::Key,
            id: Uuid::from_u128(7),
            secret: [9; 32],
        }
    }

    #[test]
    fn a_token_reads_back_and_matches_its_hash_only() {
        for kind in Kind::ALL {
            let shown = Token { kind, ..token() }.reveal();
            let read = Token::parse(&shown).unwrap();

            assert_eq!((read.kind, read.id), (kind, token().id));
            assert!(read.matches(&token().secret_sha256()));
            assert!(!read.matches(&[0; 32]));
            assert!(!read.matches(&[]));
        }
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
    fn no_secret_comes_twice() {
        let fresh = || Token::fresh(Kind::Session, Uuid::nil()).unwrap().reveal();
        assert_ne!(fresh(), fresh());
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
