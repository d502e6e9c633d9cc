//! The JSON-RPC methods that Lantern calls. Nothing else reaches the light client.
//!
//! `state_getReadProof` is left out on purpose: on absent keys it can end the whole light client.

/// All methods that may be called.
pub const METHODS: &[&str] = &[
    "chainHead_v1_call",
    "chainHead_v1_continue",
    "chainHead_v1_follow",
    "chainHead_v1_header",
    "chainHead_v1_stopOperation",
    "chainHead_v1_storage",
    "chainHead_v1_unfollow",
    "chainHead_v1_unpin",
    "chainSpec_v1_genesisHash",
    "chain_getBlock",
    "chainHead_unstable_finalizedDatabase",
    "state_queryStorageAt",
    "system_health",
    "system_peers",
    "transactionWatch_v1_submitAndWatch",
    "transactionWatch_v1_unwatch",
];

/// Whether a method may be called.
#[must_use]
pub fn is_allowed(method: &str) -> bool {
    METHODS.contains(&method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_method_that_can_end_the_client_is_refused() {
        assert!(!is_allowed("state_getReadProof"));
        assert!(!is_allowed("sudo_unstable_p2pDiscover"));
        assert!(!is_allowed(""));
        assert!(is_allowed("chainHead_v1_follow"));
    }
}
