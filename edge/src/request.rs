//! From the facts of a request to what it asks for. Everything a stranger sends is read here, once.

use std::borrow::Cow;
use std::net::IpAddr;

/// What the runtime knows of a request, gathered by `js/facts.js` in this order. What is missing is empty.
/// Other headers (`X-Forwarded-*`, `X-Original-URL`, `Forwarded`) are not even read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    pub method: &'a str,
    pub url: &'a str,
    pub accept: &'a str,
    pub accept_language: &'a str,
    pub user_agent: &'a str,
    /// `Sec-CH-UA-Mobile`.
    pub mobile_hint: &'a str,
    /// `Sec-Purpose`, else `Purpose`.
    pub purpose: &'a str,
    /// `CF-Connecting-IP`: set by Cloudflare, whatever the client sent.
    pub ip: &'a str,
    pub cookie: &'a str,
    /// From the visitor's address: country, state, and the data centre that answers.
    pub country: &'a str,
    pub region: &'a str,
    pub colo: &'a str,
}

impl<'a> Facts<'a> {
    #[must_use]
    pub fn parse(lines: &'a str) -> Self {
        let mut lines = lines.split('\n');
        let mut next = || lines.next().unwrap_or_default();
        Self {
            method: next(),
            url: next(),
            accept: next(),
            accept_language: next(),
            user_agent: next(),
            mobile_hint: next(),
            purpose: next(),
            ip: next(),
            cookie: next(),
            country: next(),
            region: next(),
            colo: next(),
        }
    }

    /// The visitor's network: /24 of IPv4, /48 of IPv6. No more of an address is ever kept.
    #[must_use]
    pub fn network(&self) -> Option<String> {
        match self.ip.parse::<IpAddr>().ok()?.to_canonical() {
            IpAddr::V4(ip) => {
                let [a, b, c, _] = ip.octets();
                Some(format!("{a}.{b}.{c}.0/24"))
            }
            IpAddr::V6(ip) => {
                // As `Ipv6Addr` would print it, whose code would be larger than all of this file.
                let [a, b, c, ..] = ip.segments();
                let kept = match (a, b, c) {
                    (0, 0, 0) => String::new(),
                    (a, 0, 0) => format!("{a:x}"),
                    (a, b, 0) => format!("{a:x}:{b:x}"),
                    (a, b, c) => format!("{a:x}:{b:x}:{c:x}"),
                };
                Some(kept + "::/48")
            }
        }
    }

    /// The cookie by which a brand's site makes a visitor's split sticky.
    #[must_use]
    pub fn visitor_cookie(&self) -> Option<&'a str> {
        self.cookie
            .split(';')
            .find_map(|pair| pair.trim().strip_prefix("vid="))
            .filter(|value| !value.is_empty())
    }
}

/// A URL cut into its parts, without a URL parser: the runtime has already checked it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// Lower case, without port and trailing dot.
    pub host: Cow<'a, str>,
    /// As sent, percent-encoded; starts with a slash or is empty.
    pub path: &'a str,
    /// As sent, without `?`.
    pub query: &'a str,
}

impl<'a> Address<'a> {
    #[must_use]
    pub fn parse(url: &'a str) -> Self {
        let rest = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"))
            .unwrap_or(url);
        let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest
            .find('/')
            .and_then(|at| rest.split_at_checked(at))
            .unwrap_or((rest, ""));
        Self {
            host: host(authority),
            path,
            query,
        }
    }
}

/// The host of an authority in the form in which manifests write it.
fn host(authority: &str) -> Cow<'_, str> {
    let name = match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// `/go/{brand}/{product}`, on any host.
    Go {
        brand: Cow<'a, str>,
        product: Cow<'a, str>,
    },
    /// `/{product}`, on a brand's own host.
    Product(Cow<'a, str>),
    /// `/generator/process`, as the original service had it.
    Process,
    /// `/healthz`.
    Health,
    Unknown,
}

impl<'a> Route<'a> {
    #[must_use]
    pub fn parse(path: &'a str) -> Self {
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut segments = path.split('/');
        match (segments.next(), segments.next(), segments.next(), segments.next()) {
            (Some("healthz"), None, ..) => Self::Health,
            (Some("generator"), Some("process"), None, _) => Self::Process,
            (Some("go"), Some(brand), Some(product), None) => match (decode(brand), decode(product)) {
                (Some(brand), Some(product)) => Self::Go { brand, product },
                _ => Self::Unknown,
            },
            (Some("" | "go" | "generator"), None, ..) => Self::Unknown,
            (Some(product), None, ..) => decode(product).map_or(Self::Unknown, Self::Product),
            _ => Self::Unknown,
        }
    }
}

