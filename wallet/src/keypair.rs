//! sr25519 keys. A secret is wiped from memory when it is dropped and is never printed.

use core::fmt;
use lantern_types::AccountId;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use schnorrkel::context::{attach_rng, signing_context};
use schnorrkel::derive::ChainCode;
use schnorrkel::{ExpansionMode, MiniSecretKey};
use zeroize::Zeroizing;

/// Substrate's context for every signature.
const CONTEXT: &[u8] = b"substrate";

/// Mini secret of the public development phrase (`bottom drive obey lake …`), known to everybody.
const DEVELOPMENT_SEED: [u8; 32] = [
    0xfa, 0xc7, 0x95, 0x9d, 0xbf, 0xe7, 0x2f, 0x05, 0x2e, 0x5a, 0x0c, 0x3c, 0x8d, 0x65, 0x30, 0xf2, 0x02,
    0xb0, 0x2f, 0xd8, 0xf9, 0xf5, 0xca, 0x35, 0x80, 0xec, 0x8d, 0xeb, 0x77, 0x97, 0x47, 0x9e,
];

/// An account for practice: its key is public, so it is worth nothing outside a development network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the development keys' own")]
pub enum PracticeAccount {
    Alice,
    Bob,
    Charlie,
    Dave,
    Eve,
    Ferdie,
}

impl PracticeAccount {
    /// All of them, in the usual order.
    pub const ALL: [Self; 6] = [Self::Alice, Self::Bob, Self::Charlie, Self::Dave, Self::Eve, Self::Ferdie];

    /// The name, which is also its derivation path after `//`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alice => "Alice",
            Self::Bob => "Bob",
            Self::Charlie => "Charlie",
            Self::Dave => "Dave",
            Self::Eve => "Eve",
            Self::Ferdie => "Ferdie",
        }
    }

    /// The key behind the name.
    #[must_use]
    pub fn keypair(self) -> Keypair {
        Keypair::from_seed_hard(&DEVELOPMENT_SEED, self.name())
    }
}

/// An sr25519 key pair.
pub struct Keypair(schnorrkel::Keypair);

impl Keypair {
    /// The key at the hard derivation `//junction` of a mini secret.
    fn from_seed_hard(seed: &[u8; 32], junction: &str) -> Self {
        // A text junction is its SCALE encoding, padded with zeros; all of ours are short.
        let mut code = [0u8; 32];
        let length = u8::try_from(junction.len().min(31)).unwrap_or(31);
        for (slot, byte) in code.iter_mut().zip([length << 2].into_iter().chain(junction.bytes())) {
            *slot = byte;
        }
        let derived = MiniSecretKey::from_bytes(seed.as_slice())
            .unwrap_or_else(|_length| unreachable!("a seed has 32 bytes"))
            .expand(ExpansionMode::Ed25519)
            .hard_derive_mini_secret_key(Some(ChainCode(code)), b"")
            .0;
        Self(derived.expand_to_keypair(ExpansionMode::Ed25519))
    }

    /// The public key as an account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        AccountId(self.0.public.to_bytes())
    }

    /// Signs a payload.
    ///
    /// `entropy` is fresh randomness of the platform. The nonce is also bound to key and message, so that
    /// poor randomness does not give the key away.
    #[must_use]
    pub fn sign(&self, payload: &[u8], entropy: [u8; 32]) -> [u8; 64] {
        let seed = Zeroizing::new(entropy);
        let rng = ChaCha20Rng::from_seed(*seed);
        let transcript = signing_context(CONTEXT).bytes(payload);
        self.0.sign(attach_rng(transcript, rng)).to_bytes()
    }

    /// Whether `signature` is this key's signature of `payload`.
    #[must_use]
    pub fn verifies(&self, payload: &[u8], signature: &[u8; 64]) -> bool {
        schnorrkel::Signature::from_bytes(signature)
            .is_ok_and(|signature| self.0.public.verify_simple(CONTEXT, payload, &signature).is_ok())
    }
}

impl fmt::Debug for Keypair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keypair({})", self.account())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn practice_accounts_have_the_addresses_that_every_substrate_tool_gives_them() {
        let check = |account: PracticeAccount, address: &str| {
            assert_eq!(account.keypair().account().to_ss58(), address, "{}", account.name());
        };
        check(PracticeAccount::Alice, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
        check(PracticeAccount::Bob, "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty");
        check(PracticeAccount::Charlie, "5FLSigC9HGRKVhB9FiEo4Y3koPsNmBmLJbpXg2mp1hXcS59Y");
        check(PracticeAccount::Dave, "5DAAnrj7VHTznn2AWBemMuyBwZWs6FNFjdyVXUeYum3PTXFy");
        check(PracticeAccount::Eve, "5HGjWAeFDfFCWPsjFQdVV2Msvz2XtMktvgocEZcCj68kUMaw");
        check(PracticeAccount::Ferdie, "5CiPPseXPECbkjWCa6MnjNokrgYjMqmKndv2rSnekmSK2DjL");
    }

    #[test]
    fn a_signature_holds_for_its_payload_only() {
        let pair = PracticeAccount::Alice.keypair();
        let signature = pair.sign(b"stake", [7; 32]);
        assert!(pair.verifies(b"stake", &signature));
        assert!(!pair.verifies(b"steak", &signature));
        assert!(!PracticeAccount::Bob.keypair().verifies(b"stake", &signature));
    }

    #[test]
    fn a_key_never_prints_its_secret() {
        assert_eq!(
            format!("{:?}", PracticeAccount::Alice.keypair()),
            "Keypair(5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY)"
        );
    }
}
