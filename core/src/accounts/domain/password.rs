use anyhow::anyhow;
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use secrecy::{ExposeSecret as _, SecretString};
use zxcvbn::Score;
use zxcvbn::zxcvbn;

/// What a password must be: as NIST SP 800-63B has it, long rather than motley.
const CHARACTERS: std::ops::RangeInclusive<usize> = 8..=128;

/// Why a password cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weak {
    #[error("a password has 8 to 128 characters")]
    Length,
    #[error("this password is too easy to guess: {0}")]
    Guessable(String),
}

/// A password that may be had, and that nobody but its person knows.
pub(in crate::accounts) struct NewPassword(SecretString);

impl NewPassword {
    /// Refuses what is on lists of leaked passwords, and what is made of words, names, dates, keyboard rows or of
    /// `about`, what others know of the person (estimated by zxcvbn).
    pub(in crate::accounts) fn choose(password: SecretString, about: &[&str]) -> Result<Self, Weak> {
        let text = password.expose_secret();
        if !CHARACTERS.contains(&text.chars().count()) {
            return Err(Weak::Length);
        }
        let about: Vec<&str> = about
            .iter()
            .flat_map(|text| text.split(['@', '.', ' ']))
            .collect();
        let estimate = zxcvbn(text, &about);
        if estimate.score() < Score::Three {
            let warning = estimate.feedback().and_then(|feedback| feedback.warning());
            let advice = "take several words that do not belong together, or let a password manager choose";
            let detail = warning.map_or(advice.to_owned(), |warning| format!("{warning} {advice}"));
            return Err(Weak::Guessable(detail));
        }
        Ok(Self(password))
    }

    /// As it is kept: argon2id with a salt of its own, at OWASP's cost: 19 MiB, two passes, tens of milliseconds.
    pub(in crate::accounts) fn hash(&self) -> anyhow::Result<String> {
        let hash = Argon2::default().hash_password(self.0.expose_secret().as_bytes());
        hash.map(|hash| hash.to_string())
            .map_err(|error| anyhow!("hashing a password: {error}"))
    }
}

/// Whether it is the one that was hashed. Takes as long where there is none to compare with.
pub(in crate::accounts) fn is_password(password: &SecretString, hash: Option<&str>) -> anyhow::Result<bool> {
    let known =
        PasswordHash::new(hash.unwrap_or(NOBODYS)).map_err(|error| anyhow!("a kept password: {error}"))?;
    let same = Argon2::default().verify_password(password.expose_secret().as_bytes(), &known);
    Ok(hash.is_some() && same.is_ok())
}

/// Of random bytes that were thrown away.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5c3NhbHQwMQ$QmnVTkX1lI8GmGNFk/GSqWlyqfFQY7rqzHjcAoHEZNo";

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(password: &str) -> Result<NewPassword, Weak> {
        NewPassword::choose(password.into(), &["ana.lima@acme.example", "Ana Lima"])
    }

    #[test]
    fn passwords_that_are_guessed_first_are_refused() {
        for weak in [
            "password",
            "P@ssw0rd1",
            "qwertyuiop",
            "12345678",
            "iloveyou1",
            "analima1",
            "aaaaaaaaaaaa",
        ] {
            assert!(matches!(choose(weak), Err(Weak::Guessable(_))), "{weak}");
        }
        for length in ["", "short", &"x7".repeat(65)] {
            assert_eq!(choose(length).err(), Some(Weak::Length), "{length}");
        }
        for strong in [
            "correct horse battery staple",
            "gT7#kq9!zLp2",
            "maçã-trovão-parafuso",
        ] {
            assert!(choose(strong).is_ok(), "{strong}");
        }
    }

    #[test]
    fn a_password_is_known_by_its_hash_and_no_other_is() {
        let hash = choose("gT7#kq9!zLp2").unwrap().hash().unwrap();

        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(is_password(&"gT7#kq9!zLp2".into(), Some(&hash)).unwrap());
        assert!(!is_password(&"gT7#kq9!zLp3".into(), Some(&hash)).unwrap());
        let again = choose("gT7#kq9!zLp2").unwrap().hash().unwrap();
        assert_ne!(again, hash, "each has a salt of its own");
    }

    #[test]
    fn nobodys_password_is_never_right_and_costs_as_much() {
        let nobodys = PasswordHash::new(NOBODYS).unwrap().to_string();
        assert!(
            nobodys.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{nobodys}"
        );
        assert!(!is_password(&"gT7#kq9!zLp2".into(), None).unwrap());
    }
}
