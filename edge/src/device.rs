//! What the visitor holds, from client hints and the user agent.

use marquee_shared::decide::Device;

/// `Sec-CH-UA-Mobile` tells a phone from the rest; the user agent tells tablets, and everything where the
/// hint is missing. What we do not recognise is a desktop.
#[must_use]
pub fn detect(hint_mobile: &str, user_agent: &str) -> Device {
    let says = |word: &str| user_agent.contains(word);
    if hint_mobile == "?1" {
        return Device::Mobile;
    }
    let android = says("Android");
    // Android tablets leave the word Mobile out.
    if says("iPad") || says("Tablet") || says("Kindle") || says("Silk/") || (android && !says("Mobile")) {
        return Device::Tablet;
    }
    if hint_mobile != "?0"
        && (android || says("iPhone") || says("iPod") || says("Mobi") || says("Opera Mini"))
    {
        return Device::Mobile;
    }
    Device::Desktop
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
        let android_phone =
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36";
        let android_tablet =
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36";
        let windows =
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36";
        for (hint, user_agent, expected) in [
            ("", iphone, Device::Mobile),
            ("", ipad, Device::Tablet),
            ("", android_phone, Device::Mobile),
            ("?1", android_phone, Device::Mobile),
            ("?0", android_tablet, Device::Tablet),
            ("", android_tablet, Device::Tablet),
            ("?0", windows, Device::Desktop),
            ("?1", windows, Device::Mobile),
            ("", "", Device::Desktop),
            ("?x", "curl/8.5.0", Device::Desktop),
        ] {
            assert_eq!(detect(hint, user_agent), expected, "{hint} {user_agent}");
        }
    }
}
