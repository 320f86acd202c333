use url::Url;

use super::ConfigError;

/// Origins as browsers write them: scheme, host and port, and no path.
pub(super) fn parse_origins(texts: &[String]) -> Result<Vec<String>, ConfigError> {
    texts.iter().map(|text| parse_origin(text)).collect()
}

fn parse_origin(text: &str) -> Result<String, ConfigError> {
    let invalid = || {
        let detail = format!("`{text}` is no origin: write it like https://www.example.com, without a path");
        ConfigError::Invalid("MARQUEE_CORS_ORIGINS", detail)
    };
    let url = Url::parse(text.trim()).map_err(|_| invalid())?;
    let origin = url.origin().ascii_serialization();
    if !matches!(url.scheme(), "http" | "https") || text.trim().trim_end_matches('/') != origin {
        return Err(invalid());
    }
    Ok(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for good in [
            "https://www.example.com",
            "https://www.example.com/",
            "http://127.0.0.1:5173",
        ] {
            assert_eq!(parse_origin(good).unwrap(), good.trim_end_matches('/'));
        }
        for bad in [
            "",
            "*",
            "null",
            "www.example.com",
            "https://a.example/path",
            "https://A.example",
            "file:///x",
        ] {
            assert!(parse_origin(bad).is_err(), "{bad}");
        }
    }
}
