use std::borrow::Cow;
use std::sync::Arc;

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, escape_formatter};
use rust_embed::Embed;
use serde::Deserialize as _;
use serde_json::Value as Json;

use super::assets;
use super::domain::Page;
use crate::app::App;
use crate::ids;
use crate::locale::Locale;
use crate::money::Money;
use crate::platform::wording;

/// Compiled in; a debug build reads them anew each time.
#[derive(Embed)]
#[folder = "src/console/templates/"]
struct Files;

/// All pages with their gaps, in every language.
pub(super) struct Templates {
    app: App,
    /// Compiled once, unless they are read anew each time.
    kept: Vec<(Locale, Environment<'static>)>,
}

impl Templates {
    pub(super) fn new(app: &App) -> Self {
        let kept = if cfg!(debug_assertions) {
            vec![]
        } else {
            let all = Locale::ALL.into_iter();
            all.map(|locale| (locale, compile(app, locale))).collect()
        };
        Self {
            app: app.clone(),
            kept,
        }
    }

    /// Those that are pages by themselves.
    pub(super) fn pages(&self) -> impl Iterator<Item = Page> + use<> {
        Files::iter().filter_map(|name| Page::parse(&name, &source(&name)?))
    }

    /// # Errors
    /// The template names what is not there.
    pub(super) fn render(&self, template: &str, locale: Locale, values: Json) -> anyhow::Result<String> {
        let values = Value::from(Serde(values));
        let kept = self.kept.iter().find(|(known, _)| *known == locale);
        Ok(match kept {
            Some((_, environment)) => environment.get_template(template)?.render(values)?,
            None => compile(&self.app, locale)
                .get_template(template)?
                .render(values)?,
        })
    }
}

fn source(name: &str) -> Option<String> {
    Some(match Files::get(name)?.data {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
    })
}

/// What templates can use besides minijinja's own:
///
/// - `t("Sign in", "Entrar")`: in the reader's language;
/// - `asset("app.css")`: its address; `key()`: an idempotency key that was never used;
/// - `price | money`, `at | moment`, `at | day`, as in mails; `price | decimal`, for a field; `environment`, its name.
fn compile(app: &App, locale: Locale) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    // What is not known is not written, rather than as `none`.
    environment.set_formatter(|out, state, value| match value.is_none() {
        true => Ok(()),
        false => escape_formatter(out, state, value),
    });
    environment.set_loader(|name| Ok(source(name)));
    environment.add_function("t", move |en: &str, pt_br: &str| match locale {
        Locale::En => en.to_owned(),
        Locale::PtBr => pt_br.to_owned(),
    });
    environment.add_function("asset", |name: &str| {
        assets::address(name).ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "there is no such asset"))
    });
    let clock = Arc::clone(&app.clock);
    environment.add_function("key", move || ids::fresh(clock.now()).to_string());
    environment.add_global("environment", app.config.env.as_str());
    environment.add_filter("decimal", |value: Value| {
        let money = Json::deserialize(value)?;
        let money: Money = serde_json::from_value(money)
            .map_err(|_| Error::new(ErrorKind::InvalidOperation, "this is no amount"))?;
        Ok::<_, Error>(money.decimal())
    });
    wording::add(&mut environment, locale, &app.config.zone);
    environment
}
