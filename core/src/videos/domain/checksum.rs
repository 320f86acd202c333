use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{Algorithm, Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};

/// By which whoever sends something lets us see that it is what they sent. It keeps accidents out, not people: SHA-1 is
/// what every client of tus knows.
#[derive(Clone, Debug)]
pub struct Checksum {
    algorithm: &'static Algorithm,
    digest: Vec<u8>,
}

impl Checksum {
    /// As tus names those that we know.
    pub const ALGORITHMS: &str = "sha1,sha256";

    /// As in `sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=`.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, digest) = text.trim().split_once(' ')?;
        let algorithm = match name {
            "sha1" => &SHA1_FOR_LEGACY_USE_ONLY,
            "sha256" => &SHA256,
            _ => return None,
        };
        let digest = BASE64_STANDARD.decode(digest.trim()).ok()?;
        (digest.len() == algorithm.output_len()).then_some(Self { algorithm, digest })
    }

    /// What is to be fed with every byte.
    pub fn begin(&self) -> Context {
        Context::new(self.algorithm)
    }

    pub fn is_of(&self, fed: Option<Context>) -> bool {
        fed.is_some_and(|fed| fed.finish().as_ref() == self.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_of_its_bytes_only() {
        for text in [
            "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=",
            "sha256 LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
        ] {
            let checksum = Checksum::parse(text).unwrap();
            let of = |pieces: &[&str]| {
                let mut fed = checksum.begin();
                pieces.iter().for_each(|piece| fed.update(piece.as_bytes()));
                checksum.is_of(Some(fed))
            };
            assert!(of(&["hel", "lo"]), "{text}");
            assert!(!of(&["hello "]) && !of(&[]), "{text}");
        }
    }

    #[test]
    fn other_algorithms_and_digests_of_another_length_are_none() {
        for text in [
            "",
            "sha1",
            "md5 XUFAKrxLKna5cZ2REBfFkg==",
            "sha1 aGVsbG8=",
            "sha256 ?",
        ] {
            assert!(Checksum::parse(text).is_none(), "{text}");
        }
    }
}
