//! ZIP → state against a source of its own: every ZIP of the crate `zipcodes`, a heavy dependency that no other
//! package has to build.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::collections::BTreeSet;

use marquee_shared::zip::{State, Zip, locate};

/// Post offices of the forces in Europe, which the crate files under New Jersey.
const DIFFERENT: [&str; 6] = ["09905", "09980", "09981", "09982", "09983", "09984"];

#[test]
fn every_zip_of_the_other_source_lies_in_the_same_state() {
    let different: BTreeSet<&str> = zipcodes::database()
        .iter()
        .filter(|other| {
            let zip = Zip::parse(&other.zip_code).unwrap().zip;
            locate(zip).state.map(State::code) != Some(other.state.as_str())
        })
        .map(|other| other.zip_code.as_str())
        .collect();
    assert_eq!(different, BTreeSet::from(DIFFERENT));
    assert!(zipcodes::database().len() >= 42_788);
    for zip in DIFFERENT {
        assert_eq!(
            locate(Zip::parse(zip).unwrap().zip).state.map(State::code),
            Some("AE")
        );
    }
}
