use std::sync::OnceLock;

use marquee_shared::city;
use sha2::{Digest, Sha256};

use super::gates::hex;

/// The city table of this build: one for all brands.
pub(super) struct CityBlob {
    pub(super) bytes: Vec<u8>,
    pub(super) sha256: String,
}

pub(super) fn cities() -> &'static CityBlob {
    static CITIES: OnceLock<CityBlob> = OnceLock::new();
    CITIES.get_or_init(|| {
        let bytes = city::compile(city::geonames());
        CityBlob {
            sha256: hex(&Sha256::digest(&bytes)),
            bytes,
        }
    })
}
