use std::collections::{BTreeMap, BTreeSet};

use super::findings::{At, Findings, escaped};
use super::is_text;
use super::url::{Known, is_destination, is_host};
use crate::code::is_code;
use crate::compile::systems::is_built_in;
use crate::decide::Device;
use crate::rules::{Mode, Parameter, RuleSet, Settings};
use crate::template::{Part, parts};

/// Paths of the edge itself.
const RESERVED: [&str; 3] = ["go", "healthz", "generator"];

pub(super) fn check(set: &RuleSet, variables: &BTreeSet<&str>, findings: &mut Findings) {
    let settings = &set.settings;
    let mut at = findings.settings();
    if !is_code(&set.brand) {
        at.add("/brand", "brand_invalid", format!("`{}`: {CODE}", set.brand));
    }
    let known = Known {
        destinations: &settings.destinations,
        variables,
    };
    hosts(settings, &mut at);
    languages(settings, &mut at);
    products(settings, &known, &mut at);
    urls(settings, &known, &mut at);
    for (name, parameters) in &settings.systems {
        system(name, parameters, &known, &mut at);
    }
    aliases(settings, &mut at);
}

const CODE: &str = "a code has 1 to 40 of a–z, 0–9 and `-`, and does not begin with `-`";

/// Every value once, and each of them good.
fn each(
    values: &[String],
    path: &str,
    code: &'static str,
    good: impl Fn(&str) -> bool,
    why: &str,
    at: &mut At<'_>,
) {
    let mut seen = BTreeSet::new();
    for (index, value) in values.iter().enumerate() {
        let path = format!("/settings/{path}/{index}");
        if !good(value) {
            at.add(&path, code, format!("`{value}`: {why}"));
        } else if !seen.insert(value) {
            at.add(
                &path,
                "value_duplicate",
                format!("`{value}` stands here twice; remove one"),
            );
        }
    }
}

fn hosts(settings: &Settings, at: &mut At<'_>) {
    let host = "write a host name in lower case or punycode, without port, trailing dot or IP address";
    each(&settings.hosts, "hosts", "host_invalid", is_host, host, at);
    let origin = "write `https://` and a host, with its port if it has one";
    each(
        &settings.origins,
        "origins",
        "origin_invalid",
        is_origin,
        origin,
        at,
    );
    let destination = "write a host name in lower case or punycode, with a port only if it is not 443";
    each(
        &settings.destinations,
        "destinations",
        "destination_invalid",
        is_destination,
        destination,
        at,
    );
    for (index, destination) in settings.destinations.iter().enumerate() {
        let host = destination.split(':').next().unwrap_or_default();
        if settings.hosts.iter().any(|own| own == host) {
            let message = format!("`{host}` is the brand's own host: visitors would be sent in a circle");
            at.add(
                format_args!("/settings/destinations/{index}"),
                "destination_loops",
                message,
            );
        }
    }
    let pass = "write a name of a–z, A–Z, 0–9, `_`, `-` and `.`, or the beginning of one and `*`";
    each(
        &settings.pass_query,
        "pass_query",
        "pass_query_invalid",
        is_pass_pattern,
        pass,
        at,
    );
}

fn is_origin(origin: &str) -> bool {
    let local = |host: &str| {
        let name = host.split(':').next().unwrap_or_default();
        name == "localhost" || name.ends_with(".localhost")
    };
    match (origin.strip_prefix("https://"), origin.strip_prefix("http://")) {
        (Some(host), _) => is_destination(host),
        (_, Some(host)) => is_destination(host) && local(host),
        _ => false,
    }
}

fn is_pass_pattern(pattern: &str) -> bool {
    let name = pattern.strip_suffix('*').unwrap_or(pattern);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    (1..=60).contains(&name.len()) && name.bytes().all(plain)
}

fn languages(settings: &Settings, at: &mut At<'_>) {
    let language = "write a language in lower case, such as `en` or `pt-br`";
    each(
        &settings.languages,
        "languages",
        "language_invalid",
        is_language,
        language,
        at,
    );
    if !settings.languages.contains(&settings.default_language) {
        let message = format!(
            "the default language `{}` is not one of the languages",
            settings.default_language
        );
        at.add("/settings/default_language", "language_unknown", message);
    }
}

fn is_language(tag: &str) -> bool {
    let mut subtags = tag.split('-');
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let first = subtags.next().unwrap_or_default();
    let primary = (2..=3).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_lowercase());
    primary && tag.len() <= 20 && subtags.all(|tag| (1..=8).contains(&tag.len()) && tag.bytes().all(plain))
}

