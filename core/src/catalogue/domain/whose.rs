use uuid::Uuid;

/// Of whom a share is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Of every talent without one of their own.
    Default,
    Talent(Uuid),
    Agency(Uuid),
}

impl Whose {
    pub(in crate::catalogue) fn kind(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Talent(_) => "talent",
            Self::Agency(_) => "agency",
        }
    }

    pub(in crate::catalogue) fn subject(self) -> Option<Uuid> {
        match self {
            Self::Default => None,
            Self::Talent(id) | Self::Agency(id) => Some(id),
        }
    }
}
