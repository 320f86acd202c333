use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior, context};
use mrml::prelude::render::RenderOptions;
use serde_json::Value as Json;

use super::mailbox::one_line;
use crate::calendar::Zone;
use crate::locale::Locale;
use crate::platform::wording;

const LAYOUT_MJML: &str = include_str!("layout.mjml");
const LAYOUT_TEXT: &str = include_str!("layout.txt");

/// A mail with gaps, in every locale. Made with the macro `template!`.
#[derive(Debug)]
pub struct Template {
    /// `feature.name`
    pub name: &'static str,
    pub pt_br: Parts,
    pub en: Parts,
}

/// The two files of a template in one locale.
#[derive(Debug)]
pub struct Parts {
    /// What goes into the column of the layout: `<mj-text>`, `<mj-button>`.
    pub mjml: &'static str,
    /// `Subject: …`, `Why: …` (why somebody gets this), an empty line and the text.
    pub text: &'static str,
}

/// The [`Template`] `feature.name`, from the folder `templates` beside the file that says so:
/// `templates/pt-BR/name.mjml`, `templates/pt-BR/name.txt`, and the same below `templates/en`.
///
/// ```ignore
/// pub static CONFIRM_EMAIL: Template = mail::template!(accounts.confirm_email);
/// ```
///
/// Both files are minijinja; a variable that is not in the context is an error, and what goes into the MJML is
/// escaped. Filters: `{{ price | money }}` of `{amount_minor, currency}`, `{{ at | moment }}` and `{{ at | day }}` of
/// an RFC 3339 time, `{{ month | month }}` of `2026-11`. `worker.rs` must list it.
macro_rules! template {
    ($feature:ident . $name:ident) => {
        $crate::platform::mail::Template {
            name: concat!(stringify!($feature), ".", stringify!($name)),
            pt_br: $crate::platform::mail::Parts {
                mjml: include_str!(concat!("templates/pt-BR/", stringify!($name), ".mjml")),
                text: include_str!(concat!("templates/pt-BR/", stringify!($name), ".txt")),
            },
            en: $crate::platform::mail::Parts {
                mjml: include_str!(concat!("templates/en/", stringify!($name), ".mjml")),
                text: include_str!(concat!("templates/en/", stringify!($name), ".txt")),
            },
        }
    };
}
pub(crate) use template;

/// A template with its gaps filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Template {
    /// # Errors
    /// The context lacks something, or the template is none.
    pub fn render(&self, locale: Locale, zone: &Zone, context: &Json) -> anyhow::Result<Rendered> {
        let parts = match locale {
            Locale::PtBr => &self.pt_br,
            Locale::En => &self.en,
        };
        let environment = environment(locale, zone);
        let fill = |name: &str, source: &str, context: Value| {
            environment
                .render_named_str(name, source, context)
                // The error itself quotes nothing of the context; its chain might.
                .map_err(|error| anyhow::anyhow!("the template {}, {locale}: {error}", self.name))
        };
        let given = Value::from(Serde(context));
        let (head, body) = parts
            .text
            .split_once("\n\n")
            .ok_or_else(|| anyhow::anyhow!("the template {}, {locale}, has no text", self.name))?;
        let line = |name: &str| {
            let mut lines = head.lines();
            let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
            line.ok_or_else(|| anyhow::anyhow!("the template {}, {locale}, has no {name}", self.name))
        };
        let subject = one_line(&fill("subject.txt", line("Subject")?, given.clone())?);
        let why = one_line(&fill("why.txt", line("Why")?, given.clone())?);

        let body = fill("body.txt", body, given.clone())?;
        let text = fill(
            "layout.txt",
            LAYOUT_TEXT,
            context! { body => body.trim(), why => why.as_str() },
        )? + "\n";
        let content = Value::from_safe_string(fill("body.mjml", parts.mjml, given)?);
        let mjml = context! { content, subject => subject.as_str(), why, locale => locale.name() };
        let mjml = fill("layout.mjml", LAYOUT_MJML, mjml)?
            // Escaped for the sake of scripts in pages; in the addresses of links it is only ugly.
            .replace("&#x2f;", "/");
        let html = mrml::parse(&mjml)?.element.render(&RenderOptions::default())?;
        Ok(Rendered { subject, text, html })
    }
}

fn environment(locale: Locale, zone: &Zone) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| {
        if name.ends_with(".mjml") {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    wording::add(&mut environment, locale, zone);
    environment
}
