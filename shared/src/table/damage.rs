use std::fmt;

/// Why bytes are not a table that this code can read. The edge keeps what it has and counts the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// They do not begin as one.
    NotATable,
    /// Shorter or longer than they say.
    Truncated,
    /// Written by a newer compiler, in this format: the reader must be deployed first.
    NewerFormat(u32),
    /// Compiled for another version of the ZIP data.
    OtherZipData(u32),
    /// Something points outside, or is out of order.
    Inconsistent(&'static str),
}

impl Damage {
    /// A stable name, for logs and metrics.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotATable => "not_a_table",
            Self::Truncated => "truncated",
            Self::NewerFormat(_) => "newer_format",
            Self::OtherZipData(_) => "other_zip_data",
            Self::Inconsistent(_) => "inconsistent",
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotATable => f.write_str("these bytes are not a table"),
            Self::Truncated => f.write_str("the table's length is not what it says"),
            Self::NewerFormat(format) => write!(f, "the table has the newer format {format}"),
            Self::OtherZipData(version) => write!(f, "the table is compiled for ZIP data {version:08x}"),
            Self::Inconsistent(what) => write!(f, "the table's {what} are damaged"),
        }
    }
}

impl std::error::Error for Damage {}
