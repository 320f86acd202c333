use super::*;

fn place(zip: &str) -> Place {
    locate(Zip::parse(zip).unwrap().zip)
}

fn state(zip: &str) -> Option<&'static str> {
    place(zip).state.map(State::code)
}

#[test]
fn e02_a_zip_of_another_length_is_refused() {
    assert_eq!(Zip::parse(""), Err(ZipError::Empty));
    assert_eq!(Zip::parse(" \t"), Err(ZipError::Empty));
    for text in [
        "9",
        "9021",
        "902100",
        "9021012",
        "90210123",
        "9021012345",
        "90210-",
        "90210-123",
        "-90210",
    ] {
        assert_eq!(Zip::parse(text), Err(ZipError::Malformed), "{text}");
    }
}

#[test]
fn e03_a_zip_plus_four_is_read() {
    for text in ["90210-1234", "90210 1234", "902101234", "  90210-1234\n"] {
        let typed = Zip::parse(text).unwrap();
        assert_eq!((typed.zip.number(), typed.plus4), (90210, Some(1234)), "{text}");
    }
    assert_eq!(Zip::parse("02108-0007").unwrap().plus4, Some(7));
}

#[test]
fn e04_digits_of_other_scripts_are_refused() {
    for text in ["９０２１０", "٩٠٢١٠", "९०२१०", "9021०"] {
        assert_eq!(Zip::parse(text), Err(ZipError::Malformed), "{text}");
    }
}

#[test]
fn e05_what_is_left_of_a_bad_encoding_is_refused() {
    for text in [
        "%39%30%32%31%30",
        "%2539",
        "90%zz0",
        "9021\0",
        "90\u{0}10",
        "9021\u{fffd}",
        "+9021",
        "0x1F4",
        "1e4  ",
    ] {
        assert_eq!(Zip::parse(text), Err(ZipError::Malformed), "{text}");
    }
}

#[test]
fn e06_unassigned_military_and_territorial_prefixes_are_told_apart() {
    assert_eq!(state("00000"), None);
    assert_eq!(state("98799"), None);
    assert_eq!(state("99999"), Some("AK"));
    assert!(!place("99999").known);
    assert_eq!(
        [state("09012"), state("34002"), state("96201")],
        [Some("AE"), Some("AA"), Some("AP")]
    );
    assert_eq!(
        [state("00901"), state("96910"), state("00801")],
        [Some("PR"), Some("GU"), Some("VI")]
    );
    assert_eq!(
        [state("96799"), state("96940"), state("96941")],
        [Some("AS"), Some("PW"), Some("FM")]
    );
    assert_eq!([state("96950"), state("96960")], [Some("MP"), Some("MH")]);
}

#[test]
fn defect_a_leading_zeros_survive() {
    assert_eq!(Zip::parse("02108").unwrap().zip.to_string(), "02108");
    assert_eq!(state("02108"), Some("MA"));
    assert_eq!(Zip::from_number(2108).unwrap().to_string(), "02108");
    assert_eq!(Zip::from_number(501).unwrap().to_string(), "00501");
    assert_eq!(Zip::from_number(-1), None);
    assert_eq!(Zip::from_number(100_000), None);
    assert_eq!(Zip::from_number(i64::MAX), None);
}

#[test]
fn exceptions_beat_their_prefix() {
    assert_eq!([state("06390"), state("06389")], [Some("NY"), Some("CT")]);
    assert_eq!([state("73960"), state("83414")], [Some("TX"), Some("WY")]);
}

#[test]
fn a_zip_across_a_state_line_names_the_other_states() {
    let codes: Vec<_> = place("86514")
        .alternatives
        .iter()
        .map(|state| state.code())
        .collect();
    assert_eq!((state("86514"), codes), (Some("AZ"), vec!["NM", "UT"]));
    assert!(place("10001").alternatives.is_empty());
}

#[test]
fn a_new_zip_of_an_assigned_prefix_has_the_prefixs_state() {
    let unknown = (10_000..=10_099)
        .filter_map(Zip::from_number)
        .find(|zip| !locate(*zip).known)
        .unwrap();
    assert_eq!(locate(unknown).state.map(State::code), Some("NY"));
    assert!(place("10001").known);
}

#[test]
fn state_numbers_are_the_format_and_never_move() {
    let codes: Vec<_> = State::all().map(State::code).collect();
    insta::assert_snapshot!(codes.join(" "), @"AA AE AK AL AP AR AS AZ CA CO CT DC DE FL FM GA GU HI IA ID IL IN KS KY LA MA MD ME MH MI MN MO MP MS MT NC ND NE NH NJ NM NV NY OH OK OR PA PR PW RI SC SD TN TX UT VA VI VT WA WI WV WY");
    assert!(State::all().all(|state| State::parse(&state.code().to_lowercase()) == Some(state)));
    for other in ["ZZ", "", "A", "NYC", "N\u{e9}"] {
        assert_eq!(State::parse(other), None);
    }
}
