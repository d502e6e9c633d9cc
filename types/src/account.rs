//! Accounts and their SS58 addresses.

use alloc::string::String;
use alloc::vec::Vec;
use blake2::{Blake2b512, Digest as _};
use core::fmt;
use parity_scale_codec::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Network prefix of Bittensor addresses: the generic Substrate one.
const SS58_PREFIX: u8 = 42;

/// Why a text is not an address of this chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Ss58Error {
    /// A character outside the base-58 alphabet.
    #[error("an address has letters and digits only, without 0, O, I and l")]
    NotBase58,
    /// Not 35 bytes: part of the address is missing or something follows it.
    #[error("this address is incomplete or too long")]
    WrongLength,
    /// The check bytes differ: a character is wrong.
    #[error("this address has a typing error")]
    WrongChecksum,
    /// An address for a different network.
    #[error("this address belongs to another network")]
    OtherNetwork,
}

/// A public key on the chain (`AccountId32`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
pub struct AccountId(pub [u8; 32]);

impl AccountId {
    /// The SS58 address with prefix 42.
    #[must_use]
    pub fn to_ss58(&self) -> String {
        let mut bytes = Vec::with_capacity(35);
        bytes.push(SS58_PREFIX);
        bytes.extend_from_slice(&self.0);
        let check = checksum(&bytes);
        bytes.extend_from_slice(&check);
        bs58::encode(bytes).into_string()
    }

    /// Reads an SS58 address with prefix 42.
    ///
    /// # Errors
    /// Says what is wrong with the address.
    pub fn from_ss58(text: &str) -> Result<Self, Ss58Error> {
        // Base 58 is quadratic in its length: a pasted book must not stop the page.
        if text.len() > 64 {
            return Err(Ss58Error::WrongLength);
        }
        let bytes = bs58::decode(text).into_vec().map_err(|_alphabet| Ss58Error::NotBase58)?;
        let (body, check) = bytes.split_at_checked(33).ok_or(Ss58Error::WrongLength)?;
        if check.len() != 2 {
            return Err(Ss58Error::WrongLength);
        }
        if checksum(body) != check {
            return Err(Ss58Error::WrongChecksum);
        }
        match body.split_first() {
            Some((&SS58_PREFIX, key)) => key.try_into().map(Self).map_err(|_length| Ss58Error::WrongLength),
            _ => Err(Ss58Error::OtherNetwork),
        }
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_ss58())
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_ss58())
    }
}

macro_rules! role {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
        )]
        pub struct $name(pub AccountId);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

role!(Coldkey, "The key that owns TAO and stake.");
role!(Hotkey, "The key under which a validator or miner works; stake is placed on it.");

fn checksum(body: &[u8]) -> [u8; 2] {
    let digest = Blake2b512::new().chain_update(b"SS58PRE").chain_update(body).finalize();
    let mut check = [0; 2];
    for (target, source) in check.iter_mut().zip(digest.iter()) {
        *target = *source;
    }
    check
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

    #[test]
    fn the_well_known_development_address_is_read_and_written() {
        let key =
            crate::format::parse_hex("0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d")
                .and_then(|bytes| bytes.try_into().ok())
                .map(AccountId);
        assert_eq!(AccountId::from_ss58(ALICE).ok(), key);
        assert_eq!(key.map(|key| key.to_ss58()).as_deref(), Some(ALICE));
    }

    #[test]
    fn wrong_addresses_are_told_apart() {
        let check = |text: &str, expected| assert_eq!(AccountId::from_ss58(text), Err(expected), "{text}");
        check("", Ss58Error::WrongLength);
        check("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQ", Ss58Error::WrongLength);
        check("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQZ", Ss58Error::WrongChecksum);
        check("0OIl", Ss58Error::NotBase58);
        // Alice with Polkadot's prefix.
        check("15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5", Ss58Error::OtherNetwork);
    }

    proptest! {
        #[test]
        fn addresses_read_back(key in any::<[u8; 32]>()) {
            prop_assert_eq!(AccountId::from_ss58(&AccountId(key).to_ss58()), Ok(AccountId(key)));
        }

        #[test]
        fn any_text_is_an_address_or_an_error(text in ".*") {
            let _outcome = AccountId::from_ss58(&text);
        }
    }
}
