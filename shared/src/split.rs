//! Splits: which variant a visitor gets, and who belongs to a canary. Hashing only, so edge and core agree and
//! nothing has to be counted.
//!
//! The formulas are a promise: another one would move visitors between variants in the middle of a test.
//! `seed(bytes)` is SipHash-2-4 of the bytes under key (0, 0). The bucket of a seed under a salt `(a, b)` is
//! SipHash-2-4 of the seed's eight little-endian bytes under key `(a, b)`, modulo 10,000. A rule's salt is
//! (`seed` of the brand's code, the rule's number), a canary's is (`seed` of its salt, 0).

use std::hash::Hasher;

use siphasher::sip::SipHasher24;

use crate::manifest::Canary;

/// Shares are expressed in this many buckets.
pub const BUCKETS: u16 = 10_000;

/// Hashes what identifies a visitor (`vid`, cookie, or cut IP and user agent), or a hit's id.
#[must_use]
pub fn seed(bytes: &[u8]) -> u64 {
    let mut hasher = SipHasher24::new_with_keys(0, 0);
    hasher.write(bytes);
    hasher.finish()
}

/// The bucket of a visitor in the split of one rule, below [`BUCKETS`].
#[must_use]
pub fn bucket(brand: &str, rule: u32, visitor: u64) -> u16 {
    salted(seed(brand.as_bytes()), u64::from(rule), visitor)
}

/// Whether the canary's table decides for this visitor. Over any visitors this is `percent` of them, and a
/// visitor stays in while `percent` rises.
#[must_use]
pub fn in_canary(canary: &Canary, visitor: u64) -> bool {
    let share = u16::from(canary.percent).saturating_mul(BUCKETS / 100);
    salted(seed(canary.salt.as_bytes()), 0, visitor) < share
}

fn salted(a: u64, b: u64, visitor: u64) -> u16 {
    let mut hasher = SipHasher24::new_with_keys(a, b);
    hasher.write(&visitor.to_le_bytes());
    let bucket = hasher.finish() % 10_000;
    u16::try_from(bucket).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Blob;

    #[test]
    fn e23_the_bucket_of_a_visitor_never_changes() {
        let buckets: Vec<_> = (0..6).map(|visitor| bucket("acme", 41, visitor)).collect();
        assert_eq!(seed(b"visitor"), 17_755_958_164_000_033_163);
        assert_eq!(buckets, [3441, 1646, 1060, 4748, 6534, 478]);
    }

    #[test]
    fn buckets_are_even_and_rules_independent() {
        let visitors: Vec<u64> = (0..100_000_u32).map(|n| seed(&n.to_le_bytes())).collect();
        let low = |rule| {
            visitors
                .iter()
                .filter(|visitor| bucket("acme", rule, **visitor) < 5_000)
                .count()
        };
        assert!((49_000..51_000).contains(&low(1)), "{}", low(1));
        let both =
            |visitor: &&u64| bucket("acme", 1, **visitor) < 5_000 && bucket("acme", 2, **visitor) < 5_000;
        let both = visitors.iter().filter(both).count();
        assert!((24_000..26_000).contains(&both), "{both}");
    }

    #[test]
    fn a_canary_takes_its_share_and_keeps_it_while_it_grows() {
        let canary = |percent| Canary {
            revision: 2,
            table: Blob {
                sha256: String::new(),
                size: 0,
            },
            percent,
            salt: "2026-11".to_owned(),
        };
        let (few, many) = (canary(5), canary(20));
        let visitors = 0..100_000_u64;
        let count = visitors
            .clone()
            .filter(|visitor| in_canary(&few, *visitor))
            .count();
        assert!((4_700..5_300).contains(&count), "{count}");
        assert!(
            visitors
                .into_iter()
                .all(|visitor| !in_canary(&few, visitor) || in_canary(&many, visitor))
        );
        assert!((0..1_000).all(|visitor| in_canary(&canary(255), visitor)));
    }
}
