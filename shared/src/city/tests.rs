use super::*;

fn zip(text: &str) -> Zip {
    Zip::parse(text).unwrap().zip
}

#[test]
fn every_city_of_the_data_is_found_again() {
    let bytes = compile(geonames());
    assert!(bytes.len() < 450_000, "{}", bytes.len());
    let table = CityTable::load(bytes).unwrap();
    let mut count = 0;
    for (zip, city) in geonames() {
        assert_eq!(table.get(zip), Some(city), "{zip}");
        count += 1;
    }
    assert_eq!(count, 41_488);
    assert_eq!(table.get(zip("10001")), Some("New York"));
    assert_eq!(table.get(zip("00000")), None);
    assert_eq!(table.get(zip("99999")), None);
}

fn small() -> Vec<u8> {
    compile(
        [
            (zip("00501"), "Holtsville"),
            (zip("10001"), "New York"),
            (zip("10001"), "no"),
            (zip("99999"), "Ñ"),
        ]
        .into_iter(),
    )
}

#[test]
fn k04_a_truncated_city_table_is_refused() {
    let bytes = small();
    for length in 0..bytes.len() {
        assert!(CityTable::load(bytes[..length].to_vec()).is_err(), "{length}");
    }
    assert!(CityTable::load([bytes.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn k05_a_flipped_bit_never_panics() {
    let bytes = small();
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        if let Ok(table) = CityTable::load(damaged) {
            for text in ["00501", "10001", "99999", "12345"] {
                let _ = table.get(zip(text));
            }
        }
    }
}

#[test]
fn k11_a_newer_city_table_is_refused_as_such() {
    let mut bytes = small();
    bytes[4] = 2;
    assert_eq!(CityTable::load(bytes).unwrap_err(), Damage::NewerFormat(2));
}