/// The ZIP, as far as the query goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Given<'a> {
    /// Not there, or blank.
    #[default]
    Missing,
    /// Repeated with another value, or not decodable.
    Malformed,
    Text(Cow<'a, str>),
}

/// The parameters the edge knows. Names are case-sensitive; of a repeated one the first counts, except that a
/// ZIP repeated with another value is malformed: guessing which one was meant would send people astray.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query<'a> {
    pub zip: Given<'a>,
    pub lang: Option<Cow<'a, str>>,
    pub device: Option<Cow<'a, str>>,
    pub media: Option<Cow<'a, str>>,
    pub vid: Option<Cow<'a, str>>,
    pub format: Option<Cow<'a, str>>,
    pub brand: Option<Cow<'a, str>>,
}

impl<'a> Query<'a> {
    #[must_use]
    pub fn parse(query: &'a str) -> Self {
        let mut found = Self::default();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(name) = decode_form(name) else { continue };
            let slot = match &*name {
                "zip" => {
                    found.zip = zip_again(found.zip, value);
                    continue;
                }
                "lang" => &mut found.lang,
                "device" => &mut found.device,
                "media" => &mut found.media,
                "vid" => &mut found.vid,
                "format" => &mut found.format,
                "brand" => &mut found.brand,
                _ => continue,
            };
            if slot.is_none() {
                *slot = decode_form(value).filter(|value| !value.is_empty());
            }
        }
        found
    }
}

fn zip_again<'a>(before: Given<'a>, value: &'a str) -> Given<'a> {
    let now = match decode_form(value) {
        None => Given::Malformed,
        Some(text) if text.trim().is_empty() => Given::Missing,
        Some(text) => Given::Text(text),
    };
    match (before, now) {
        (Given::Missing, now) => now,
        (before, Given::Missing) => before,
        (before, now) if before == now => before,
        _ => Given::Malformed,
    }
}

/// Percent-decodes a path segment, once. `None`: a bad escape, a control character, or not UTF-8.
fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| byte == b'%') {
        return Some(Cow::Borrowed(text));
    }
    unescape(text.bytes())
}

/// The same for a query's names and values, where a plus is a blank.
fn decode_form(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Some(Cow::Borrowed(text));
    }
    unescape(text.bytes().map(|byte| if byte == b'+' { b' ' } else { byte }))
}

