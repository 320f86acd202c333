use time::Duration;

/// What a mailed link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::accounts) enum Purpose {
    /// Prove that the address of a new account is one's own.
    SignUp,
    /// Choose a first password, for somebody whom we let in.
    Invitation,
    /// Choose another password.
    Password,
    /// Agree, by the old address, that mail goes to another.
    EmailOld,
    /// Prove that the new address is one's own.
    EmailNew,
}

impl Purpose {
    pub(in crate::accounts) fn name(self) -> &'static str {
        match self {
            Self::SignUp => "sign_up",
            Self::Invitation => "invitation",
            Self::Password => "password",
            Self::EmailOld => "email_old",
            Self::EmailNew => "email_new",
        }
    }

    pub(in crate::accounts) fn lifetime(self) -> Duration {
        match self {
            Self::SignUp | Self::EmailOld | Self::EmailNew => Duration::days(1),
            Self::Invitation => Duration::days(7),
            Self::Password => Duration::hours(2),
        }
    }
}
