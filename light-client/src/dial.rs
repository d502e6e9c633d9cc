//! Which peers a page can dial, and why it cannot dial the others.
//!
//! Browsers open WebSockets and nothing else that reaches an ordinary node. A page served over https
//! may only open encrypted ones, except to the machine that it runs on.

use smoldot_light::platform::ConnectionType;

/// Where the page came from, as far as it decides what may be dialled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageOrigin {
    /// Served over https.
    pub is_secure: bool,
}

/// Why an address cannot be dialled. The words are meant for the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotDialable {
    /// Plain `ws` from an https page.
    #[error("a page served over https may only open encrypted connections, and this peer offers plain ws")]
    NotEncrypted,
    /// Raw TCP.
    #[error("browsers cannot open plain TCP connections; the peer needs a WebSocket listener")]
    PlainTcp,
    /// `wss` to an IP address.
    #[error("encrypted connections need a domain name, and this peer gives an IP address")]
    EncryptedWithoutName,
    /// QUIC, WebRTC, WebTransport, relays and whatever else there may be.
    #[error("this kind of connection is not supported; the peer needs a WebSocket listener")]
    UnsupportedTransport,
    /// No `/p2p/…` at the end.
    #[error("the address does not say which peer is expected there")]
    NoPeerId,
    /// Not a multiaddress.
    #[error("this is not a multiaddress")]
    Malformed,
}

impl PageOrigin {
    /// Whether connections of this kind can be opened.
    pub fn can_dial(self, connection_type: ConnectionType) -> bool {
        match connection_type {
            ConnectionType::WebSocketDns { secure: true, .. } => true,
            ConnectionType::WebSocketDns { secure: false, remote_is_localhost }
            | ConnectionType::WebSocketIpv4 { remote_is_localhost }
            | ConnectionType::WebSocketIpv6 { remote_is_localhost } => !self.is_secure || remote_is_localhost,
            _ => false,
        }
    }

    /// Whether a multiaddress can be dialled.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn check(self, address: &str) -> Result<(), NotDialable> {
        let mut parts = address.strip_prefix('/').ok_or(NotDialable::Malformed)?.split('/');
        let kind = parts.next().ok_or(NotDialable::Malformed)?;
        let host = parts.next().filter(|host| !host.is_empty()).ok_or(NotDialable::Malformed)?;
        let has_name = match kind {
            "dns" | "dns4" | "dns6" => true,
            "ip4" | "ip6" => false,
            _ => return Err(NotDialable::UnsupportedTransport),
        };
        match parts.next() {
            Some("tcp") => {}
            Some(_) => return Err(NotDialable::UnsupportedTransport),
            None => return Err(NotDialable::Malformed),
        }
        let is_port = parts.next().is_some_and(|port| port.parse::<u16>().is_ok());
        if !is_port {
            return Err(NotDialable::Malformed);
        }
        let rest: Vec<&str> = parts.collect();
        let (transport, peer) = match rest.iter().position(|part| *part == "p2p" || *part == "ipfs") {
            Some(at) => rest.split_at(at),
            None => (rest.as_slice(), [].as_slice()),
        };
        let secure = match transport {
            ["ws"] => false,
            ["wss"] | ["tls", "ws"] => true,
            [] => return Err(NotDialable::PlainTcp),
            _ => return Err(NotDialable::UnsupportedTransport),
        };
        if peer.len() != 2 {
            return Err(NotDialable::NoPeerId);
        }
        match (secure, has_name) {
            (true, true) => Ok(()),
            (true, false) => Err(NotDialable::EncryptedWithoutName),
            (false, _) if self.is_secure && !is_localhost(host) => Err(NotDialable::NotEncrypted),
            (false, _) => Ok(()),
        }
    }
}

fn is_localhost(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HTTPS: PageOrigin = PageOrigin { is_secure: true };
    const PLAIN: PageOrigin = PageOrigin { is_secure: false };
    const PEER: &str = "p2p/12D3KooWRwbMb85RWnT8DSXSYMWQtuDwh4LJzndoRrTDotTR5gDC";

    #[test]
    fn says_what_can_be_dialled() {
        let check = |origin: PageOrigin, transport: &str, expected: Result<(), NotDialable>| {
            assert_eq!(origin.check(&format!("/{transport}/{PEER}")), expected, "{transport}");
        };
        check(HTTPS, "dns/node.example/tcp/443/wss", Ok(()));
        check(HTTPS, "dns4/node.example/tcp/443/tls/ws", Ok(()));
        check(HTTPS, "dns/node.example/tcp/30333/ws", Err(NotDialable::NotEncrypted));
        check(HTTPS, "ip4/127.0.0.1/tcp/30333/ws", Ok(()));
        check(HTTPS, "dns/localhost/tcp/30333/ws", Ok(()));
        check(PLAIN, "dns/node.example/tcp/30333/ws", Ok(()));
        check(PLAIN, "ip4/10.0.0.1/tcp/30333/ws", Ok(()));
        check(PLAIN, "dns/node.example/tcp/30333", Err(NotDialable::PlainTcp));
        check(PLAIN, "ip4/10.0.0.1/tcp/443/wss", Err(NotDialable::EncryptedWithoutName));
        check(PLAIN, "ip4/10.0.0.1/udp/30333/quic-v1", Err(NotDialable::UnsupportedTransport));
        check(PLAIN, "dns/node.example/tcp/99999/ws", Err(NotDialable::Malformed));
        assert_eq!(PLAIN.check("/dns/node.example/tcp/443/wss"), Err(NotDialable::NoPeerId));
        assert_eq!(PLAIN.check("node.example:443"), Err(NotDialable::Malformed));
    }

    proptest! {
        #[test]
        fn any_text_is_an_address_or_not(text in ".*", parts in "(/[a-z0-9]{0,5}){0,8}") {
            let _outcome = (HTTPS.check(&text), PLAIN.check(&parts));
        }
    }
}
