//! The addresses of the page's views, written in one place.

use lantern_types::{AccountId, BlockHash, Hotkey, NetUid};

/// Which way TAO and alpha go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// TAO becomes alpha.
    Stake,
    /// Alpha becomes TAO.
    Unstake,
}

/// A view of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Route {
    /// The table of subnets.
    Subnets,
    /// One subnet.
    Subnet(NetUid),
    /// The form for one trade.
    Trade(Direction, NetUid, Hotkey),
    /// One transaction on its way.
    Transaction(BlockHash),
    /// Balance and positions.
    Portfolio,
    /// Models and proof of work on this device.
    Miner,
    /// Synchronisation and peers.
    Network,
    /// What this build is and what it proves.
    About,
}

impl Route {
    /// The path of this view.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Subnets => "/".to_owned(),
            Self::Subnet(netuid) => format!("/subnet/{netuid}"),
            Self::Trade(Direction::Stake, netuid, hotkey) => format!("/stake/{netuid}/{hotkey}"),
            Self::Trade(Direction::Unstake, netuid, hotkey) => format!("/unstake/{netuid}/{hotkey}"),
            Self::Transaction(hash) => format!("/transaction/{hash}"),
            Self::Portfolio => "/account".to_owned(),
            Self::Miner => "/miner".to_owned(),
            Self::Network => "/network".to_owned(),
            Self::About => "/about".to_owned(),
        }
    }

    /// Reads a path; nothing where it names no view.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let mut parts = path.trim_matches('/').split('/');
        let route = match (parts.next(), parts.next(), parts.next()) {
            (Some(""), None, None) => Self::Subnets,
            (Some("subnet"), Some(netuid), None) => Self::Subnet(NetUid(netuid.parse().ok()?)),
            (Some(kind @ ("stake" | "unstake")), Some(netuid), Some(hotkey)) => {
                let direction = if kind == "stake" { Direction::Stake } else { Direction::Unstake };
                let hotkey = Hotkey(AccountId::from_ss58(hotkey).ok()?);
                Self::Trade(direction, NetUid(netuid.parse().ok()?), hotkey)
            }
            (Some("transaction"), Some(hash), None) => Self::Transaction(BlockHash::from_hex(hash)?),
            (Some("account"), None, None) => Self::Portfolio,
            (Some("miner"), None, None) => Self::Miner,
            (Some("network"), None, None) => Self::Network,
            (Some("about"), None, None) => Self::About,
            _ => return None,
        };
        parts.next().is_none().then_some(route)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_route() -> impl Strategy<Value = Route> {
        let key = any::<[u8; 32]>().prop_map(|key| Hotkey(AccountId(key)));
        prop_oneof![
            Just(Route::Subnets),
            any::<u16>().prop_map(|netuid| Route::Subnet(NetUid(netuid))),
            (any::<u16>(), key.clone()).prop_map(|(n, k)| Route::Trade(Direction::Stake, NetUid(n), k)),
            (any::<u16>(), key).prop_map(|(n, k)| Route::Trade(Direction::Unstake, NetUid(n), k)),
            any::<[u8; 32]>().prop_map(|hash| Route::Transaction(BlockHash(hash))),
            Just(Route::Portfolio),
            Just(Route::Miner),
            Just(Route::Network),
            Just(Route::About),
        ]
    }

    proptest! {
        #[test]
        fn every_address_reads_back(route in any_route()) {
            prop_assert_eq!(Route::parse(&route.path()), Some(route));
        }

        #[test]
        fn any_path_is_a_view_or_nothing(path in ".*") {
            let _route = Route::parse(&path);
        }
    }

    #[test]
    fn wrong_addresses_name_no_view() {
        for path in
            ["/subnet", "/subnet/65536", "/subnet/-1", "/subnet/1/2", "/stake/1/5Grw", "/nothing", "//"]
        {
            let expected = if path == "//" { Some(Route::Subnets) } else { None };
            assert_eq!(Route::parse(path), expected, "{path}");
        }
    }
}
