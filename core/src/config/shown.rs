//! What a process was told, as those who run it may see it: never a secret.

use std::any::TypeId;
use std::collections::BTreeMap;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command};
use secrecy::SecretString;
use serde::Serialize;
use url::Url;
use utoipa::ToSchema;

use super::Settings;

/// In place of what a URL may hide.
const HIDDEN: &str = "***";

/// Something that the process is told, and what it does with it
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Setting {
    /// Of the environment's variable
    #[schema(example = "MARQUEE_POOL_SIZE")]
    pub name: String,
    #[schema(example = "--pool-size")]
    pub flag: String,
    /// What it does
    #[schema(example = "Most connections held to Postgres; a worker keeps one per role for itself")]
    pub about: String,
    /// Whether its value is shown to nobody
    pub is_secret: bool,
    /// Whether it has a value
    #[schema(example = true)]
    pub is_set: bool,
    /// What holds; of a URL without names, passwords and query. `null`: it is a secret, or there is none
    #[schema(example = "16")]
    pub value: Option<String>,
    /// What holds where nothing is said; `null`: nothing, or a secret that everybody knows
    #[schema(example = "16")]
    pub default: Option<String>,
    pub source: Source,
}

/// From where a setting has its value
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SettingSource)]
pub enum Source {
    /// The command line
    Flag,
    Environment,
    /// Nobody said anything
    Default,
    /// It has none
    None,
}

/// Every setting, in the order in which `--help` has them. `assumed`: what a local environment made of nothing.
pub(super) fn shown(matches: &ArgMatches, assumed: &BTreeMap<&'static str, String>) -> Vec<Setting> {
    let command = Settings::augment_args(Command::new("settings"));
    let settings = command.get_arguments();
    settings
        .filter_map(|setting| of(setting, matches, assumed))
        .collect()
}

fn of(setting: &Arg, matches: &ArgMatches, assumed: &BTreeMap<&'static str, String>) -> Option<Setting> {
    let name = setting.get_env()?.to_str()?;
    let is_secret = setting.get_value_parser().type_id() == TypeId::of::<SecretString>();
    let id = setting.get_id().as_str();
    let given = matches.get_raw(id).map(|values| {
        let values = values.map(|value| value.to_string_lossy());
        values.collect::<Vec<_>>().join(",")
    });
    // What is blank is none, where nothing else is there: of a setting with a default it is what the process goes by.
    let has_default = !setting.get_default_values().is_empty();
    let given = given.filter(|value| has_default || !value.trim().is_empty());
    let source = match (&given, matches.value_source(id)) {
        (Some(_), Some(ValueSource::CommandLine)) => Source::Flag,
        (Some(_), Some(ValueSource::EnvVariable)) => Source::Environment,
        (Some(_), _) => Source::Default,
        (None, _) if assumed.contains_key(name) => Source::Default,
        (None, _) => Source::None,
    };
    let usual = setting.get_default_values().first();
    let usual = usual.map(|usual| usual.to_string_lossy().into_owned());
    let default = usual.or_else(|| assumed.get(name).cloned());
    let value = given.or_else(|| default.clone());
    let open = |text: Option<String>| text.filter(|_| !is_secret).map(|text| without_secrets(&text));
    Some(Setting {
        name: name.to_owned(),
        flag: format!("--{}", setting.get_long()?),
        about: setting.get_help().map(ToString::to_string).unwrap_or_default(),
        is_secret,
        is_set: value.is_some(),
        value: open(value),
        default: open(default),
        source,
    })
}

/// Of each URL in a list only where it leads: names, passwords and what is asked there may be somebody's secret.
fn without_secrets(text: &str) -> String {
    let parts = text.split(',').map(|part| match Url::parse(part.trim()) {
        Ok(url) if url.has_authority() => hidden(url).unwrap_or_else(|| part.to_owned()),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join(",")
}

/// `None`: nothing of it has to be.
fn hidden(mut url: Url) -> Option<String> {
    let speaks = !url.username().is_empty() || url.password().is_some();
    if !speaks && url.query().is_none() && url.fragment().is_none() {
        return None;
    }
    if speaks {
        // Neither is refused where there is a host; without one there is nobody to speak for.
        let _ = url.set_password(None);
        let _ = url.set_username(HIDDEN);
    }
    url.set_fragment(None);
    if url.query().is_some() {
        url.set_query(Some(HIDDEN));
    }
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_url_it_is_shown_where_it_leads_and_nothing_else() {
        for (given, shown) in [
            ("https://a.example/x", "https://a.example/x"),
            ("https://u:pw@a.example/x", "https://***@a.example/x"),
            ("https://pw@a.example:8443/", "https://***@a.example:8443/"),
            ("http://a.example/x?token=pw#pw", "http://a.example/x?***"),
            (
                "https://a.example,https://u:pw@b.example/",
                "https://a.example,https://***@b.example/",
            ),
            ("Marquee <no-reply@a.example>", "Marquee <no-reply@a.example>"),
            ("info,marquee_core::hits=debug", "info,marquee_core::hits=debug"),
            ("10.0.0.0/8,127.0.0.1:80", "10.0.0.0/8,127.0.0.1:80"),
        ] {
            assert_eq!(without_secrets(given), shown);
        }
    }
}
