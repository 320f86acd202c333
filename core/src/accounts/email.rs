use crate::platform::mail::Mailbox;

/// An address that mail can be sent to, as far as one can tell without sending any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::accounts) struct Email(String);

impl Email {
    /// `None`: not an address.
    pub(in crate::accounts) fn parse(text: &str) -> Option<Self> {
        Mailbox::new(text, "").map(|mailbox| Self(mailbox.address().to_owned()))
    }

    pub(in crate::accounts) fn as_str(&self) -> &str {
        &self.0
    }
}
