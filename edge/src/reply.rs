//! Answers before they are HTTP: redirects, JSON, small pages, problems.

use serde::Serialize;

/// An answer as plain data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<String>,
}

/// Where a visitor goes, and by whose word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirection {
    pub location: String,
    /// Revision and hit id; none where nothing was decided (`ask_url`, `LAST_RESORT`).
    pub stamp: Option<Stamp>,
}

/// What every decided answer carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub revision: u32,
    pub hit: String,
    /// Decided by a manifest past its soft expiry.
    pub stale: bool,
}

impl Reply {
    /// Nothing of ours may be kept by a cache: the next visitor has another ZIP.
    #[must_use]
    pub fn new(status: u16) -> Self {
        let headers = vec![("cache-control", "private, no-store".to_owned())];
        Self {
            status,
            headers,
            body: None,
        }
    }

    #[must_use]
    pub fn redirect(redirection: Redirection) -> Self {
        Self::new(302)
            .header("location", redirection.location)
            .stamped(redirection.stamp.as_ref())
    }

    #[must_use]
    pub fn json(status: u16, content_type: &str, body: &impl Serialize) -> Self {
        let mut reply = Self::new(status).header("content-type", content_type);
        // Our bodies are structs and strings, which always serialize.
        reply.body = Some(serde_json::to_string(body).unwrap_or_default());
        reply
    }

    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// As `js/worker.js` reads it: the status, a header a line, an empty line, the body.
    #[must_use]
    pub fn text(self, with_body: bool) -> String {
        let mut text = self.status.to_string();
        for (name, value) in &self.headers {
            text.extend(["\n", name, ": ", value]);
        }
        text.push_str("\n\n");
        text.push_str(self.body.as_deref().filter(|_| with_body).unwrap_or_default());
        text
    }

    #[must_use]
    pub fn stamped(self, stamp: Option<&Stamp>) -> Self {
        let Some(stamp) = stamp else { return self };
        let reply = self
            .header("x-marquee-revision", stamp.revision.to_string())
            .header("x-marquee-hit", &*stamp.hit);
        if stamp.stale {
            reply.header("x-marquee-stale", "1")
        } else {
            reply
        }
    }
}

/// What went wrong, for the visitor: a stable code, and a sentence for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    ZipMissing,
    ZipInvalid,
    ZipUnknown,
    NoRule,
    UnknownBrand,
    UnknownProduct,
    NotFound,
    BodyInvalid,
    BodyTooLarge,
    Unavailable,
    /// The methods that are allowed.
    Method(&'static str),
}

