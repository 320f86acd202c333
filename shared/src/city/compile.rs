use std::collections::BTreeMap;

use super::{DIGITS, FORMAT, MAGIC, PREFIXES};
use crate::zip::Zip;

/// GeoNames' cities (see `data/README.md` for licence and origin), by ZIP.
pub fn geonames() -> impl Iterator<Item = (Zip, &'static str)> {
    include_str!("../../data/cities.tsv").lines().filter_map(|line| {
        let (zip, city) = line.split_once('\t')?;
        Some((Zip::parse(zip).ok()?.zip, city))
    })
}

/// The bytes of a city table. Of several cities for a ZIP the first counts; a name is cut to 255 bytes.
#[must_use]
pub fn compile<'a>(cities: impl Iterator<Item = (Zip, &'a str)>) -> Vec<u8> {
    let mut by_zip = BTreeMap::new();
    for (zip, city) in cities {
        by_zip.entry(zip).or_insert(city);
    }
    let mut starts = vec![0_u32; PREFIXES + 1];
    let mut entries = Vec::with_capacity(by_zip.len());
    let mut names = Vec::new();
    let mut offsets = BTreeMap::new();
    for (zip, city) in by_zip {
        let city = &city[..city.floor_char_boundary(255)];
        let offset = *offsets.entry(city).or_insert_with(|| {
            let offset = names.len() as u32;
            names.push(city.len() as u8);
            names.extend_from_slice(city.as_bytes());
            offset
        });
        entries.push((offset << DIGITS) | (zip.number() % 100));
        starts[zip.prefix() as usize + 1] += 1;
    }
    for prefix in 0..PREFIXES {
        starts[prefix + 1] += starts[prefix];
    }
    let size = 12 + (starts.len() + entries.len()) * 4 + names.len();
    let head = [MAGIC, FORMAT, size as u32];
    let words = head.iter().chain(&starts).chain(&entries);
    let mut bytes: Vec<u8> = words.flat_map(|word| word.to_le_bytes()).collect();
    bytes.extend(names);
    bytes
}