fn products(settings: &Settings, known: &Known<'_>, at: &mut At<'_>) {
    if settings.products.is_empty() {
        at.add(
            "/settings/products",
            "products_missing",
            "the brand has no product; add one",
        );
    }
    let mut seen = BTreeSet::new();
    for (index, product) in settings.products.iter().enumerate() {
        let path = format!("/settings/products/{index}");
        let code = format!("{path}/code");
        if !is_code(&product.code) {
            at.add(&code, "product_invalid", format!("`{}`: {CODE}", product.code));
        } else if RESERVED.contains(&product.code.as_str()) {
            at.add(
                &code,
                "product_reserved",
                format!("`{}` is a path of the edge; use another code", product.code),
            );
        } else if !seen.insert(&product.code) {
            at.add(
                &code,
                "value_duplicate",
                format!("product `{}` stands here twice; remove one", product.code),
            );
        }
        if let Some(url) = &product.fallback_url {
            known.url(url, format_args!("{path}/fallback_url"), at);
        }
    }
}

fn urls(settings: &Settings, known: &Known<'_>, at: &mut At<'_>) {
    if let Some(url) = &settings.ask_url {
        known.url(url, format_args!("/settings/ask_url"), at);
        if parts(url).any(|part| matches!(part, Part::Placeholder(_))) {
            at.add(
                "/settings/ask_url",
                "placeholder_unknown",
                "nothing is known yet of who is asked for a ZIP",
            );
        }
    }
    match &settings.fallback_url {
        Some(url) => known.url(url, format_args!("/settings/fallback_url"), at),
        None if settings.mode == Mode::Fallback => {
            let message = "every visitor goes to the fallback and there is none; set `fallback_url`";
            at.add("/settings/fallback_url", "fallback_missing", message);
        }
        None => {}
    }
    if !settings.system_value.is_empty() && !is_text(&settings.system_value, 100) {
        let message = "the value has more than 100 bytes or a control character";
        at.add("/settings/system_value", "text_invalid", message);
    } else if settings.system_value.contains(['{', '}']) {
        at.add(
            "/settings/system_value",
            "placeholder_malformed",
            "the value is sent as it is, without placeholders",
        );
    }
}

fn system(name: &str, parameters: &[Parameter], known: &Known<'_>, at: &mut At<'_>) {
    let path = format!("/settings/systems/{}", escaped(name));
    if !is_code(name) {
        at.add(&path, "system_invalid", format!("`{name}`: {CODE}"));
    } else if is_built_in(name) {
        at.add(
            &path,
            "system_reserved",
            format!("`{name}` is built in; use another name"),
        );
    }
    let mut seen = BTreeSet::new();
    for (index, parameter) in parameters.iter().enumerate() {
        let path = format!("{path}/{index}");
        if !is_text(&parameter.name, 60) {
            at.add(
                format_args!("{path}/name"),
                "text_invalid",
                "a parameter's name has 1 to 60 bytes",
            );
        } else if !seen.insert(&parameter.name) {
            at.add(
                &path,
                "value_duplicate",
                format!("parameter `{}` stands here twice", parameter.name),
            );
        }
        if !is_text(&parameter.value, 200) {
            at.add(
                format_args!("{path}/value"),
                "text_invalid",
                "a parameter's value has 1 to 200 bytes",
            );
        }
        known.placeholders(&parameter.value, format_args!("{path}/value"), at);
    }
}

fn aliases(settings: &Settings, at: &mut At<'_>) {
    let products = |code: &str| settings.products.iter().any(|product| product.code == code);
    let languages = |code: &str| settings.languages.iter().any(|language| language == code);
    let devices = |code: &str| Device::parse(code).is_some();
    let aliases = &settings.aliases;
    let mut each = |dimension: &str, aliases: &BTreeMap<String, String>, known: &dyn Fn(&str) -> bool| {
        for (alias, code) in aliases {
            let path = format!("/settings/aliases/{dimension}/{}", escaped(alias));
            if !is_text(alias, 40) {
                at.add(&path, "text_invalid", "an alias has 1 to 40 bytes");
            }
            if !known(code) {
                let message = format!("`{code}` is no {dimension} of the brand; correct it or add it first");
                at.add(&path, "alias_unknown", message);
            }
        }
    };
    each("product", &aliases.product, &products);
    each("language", &aliases.language, &languages);
    each("device", &aliases.device, &devices);
    each("media", &aliases.media, &is_code);
}
