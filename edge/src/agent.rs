//! The user agent: whether this is a visitor at all, and what the visitor holds.

use marquee_shared::decide::Device;

/// What a user agent says, read in one pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agent {
    bot: bool,
    android: bool,
    phone: bool,
    tablet: bool,
}

impl Agent {
    #[must_use]
    pub fn read(user_agent: &str) -> Self {
        // A browser always says who it is.
        let mut agent = Self {
            bot: user_agent.is_empty(),
            ..Self::default()
        };
        let mut rest = user_agent.as_bytes();
        let mut before = [0; 2];
        while let Some((first, after)) = rest.split_first() {
            agent.note(*first, before, rest);
            let [_, last] = before;
            (before, rest) = ([last, *first], after);
        }
        agent
    }

    /// Looks for a word that begins here. `curl` is no bot: it is what people try the edge with.
    fn note(&mut self, first: u8, before: [u8; 2], rest: &[u8]) {
        let says = |word: &str| rest.starts_with(word.as_bytes());
        let names = |words: &[&str]| words.iter().any(|word| starts_with(rest, word));
        self.bot |= match first | 0x20 {
            // CUBOT makes telephones.
            b'b' => before != *b"CU" && names(&["bot"]),
            b'c' => names(&["crawl"]),
            b'f' => names(&["facebookexternalhit", "facebookcatalog", "feedfetcher"]),
            b'g' => names(&["google-read-aloud", "google-inspectiontool"]),
            b'h' => names(&["headlesschrome", "http-client"]),
            b'l' => names(&["lighthouse"]),
            b'p' => names(&["preview", "pingdom", "phantomjs", "python-", "pinterest/"]),
            b's' => names(&["spider", "slurp", "snapchat", "scrapy"]),
            b'u' => names(&["uptime"]),
            b'w' => names(&["whatsapp", "wget/", "wordpress"]),
            _ => false,
        };
        match first {
            b'A' => self.android |= says("Android"),
            b'M' => self.phone |= says("Mobi"),
            b'O' => self.phone |= says("Opera Mini"),
            b'i' => {
                self.phone |= says("iPhone") || says("iPod");
                self.tablet |= says("iPad");
            }
            b'K' => self.tablet |= says("Kindle"),
            b'S' => self.tablet |= says("Silk/"),
            b'T' => self.tablet |= says("Tablet"),
            _ => {}
        }
    }

    /// Whether this is a bot, a link preview or a prefetch: redirected like anyone, stored, flagged, and left out
    /// of default totals. `purpose` is `prefetch;prerender`, `preview` or the like.
    #[must_use]
    pub fn is_bot(self, purpose: &str) -> bool {
        self.bot || purpose.starts_with("pre")
    }

    /// `Sec-CH-UA-Mobile` tells a phone from the rest; the user agent tells tablets, and everything where the
    /// hint is missing. What we do not recognise is a desktop.
    #[must_use]
    pub fn device(self, mobile_hint: &str) -> Device {
        // Android tablets leave the word Mobile out.
        let tablet = self.tablet || (self.android && !self.phone);
        match mobile_hint {
            "?1" => Device::Mobile,
            _ if tablet => Device::Tablet,
            "?0" => Device::Desktop,
            _ if self.phone => Device::Mobile,
            _ => Device::Desktop,
        }
    }
}

/// Whether it starts with a lower-case word, in any case.
fn starts_with(text: &[u8], word: &str) -> bool {
    text.get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_told_by_hint_and_user_agent() {
        let iphone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148";
        let ipad =
            "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1";
        let phone =
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36";
        let tablet = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36";
        let windows =
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36";
        for (hint, user_agent, expected) in [
            ("", iphone, Device::Mobile),
            ("", ipad, Device::Tablet),
            ("", phone, Device::Mobile),
            ("?1", phone, Device::Mobile),
            ("?0", tablet, Device::Tablet),
            ("", tablet, Device::Tablet),
            ("?0", windows, Device::Desktop),
            ("?1", windows, Device::Mobile),
            ("", "", Device::Desktop),
            ("?x", "curl/8.5.0", Device::Desktop),
        ] {
            assert_eq!(
                Agent::read(user_agent).device(hint),
                expected,
                "{hint} {user_agent}"
            );
        }
    }

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
            "BingPreview/1.0b",
        ] {
            assert!(Agent::read(user_agent).is_bot(""), "{user_agent}");
        }
        let chrome = Agent::read("Mozilla/5.0 Chrome/126.0.0.0 Safari/537.36");
        assert!(chrome.is_bot("prefetch;prerender") && chrome.is_bot("preview") && !chrome.is_bot(""));
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
            assert!(!Agent::read(user_agent).is_bot(""), "{user_agent}");
        }
    }
}
