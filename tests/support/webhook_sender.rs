use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use marquee_core::webhooks::{Reply, SendError, WebhookSender};
use url::Url;

/// One message, as a receiver got it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Posted {
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| *known == name);
        &found.unwrap_or_else(|| panic!("no header {name}")).1
    }
}

/// Receivers of webhooks: they answer 204 unless told otherwise, and remember what they got.
#[derive(Default)]
pub struct FakeWebhookSender {
    posted: Mutex<Vec<Posted>>,
    replies: Mutex<VecDeque<Result<Reply, SendError>>>,
}

impl FakeWebhookSender {
    /// The next message is answered so; one after the other, when called more than once.
    pub fn reply_next(&self, reply: Result<u16, SendError>) {
        let reply = reply.map(|status| Reply {
            status,
            body: format!("this is {status}"),
        });
        self.replies.lock().unwrap().push_back(reply);
    }

    /// What came since this was last asked.
    pub fn take(&self) -> Vec<Posted> {
        std::mem::take(&mut *self.posted.lock().unwrap())
    }

    pub fn posted(&self) -> Vec<Posted> {
        self.posted.lock().unwrap().clone()
    }
}

#[async_trait]
impl WebhookSender for FakeWebhookSender {
    async fn post(
        &self,
        url: &Url,
        headers: &[(&'static str, String)],
        body: &str,
    ) -> Result<Reply, SendError> {
        self.posted.lock().unwrap().push(Posted {
            url: url.to_string(),
            headers: headers.to_vec(),
            body: body.to_owned(),
        });
        let reply = self.replies.lock().unwrap().pop_front();
        reply.unwrap_or(Ok(Reply {
            status: 204,
            body: String::new(),
        }))
    }
}
