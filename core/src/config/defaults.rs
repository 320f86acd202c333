use std::cell::RefCell;
use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{ConfigError, LOCAL};

/// What is given, or what a local environment makes of nothing.
pub(super) struct Defaults<'a> {
    pub(super) env: &'a str,
    /// What nobody said, by the setting's name.
    assumed: RefCell<BTreeMap<&'static str, String>>,
}

impl<'a> Defaults<'a> {
    pub(super) fn of(env: &'a str) -> Self {
        Self {
            env,
            assumed: RefCell::default(),
        }
    }

    /// Notes what a setting is taken for where nobody said anything.
    pub(super) fn assume(&self, name: &'static str, value: &str) {
        self.assumed.borrow_mut().insert(name, value.to_owned());
    }

    /// What nobody said, by the setting's name.
    pub(super) fn assumed(&self) -> BTreeMap<&'static str, String> {
        self.assumed.borrow().clone()
    }

    pub(super) fn text(
        &self,
        name: &'static str,
        given: Option<String>,
        local: &str,
        remedy: &'static str,
    ) -> Result<String, ConfigError> {
        match given.filter(|text| !text.is_empty()) {
            Some(text) if text == local && self.env != LOCAL => {
                Err(ConfigError::Development(name, self.env.to_owned()))
            }
            Some(text) => Ok(text),
            None if self.env == LOCAL => {
                self.assume(name, local);
                Ok(local.to_owned())
            }
            None => Err(ConfigError::Missing(name, remedy)),
        }
    }

    pub(super) fn secret(
        &self,
        name: &'static str,
        given: Option<SecretString>,
        local: &str,
        remedy: &'static str,
    ) -> Result<SecretString, ConfigError> {
        let given = given.map(|secret| secret.expose_secret().to_owned());
        self.text(name, given, local, remedy).map(SecretString::from)
    }

    pub(super) fn url(
        &self,
        name: &'static str,
        given: Option<Url>,
        local: &str,
        remedy: &'static str,
    ) -> Result<Url, ConfigError> {
        let local = parse_url(name, local)?;
        let text = self.text(name, given.map(String::from), local.as_str(), remedy)?;
        parse_url(name, &text)
    }
}

pub(super) fn parse_url(name: &'static str, text: &str) -> Result<Url, ConfigError> {
    Url::parse(text).map_err(|error| ConfigError::Invalid(name, error.to_string()))
}
