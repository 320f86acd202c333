use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use marquee_core::platform::mail::{MailTransport, Outgoing, SendError};

/// A mail server: it takes every mail unless told otherwise, and remembers what it was given.
#[derive(Default)]
pub struct FakeMailTransport {
    given: Mutex<Vec<Outgoing>>,
    refusals: Mutex<VecDeque<SendError>>,
}

impl FakeMailTransport {
    /// The next mail is not taken, for this reason; one after the other, when called more than once.
    pub fn fail_next(&self, error: SendError) {
        self.refusals.lock().unwrap().push_back(error);
    }

    /// Every mail that it was given, in order, whether it took it or not.
    pub fn given(&self) -> Vec<Outgoing> {
        self.given.lock().unwrap().clone()
    }

    /// The last mail to this address.
    pub fn last_to(&self, address: &str) -> Outgoing {
        let given = self.given();
        let found = given.into_iter().rev().find(|mail| mail.to.address() == address);
        found.unwrap_or_else(|| panic!("no mail to {address}"))
    }
}

#[async_trait]
impl MailTransport for FakeMailTransport {
    async fn send(&self, mail: &Outgoing) -> Result<(), SendError> {
        self.given.lock().unwrap().push(mail.clone());
        let refusal = self.refusals.lock().unwrap().pop_front();
        refusal.map_or(Ok(()), Err)
    }

    async fn check(&self) -> anyhow::Result<String> {
        match self.refusals.lock().unwrap().pop_front() {
            Some(error) => Err(error.into()),
            None => Ok("the fake takes mail".to_owned()),
        }
    }
}
