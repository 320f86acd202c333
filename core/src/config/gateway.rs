use super::{ConfigError, LOCAL};

/// Who takes customers' money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayChoice {
    /// Built in, for developers' machines: it takes nobody's.
    Sandbox,
    /// Nobody: every payment is declined. For who has brands and no shop.
    None,
}

pub(super) fn parse_gateway(env: &str, given: Option<&str>) -> Result<GatewayChoice, ConfigError> {
    const NAME: &str = "GATEWAY";
    match given.map(str::trim).filter(|given| !given.is_empty()) {
        None | Some("sandbox") if env == LOCAL => Ok(GatewayChoice::Sandbox),
        Some("none") => Ok(GatewayChoice::None),
        None => Err(ConfigError::Missing(
            NAME,
            "name the gateway that takes customers' money, or none where nothing is sold",
        )),
        Some("sandbox") => Err(ConfigError::Invalid(
            NAME,
            format!(
                "the sandbox takes nobody's money and is for MARQUEE_ENV=local, this is {env}: name a real gateway, or none"
            ),
        )),
        Some(other) => Err(ConfigError::Invalid(
            NAME,
            format!("there is no gateway `{other}`: known are sandbox and none"),
        )),
    }
}
