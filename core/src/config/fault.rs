use super::ConfigError;

/// Where the process is to abort: at the `pass`-th time it comes by `point`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub point: String,
    pub pass: u32,
}

pub(super) fn parse_fault(text: &str) -> Result<Fault, ConfigError> {
    let invalid = || ConfigError::Invalid("MARQUEE_FAULT", format!("{text:?} is not name:n with n from 1"));
    let (point, pass) = text.rsplit_once(':').ok_or_else(invalid)?;
    let pass: u32 = pass.parse().map_err(|_| invalid())?;
    if point.is_empty() || pass == 0 {
        return Err(invalid());
    }
    Ok(Fault {
        point: point.to_owned(),
        pass,
    })
}
