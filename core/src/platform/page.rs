//! Pages that somebody prints or keeps: HTML that needs nothing else.

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::Value as Json;

use super::wording;
use crate::calendar::Zone;
use crate::locale::Locale;

/// Fills a minijinja template. What is filled in is escaped, a variable that is not in the context is an error, and the
/// filters are those of mails.
///
/// # Errors
/// The context lacks something, or the template is none.
pub fn render(template: &str, locale: Locale, zone: &Zone, context: &Json) -> anyhow::Result<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    wording::add(&mut environment, locale, zone);
    environment
        .render_str(template, Value::from(Serde(context)))
        // The error itself quotes nothing of the context; its chain might.
        .map_err(|error| anyhow::anyhow!("a page in {locale}: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_filled_into_a_page_is_text() {
        let zone = Zone::parse("America/Sao_Paulo").unwrap();
        let context = json!({ "name": "<b>Ana</b>", "month": "2026-03" });
        let page = |locale| render("{{ name }}: {{ month | month }}", locale, &zone, &context).unwrap();
        assert_eq!(page(Locale::En), "&lt;b&gt;Ana&lt;&#x2f;b&gt;: March 2026");
        assert_eq!(page(Locale::PtBr), "&lt;b&gt;Ana&lt;&#x2f;b&gt;: março de 2026");
        assert!(render("{{ email }}", Locale::En, &zone, &context).is_err());
    }
}
