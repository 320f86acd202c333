use super::*;

const NONE: [(&str, &str); 0] = [];

fn value(name: &str) -> &'static str {
    match name {
        "zip" => "02108",
        "city" => "New York",
        "odd" => "a&b=c#d\r\nX: y",
        "long" => Box::leak("x".repeat(3_000).into_boxed_str()),
        _ => "",
    }
}

fn build(template: &str, parameters: &[(&str, &str)], query: &str) -> Option<String> {
    let pass = ["utm_*", "gclid", "zip_code"].map(String::from);
    let allowed = ["q.example", "q.example:8443"].map(String::from);
    let parameters = parameters.iter().map(|(name, value)| (*name, *value));
    location(template, parameters, &value, query, &pass, &allowed)
}

#[track_caller]
fn assert_url(template: &str, parameters: &[(&str, &str)], query: &str, expected: &str) {
    assert_eq!(build(template, parameters, query).as_deref(), Some(expected));
}

#[test]
fn defect_d_values_are_encoded_and_an_existing_query_is_joined() {
    let parameters = [("zip_code", "{zip}"), ("city", "{city}")];
    assert_url(
        "https://q.example/a",
        &parameters,
        "",
        "https://q.example/a?zip_code=02108&city=New%20York",
    );
    assert_url(
        "https://q.example/a?x=1",
        &parameters,
        "",
        "https://q.example/a?x=1&zip_code=02108&city=New%20York",
    );
    assert_url(
        "https://q.example/a?",
        &parameters,
        "",
        "https://q.example/a?zip_code=02108&city=New%20York",
    );
    assert_url(
        "https://q.example/a?x=1&",
        &parameters,
        "",
        "https://q.example/a?x=1&zip_code=02108&city=New%20York",
    );
    assert_url(
        "https://q.example/a#f",
        &parameters,
        "",
        "https://q.example/a?zip_code=02108&city=New%20York#f",
    );
    assert_url(
        "https://q.example/{city}?z={zip}#{zip}",
        &NONE,
        "",
        "https://q.example/New%20York?z=02108#02108",
    );
}

#[test]
fn a_parameter_without_a_value_or_set_by_the_template_is_left_out() {
    let parameters = [("phone", "{phone}"), ("zip", "{zip}")];
    assert_url(
        "https://q.example/?zip=1",
        &parameters,
        "",
        "https://q.example/?zip=1",
    );
}

#[test]
fn e12_a_value_stays_inside_its_place() {
    assert_url(
        "https://q.example/?a={odd}",
        &NONE,
        "",
        "https://q.example/?a=a%26b%3Dc%23d%0D%0AX%3A%20y",
    );
}

#[test]
fn e11_only_listed_parameters_are_passed_and_never_a_line_break() {
    let query = "next=https://evil.example&utm_source=%0d%0aSet-Cookie:a&url=//evil.example&gclid=1";
    let expected = "https://q.example/?utm_source=%0D%0ASet-Cookie%3Aa&gclid=1";
    assert_url("https://q.example/", &NONE, query, expected);
}

#[test]
fn the_first_of_a_name_is_passed_and_none_that_is_set() {
    let query = "utm_source=a&utm_source=b&utm%5Fsource=c&zip_code=99999&&=&gclid&utm_=";
    let expected = "https://q.example/?zip_code=02108&utm_source=a&gclid&utm_=";
    assert_url("https://q.example/", &[("zip_code", "{zip}")], query, expected);
}

#[test]
fn too_much_query_is_dropped_whole() {
    let fits = format!("gclid={}", "x".repeat(MAX_PASSED_BYTES - "?gclid=".len()));
    assert!(build("https://q.example/", &NONE, &fits).unwrap().ends_with('x'));
    assert_url("https://q.example/", &NONE, &(fits + "x"), "https://q.example/");
    let many: String = (0..10_000).map(|n| format!("utm_{n}=1&")).collect();
    assert_url("https://q.example/", &NONE, &many, "https://q.example/");
}

#[test]
fn e24_a_location_that_would_be_too_long_loses_the_query_and_still_redirects() {
    let template = format!("https://q.example/{}#f", "p".repeat(1_500));
    let query = format!("gclid={}", "x".repeat(600));
    assert_eq!(build(&template, &NONE, &query), Some(template));
    assert!(
        build("https://q.example/{long}", &NONE, "gclid=1")
            .unwrap()
            .ends_with("xxx")
    );
}

#[test]
fn no_host_but_a_listed_one_is_reached() {
    for template in [
        "https://evil.example/",
        "https://q.example.evil.example/",
        "https://q.example:444/",
        "https://q.example@evil.example/",
        "http://q.example/",
        "//q.example/",
        "",
    ] {
        assert_eq!(build(template, &NONE, ""), None, "{template}");
    }
    assert_url("https://q.example:8443/", &NONE, "", "https://q.example:8443/");
}
