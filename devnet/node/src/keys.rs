//! Keys of the development authorities, all derived from well-known phrases: nothing here is
//! secret, and nothing here may ever be used on a public network.

use sc_network::config::{NodeKeyConfig, Secret};
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_grandpa::AuthorityId as GrandpaId;
use sp_core::crypto::key_types::{AURA, GRANDPA};
use sp_core::{ed25519, sr25519, Pair as _};
use sp_keystore::{Keystore, KeystorePtr};

/// Number of GRANDPA keys per authority. Authority changes go round them, so that every change
/// really changes who signs.
pub const GRANDPA_KEYS: u32 = 8;

const NAMES: [&str; 8] = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie", "One", "Two"];

fn name(authority: u32) -> &'static str {
    NAMES[authority as usize % NAMES.len()]
}

fn aura_phrase(authority: u32) -> String {
    format!("//{}", name(authority))
}

fn grandpa_phrase(authority: u32, generation: u32) -> String {
    match generation % GRANDPA_KEYS {
        0 => format!("//{}", name(authority)),
        generation => format!("//{}//grandpa//{generation}", name(authority)),
    }
}

/// The Aura key of an authority.
pub fn aura_id(authority: u32) -> AuraId {
    sr25519::Pair::from_string(&aura_phrase(authority), None)
        .expect("the phrase is one of ours, which all parse")
        .public()
        .into()
}

/// The GRANDPA key of an authority after `generation` authority changes.
pub fn grandpa_id(authority: u32, generation: u32) -> GrandpaId {
    ed25519::Pair::from_string(&grandpa_phrase(authority, generation), None)
        .expect("the phrase is one of ours, which all parse")
        .public()
        .into()
}

/// The GRANDPA authority set of a chain of `authorities` nodes after `generation` changes.
pub fn grandpa_authorities(authorities: u32, generation: u32) -> Vec<(GrandpaId, u64)> {
    (0..authorities).map(|authority| (grandpa_id(authority, generation), 1)).collect()
}

/// The account that may call as root: Alice, as on Subtensor's local networks.
pub fn sudo_pair() -> sr25519::Pair {
    sr25519::Pair::from_string("//Alice", None).expect("the phrase is one of ours, which all parse")
}

/// Puts all keys of an authority into its keystore.
pub fn fill_keystore(keystore: &KeystorePtr, authority: u32) -> Result<(), sp_keystore::Error> {
    Keystore::sr25519_generate_new(&**keystore, AURA, Some(&aura_phrase(authority)))?;
    for generation in 0..GRANDPA_KEYS {
        let phrase = grandpa_phrase(authority, generation);
        Keystore::ed25519_generate_new(&**keystore, GRANDPA, Some(&phrase))?;
    }
    Ok(())
}

/// The libp2p identity of an authority, fixed so that its address is known before it runs.
pub fn node_key(authority: u32) -> NodeKeyConfig {
    let mut secret = *b"lantern devnet node identity   0";
    secret[31] = b'0' + (authority % 10) as u8;
    let secret = sc_network_types::ed25519::SecretKey::try_from_bytes(secret)
        .expect("every 32 bytes are an ed25519 secret key");
    NodeKeyConfig::Ed25519(Secret::Input(secret))
}

/// The libp2p peer id of an authority.
pub fn peer_id(authority: u32) -> sc_network::PeerId {
    let keypair = node_key(authority).into_keypair().expect("the key is given, nothing is read");
    keypair.public().to_peer_id()
}