impl Problem {
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::ZipMissing | Self::ZipInvalid | Self::BodyInvalid => 400,
            Self::ZipUnknown | Self::NoRule | Self::UnknownBrand | Self::UnknownProduct | Self::NotFound => {
                404
            }
            Self::Method(_) => 405,
            Self::BodyTooLarge => 413,
            Self::Unavailable => 503,
        }
    }

    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::ZipMissing => "zip_missing",
            Self::ZipInvalid => "zip_invalid",
            Self::ZipUnknown => "zip_unknown",
            Self::NoRule => "no_rule",
            Self::UnknownBrand => "unknown_brand",
            Self::UnknownProduct => "unknown_product",
            Self::NotFound => "not_found",
            Self::BodyInvalid => "body_invalid",
            Self::BodyTooLarge => "body_too_large",
            Self::Unavailable => "unavailable",
            Self::Method(_) => "method_not_allowed",
        }
    }

    fn title(self) -> &'static str {
        match self.status() {
            400 => "Bad Request",
            404 => "Not Found",
            405 => "Method Not Allowed",
            413 => "Content Too Large",
            _ => "Service Unavailable",
        }
    }

    fn detail(self) -> &'static str {
        match self {
            Self::ZipMissing => "Please tell us your ZIP code.",
            Self::ZipInvalid => "That is not a ZIP code. Please enter five digits.",
            Self::ZipUnknown => "We do not know that ZIP code.",
            Self::NoRule => "We have nothing to offer for that ZIP code yet.",
            Self::UnknownBrand => "There is no such brand.",
            Self::UnknownProduct => "There is no such product.",
            Self::NotFound => "There is nothing here.",
            Self::BodyInvalid => "The body is not what this endpoint expects.",
            Self::BodyTooLarge => "The body is too large.",
            Self::Unavailable => "Please try again in a moment.",
            Self::Method(_) => "This method is not allowed here.",
        }
    }

    /// As `application/problem+json` (RFC 9457) for programs, as a small page for people.
    #[must_use]
    pub fn reply(self, json: bool) -> Reply {
        let reply = if json { self.json(None) } else { self.page() };
        match self {
            Self::Method(allowed) => reply.header("allow", allowed),
            Self::Unavailable => reply.header("retry-after", "2"),
            _ => reply,
        }
    }

    /// With the `success` and `message` of the original service, where its clients ask.
    #[must_use]
    pub fn json(self, message: Option<&str>) -> Reply {
        #[derive(Serialize)]
        struct Body<'a> {
            r#type: &'a str,
            title: &'a str,
            status: u16,
            code: &'a str,
            detail: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            success: Option<bool>,
            #[serde(skip_serializing_if = "Option::is_none")]
            message: Option<&'a str>,
        }
        let body = Body {
            r#type: "about:blank",
            title: self.title(),
            status: self.status(),
            code: self.code(),
            detail: self.detail(),
            success: message.map(|_| false),
            message,
        };
        Reply::json(self.status(), "application/problem+json", &body)
    }

    /// Nothing of the request is in it, and it may load and run nothing.
    fn page(self) -> Reply {
        let (title, detail) = (self.title(), self.detail());
        let mut reply = Reply::new(self.status())
            .header("content-type", "text/html; charset=utf-8")
            .header(
                "content-security-policy",
                "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            )
            .header("x-content-type-options", "nosniff")
            .header("referrer-policy", "no-referrer");
        reply.body = Some(format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
             <h1>{title}</h1>\n<p>{detail}</p>\n"
        ));
        reply
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
        reply
            .headers
            .iter()
            .find(|(header, _)| *header == name)
            .map(|(_, value)| value.as_str())
    }

    #[test]
    fn a_problem_is_json_for_programs_and_a_page_for_people() {
        let json = Problem::ZipUnknown.reply(true);
        assert_eq!(
            (json.status, header(&json, "content-type")),
            (404, Some("application/problem+json"))
        );
        assert_eq!(
            json.body.as_deref(),
            Some(
                r#"{"type":"about:blank","title":"Not Found","status":404,"code":"zip_unknown","detail":"We do not know that ZIP code."}"#
            )
        );
        let page = Problem::ZipUnknown.reply(false);
        assert_eq!(
            (page.status, header(&page, "content-type")),
            (404, Some("text/html; charset=utf-8"))
        );
        assert!(page.body.is_some_and(|body| !body.contains("<script")));
    }

    #[test]
    fn no_problem_is_a_500() {
        for problem in [
            Problem::BodyInvalid,
            Problem::BodyTooLarge,
            Problem::Unavailable,
            Problem::NotFound,
        ] {
            assert_ne!(problem.status(), 500);
        }
        assert_eq!(
            header(&Problem::Unavailable.reply(false), "retry-after"),
            Some("2")
        );
        assert_eq!(
            header(&Problem::Method("GET, HEAD").reply(true), "allow"),
            Some("GET, HEAD")
        );
    }

    #[test]
    fn nothing_may_be_cached_and_stale_answers_say_so() {
        let stamp = Stamp {
            revision: 7,
            hit: "h".into(),
            stale: true,
        };
        let reply = Reply::redirect(Redirection {
            location: "https://a.test/".into(),
            stamp: Some(stamp),
        });
        assert_eq!(header(&reply, "cache-control"), Some("private, no-store"));
        assert_eq!(header(&reply, "x-marquee-revision"), Some("7"));
        assert_eq!(header(&reply, "x-marquee-stale"), Some("1"));
    }
}