fn unescape(mut bytes: impl Iterator<Item = u8>) -> Option<Cow<'static, str>> {
    let mut plain = Vec::new();
    while let Some(byte) = bytes.next() {
        let byte = if byte == b'%' {
            let (high, low) = (hex(bytes.next()?)?, hex(bytes.next()?)?);
            (high << 4) | low
        } else {
            byte
        };
        if byte.is_ascii_control() {
            return None;
        }
        plain.push(byte);
    }
    String::from_utf8(plain).ok().map(Cow::Owned)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use super::*;

    #[test]
    fn e09_hosts_are_written_one_way() {
        for (url, host) in [
            ("https://go.acme.test/auto", "go.acme.test"),
            ("https://GO.Acme.TEST:8443/auto", "go.acme.test"),
            ("https://go.acme.test./auto", "go.acme.test"),
            ("https://go.acme.test.:80?zip=1", "go.acme.test"),
            ("http://127.0.0.1:8787/", "127.0.0.1"),
            ("http://[::1]:8787/", "[::1]"),
            ("http://[::1]", "[::1]"),
            ("", ""),
        ] {
            assert_eq!(Address::parse(url).host, host, "{url}");
        }
    }

    #[test]
    fn urls_are_cut_without_a_parser() {
        let address = Address::parse("https://go.acme.test/go/acme/auto?zip=02108&x=/y?z#top");
        assert_eq!(
            (address.path, address.query),
            ("/go/acme/auto", "zip=02108&x=/y?z")
        );
        let bare = Address::parse("https://go.acme.test?zip=1");
        assert_eq!((bare.path, bare.query), ("", "zip=1"));
    }

    #[test]
    fn paths_lead_somewhere_or_nowhere() {
        let go = |brand, product| Route::Go {
            brand: Cow::Borrowed(brand),
            product: Cow::Borrowed(product),
        };
        for (path, route) in [
            ("/go/acme/auto", go("acme", "auto")),
            ("/go/acme/auto/", go("acme", "auto")),
            ("/go/%61cme/auto", go("acme", "auto")),
            ("/auto", Route::Product("auto".into())),
            ("/healthz", Route::Health),
            ("/generator/process", Route::Process),
            ("/", Route::Unknown),
            ("", Route::Unknown),
            ("/go", Route::Unknown),
            ("/go/acme", Route::Unknown),
            ("/go/acme/auto/90210", Route::Unknown),
            ("/go/%zz/auto", Route::Unknown),
            ("/generator", Route::Unknown),
            ("/%00", Route::Unknown),
            ("/%c0%af", Route::Unknown),
        ] {
            assert_eq!(Route::parse(path), route, "{path}");
        }
    }

    #[test]
    fn e04_e05_zips_are_decoded_exactly_once() {
        let zip = |query| Query::parse(query).zip;
        assert_eq!(zip("zip=%39%30%32%31%30"), Given::Text("90210".into()));
        assert_eq!(zip("zip=%2539%2530210"), Given::Text("%39%30210".into()));
        assert_eq!(zip("%7aip=90210"), Given::Text("90210".into()));
        assert_eq!(zip("zip=+90210+"), Given::Text(" 90210 ".into()));
        for bad in [
            "zip=%zz",
            "zip=%",
            "zip=%3",
            "zip=902%0010",
            "zip=%c0%b9",
            "zip=%ff",
            "zip=9%0d%0a",
        ] {
            assert_eq!(zip(bad), Given::Malformed, "{bad}");
        }
    }

    #[test]
    fn e07_a_zip_repeated_with_another_value_is_malformed() {
        let zip = |query| Query::parse(query).zip;
        assert_eq!(zip("zip=90210&zip=10001"), Given::Malformed);
        assert_eq!(zip("zip=90210&zip=90210"), Given::Text("90210".into()));
        assert_eq!(zip("zip=&zip=90210"), Given::Text("90210".into()));
        assert_eq!(zip("zip=90210&zip="), Given::Text("90210".into()));
        assert_eq!(zip("zip=%zz&zip=90210"), Given::Malformed);
        assert_eq!(zip("ZIP=90210"), Given::Missing);
        assert_eq!(zip("zip"), Given::Missing);
        assert_eq!(zip("zip=+"), Given::Missing);
        assert_eq!(Query::parse("lang=es&lang=en").lang.as_deref(), Some("es"));
        assert_eq!(Query::parse("lang=&lang=en").lang.as_deref(), Some("en"));
    }

    #[test]
    fn addresses_are_cut_before_anything_is_kept() {
        let network = |ip| {
            Facts {
                ip,
                ..Facts::default()
            }
            .network()
        };
        assert_eq!(network("203.0.113.77").as_deref(), Some("203.0.113.0/24"));
        assert_eq!(
            network("2001:db8:85a3:8d3:1319:8a2e:370:7348").as_deref(),
            Some("2001:db8:85a3::/48")
        );
        for segments in [
            [0, 0, 0],
            [0, 0, 1],
            [0x2001, 0, 0],
            [0x2001, 0, 0xa],
            [0, 0xb8, 0],
            [0x2a, 0xb8, 0xffff],
        ] {
            let [a, b, c] = segments;
            let printed = |rest| Ipv6Addr::new(a, b, c, rest, 0, 0, 0, rest).to_string();
            let address = printed(7);
            let facts = Facts {
                ip: &address,
                ..Facts::default()
            };
            assert_eq!(facts.network(), Some(printed(0) + "/48"));
        }
        assert_eq!(network("::ffff:203.0.113.77").as_deref(), Some("203.0.113.0/24"));
        assert_eq!(network(""), None);
        assert_eq!(network("203.0.113.77, 10.0.0.1"), None);
    }

    #[test]
    fn the_visitors_cookie_is_found_among_others() {
        let cookie = |cookie| {
            Facts {
                cookie,
                ..Facts::default()
            }
            .visitor_cookie()
        };
        assert_eq!(cookie("a=1; vid=abc; b=2"), Some("abc"));
        assert_eq!(cookie("david=1"), None);
        assert_eq!(cookie("vid="), None);
    }

    #[test]
    fn facts_are_read_in_the_order_of_the_glue() {
        let facts =
            Facts::parse("GET\nhttps://a.test/\nacc\nlang\nua\n?1\nprefetch\n1.2.3.4\nvid=1\nUS\nNY\nEWR");
        assert_eq!(
            (facts.method, facts.mobile_hint, facts.colo),
            ("GET", "?1", "EWR")
        );
        assert_eq!(Facts::parse("").colo, "");
    }
}
