//! Who is not a visitor: crawlers, link previews, monitors, prefetches. They are redirected like anyone, and
//! their hits are stored, flagged and left out of default totals.

/// Whether this is a bot, a preview or a prefetch. A browser always says who it is, so no user agent is a bot.
#[must_use]
pub fn is_bot(user_agent: &str, purpose: &str) -> bool {
    // `Sec-Purpose: prefetch;prerender`, `Purpose: prefetch`, `Purpose: preview`
    purpose.starts_with("pre") || user_agent.is_empty() || names_a_bot(user_agent.as_bytes())
}

/// One pass over the user agent: at each letter that begins a word of the list, compare.
/// `curl` is not on the list: it is what people try the edge with.
fn names_a_bot(user_agent: &[u8]) -> bool {
    (0..user_agent.len()).any(|at| {
        let (before, rest) = user_agent.split_at_checked(at).unwrap_or_default();
        let words: &[&str] = match rest.first().map_or(0, u8::to_ascii_lowercase) {
            // CUBOT makes telephones.
            b'b' if !before.ends_with(b"CU") => &["bot"],
            b'c' => &["crawl"],
            b'f' => &["facebookexternalhit", "facebookcatalog", "feedfetcher"],
            b'g' => &["google-read-aloud", "google-inspectiontool"],
            b'h' => &["headlesschrome", "http-client"],
            b'l' => &["lighthouse"],
            b'p' => &["preview", "pingdom", "phantomjs", "python-", "pinterest/"],
            b's' => &["spider", "slurp", "snapchat", "scrapy"],
            b'u' => &["uptime"],
            b'w' => &["whatsapp", "wget/", "wordpress"],
            _ => return false,
        };
        words.iter().any(|word| starts_with(rest, word))
    })
}

fn starts_with(text: &[u8], word: &str) -> bool {
    text.get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bots_previews_and_prefetches_are_flagged() {
        for user_agent in [
            "",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "WhatsApp/2.23.20.0",
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/126.0.0.0 Safari/537.36",
            "Mozilla/5.0 (compatible; YandexBot/3.0)",
            "python-requests/2.32",
        ] {
            assert!(is_bot(user_agent, ""), "{user_agent}");
        }
        assert!(is_bot(
            "Mozilla/5.0 Chrome/126.0.0.0 Safari/537.36",
            "prefetch;prerender"
        ));
        assert!(is_bot("Mozilla/5.0 Chrome/126.0.0.0 Safari/537.36", "preview"));
    }

    #[test]
    fn browsers_are_visitors() {
        for user_agent in [
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1",
            "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
            "Mozilla/5.0 (Linux; Android 11; CUBOT X50) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36",
            "curl/8.5.0",
        ] {
            assert!(!is_bot(user_agent, ""), "{user_agent}");
        }
    }
}
