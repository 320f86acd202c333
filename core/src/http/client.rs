//! From where a request comes. What a client says of itself counts only as far as our own proxies vouch for it.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;

use crate::app::App;

/// The other end of the connection. Put into each request by `serve`.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// The network a request comes from: /24 or /48, less than the address. `None`: it came through no socket.
#[derive(Clone, Copy, Debug)]
pub struct ClientNetwork(pub Option<IpNet>);

impl FromRequestParts<App> for ClientNetwork {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>();
        let address = peer.map(|Peer(peer)| client(*peer, &parts.headers, &app.config.trusted_proxies));
        Ok(Self(address.map(network)))
    }
}

/// The last address in `X-Forwarded-For` that no proxy of ours wrote of itself. What stands before it anybody can
/// write.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_ours = |address: IpAddr| trusted.iter().any(|net| net.contains(&address));
    let peer = peer.to_canonical();
    if !is_ours(peer) {
        return peer;
    }
    let values = headers.get_all("x-forwarded-for").iter().rev();
    let hops = values.filter_map(|value| value.to_str().ok());
    let hops = hops.flat_map(|value| value.rsplit(','));
    let mut nearest = peer;
    for hop in hops {
        let Ok(address) = hop.trim().parse::<IpAddr>() else {
            break;
        };
        nearest = address.to_canonical();
        if !is_ours(nearest) {
            break;
        }
    }
    nearest
}

fn network(address: IpAddr) -> IpNet {
    let length = if address.is_ipv4() { 24 } else { 48 };
    IpNet::new_assert(address, length).trunc()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let trusted: Vec<IpNet> = trusted.iter().map(|net| net.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        network(client(peer.parse().unwrap(), &headers, &trusted)).to_string()
    }

    #[test]
    fn only_what_our_proxies_say_is_believed() {
        let ours = ["10.0.0.0/8", "2001:db8::/32"];
        for (peer, forwarded, network) in [
            ("203.0.113.7", &[][..], "203.0.113.0/24"),
            // Not through a proxy of ours: the header is the client's own invention.
            ("203.0.113.7", &["198.51.100.1"], "203.0.113.0/24"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.0/24"),
            (
                "10.0.0.1",
                &["192.0.2.9, 198.51.100.1, 10.2.2.2"],
                "198.51.100.0/24",
            ),
            ("10.0.0.1", &["192.0.2.9", "198.51.100.1"], "198.51.100.0/24"),
            ("10.0.0.1", &["192.0.2.9, nonsense"], "10.0.0.0/24"),
            ("10.0.0.1", &[], "10.0.0.0/24"),
            ("2001:db8::1", &["2a00:1:2:3::4"], "2a00:1:2::/48"),
            ("::ffff:203.0.113.7", &[], "203.0.113.0/24"),
        ] {
            assert_eq!(seen(peer, forwarded, &ours), network, "{peer} {forwarded:?}");
        }
    }
}
