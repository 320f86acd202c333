//! Webhooks over HTTP, to public addresses only.
//!
//! What a name resolves to is looked at when the connection is made, in the client's own resolver: a name that was
//! public a moment ago (DNS rebinding) is judged by what is connected to. No proxy is used, since it would resolve on
//! its own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, redirect};
use url::{Host, Url};

use crate::webhooks::{Reply, SendError, WebhookSender};

/// A whole delivery, the answer included.
const TIMEOUT: Duration = Duration::from_secs(15);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read.
const MAX_ANSWER_BYTES: usize = 4_096;

#[derive(Debug)]
pub struct WebhookPost {
    client: Client,
    to_private: bool,
}

impl WebhookPost {
    /// `to_private` is for a developer's machine.
    ///
    /// # Errors
    /// TLS cannot be set up.
    pub fn new(to_private: bool) -> anyhow::Result<Self> {
        Self::with_timeout(to_private, TIMEOUT)
    }

    /// With another limit for a whole delivery.
    pub fn with_timeout(to_private: bool, timeout: Duration) -> anyhow::Result<Self> {
        // Process-wide and the same for everyone; an error only says that it was done before.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(timeout)
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(concat!("marquee/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(PublicOnly { to_private }))
            .build()
            .context("building the client of webhooks")?;
        Ok(Self { client, to_private })
    }
}

#[async_trait]
impl WebhookSender for WebhookPost {
    async fn post(
        &self,
        url: &Url,
        headers: &[(&'static str, String)],
        body: &str,
    ) -> Result<Reply, SendError> {
        // An address in the URL never reaches the resolver.
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) | None => None,
        };
        if address.is_some_and(|address| !self.to_private && !is_public(address)) {
            return Err(SendError::Private);
        }
        let mut request = self
            .client
            .post(url.clone())
            .header("content-type", "application/json")
            .body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let mut response = request.send().await.map_err(|error| failure(&error))?;
        let status = response.status().as_u16();
        let mut answer = Vec::new();
        // What was answered is known by the status; a body that breaks off takes nothing from it.
        while let Ok(Some(chunk)) = response.chunk().await {
            answer.extend_from_slice(&chunk);
            if answer.len() >= MAX_ANSWER_BYTES {
                answer.truncate(MAX_ANSWER_BYTES);
                break;
            }
        }
        Ok(Reply {
            status,
            body: String::from_utf8_lossy(&answer).into_owned(),
        })
    }
}

fn failure(error: &reqwest::Error) -> SendError {
    if error.is_timeout() {
        return SendError::Timeout;
    }
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut deepest = error.to_string();
    while let Some(cause) = source {
        if cause.downcast_ref::<NotPublic>().is_some() {
            return SendError::Private;
        }
        deepest = cause.to_string();
        source = cause.source();
    }
    SendError::Failed(deepest)
}

/// The system's resolver, without what it must not lead to.
struct PublicOnly {
    to_private: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("the host has no public address")]
struct NotPublic;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let to_private = self.to_private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let usable: Vec<SocketAddr> = found
                .filter(|address| to_private || is_public(address.ip()))
                .collect();
            if usable.is_empty() {
                return Err(NotPublic.into());
            }
            let usable: Addrs = Box::new(usable.into_iter());
            Ok(usable)
        })
    }
}

/// Whether an address is one of the open Internet: none of the special-purpose registries of IANA (RFC 6890 and what
/// came later).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_unspecified()
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        // "This network", shared address space of carriers, protocol assignments, 6to4 relays, benchmarks, reserved.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 88, 99)
        || (a == 198 && (b == 18 || b == 19))
        || a >= 240;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let segments = address.segments();
    match segments {
        // NAT64: what counts is the address within.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let [a, b] = high.to_be_bytes();
            let [c, d] = low.to_be_bytes();
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Only global unicast is the open Internet, less what tunnels, documents and benchmarks.
        [first, second, ..] => {
            let global = first & 0xe000 == 0x2000;
            let special = (first == 0x2001 && second < 0x0200)
                || (first, second) == (0x2001, 0x0db8)
                || first == 0x2002
                || (first == 0x3fff && second < 0x1000);
            global && !special
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_open_internet_are_public() {
        for public in [
            "1.1.1.1",
            "203.1.113.1",
            "8.8.8.8",
            "2606:4700::1111",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:a00:1::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }
}
