//! The hashers of storage maps.

use alloc::vec::Vec;
use blake2::digest::consts::{U16, U32};
use blake2::{Blake2b, Digest as _};
use frame_metadata::v14::StorageHasher;
use twox_hash::XxHash64;

/// Appends the hash of an encoded key to `target`, as the runtime does.
pub(crate) fn hash_to(hasher: &StorageHasher, key: &[u8], target: &mut Vec<u8>) {
    match hasher {
        StorageHasher::Blake2_128 => target.extend_from_slice(&Blake2b::<U16>::digest(key)),
        StorageHasher::Blake2_256 => target.extend_from_slice(&Blake2b::<U32>::digest(key)),
        StorageHasher::Blake2_128Concat => {
            target.extend_from_slice(&Blake2b::<U16>::digest(key));
            target.extend_from_slice(key);
        }
        StorageHasher::Twox128 => twox(key, 2, target),
        StorageHasher::Twox256 => twox(key, 4, target),
        StorageHasher::Twox64Concat => {
            twox(key, 1, target);
            target.extend_from_slice(key);
        }
        StorageHasher::Identity => target.extend_from_slice(key),
    }
}

/// How many bytes of hash precede the key itself; nothing where the key cannot be read back.
pub(crate) fn bytes_before_key(hasher: &StorageHasher) -> Option<usize> {
    match hasher {
        StorageHasher::Blake2_128Concat => Some(16),
        StorageHasher::Twox64Concat => Some(8),
        StorageHasher::Identity => Some(0),
        StorageHasher::Blake2_128
        | StorageHasher::Blake2_256
        | StorageHasher::Twox128
        | StorageHasher::Twox256 => None,
    }
}

/// The first 32 bytes of all keys of an entry.
pub(crate) fn entry_prefix(pallet: &str, entry: &str) -> Vec<u8> {
    let mut prefix = Vec::with_capacity(32);
    twox(pallet.as_bytes(), 2, &mut prefix);
    twox(entry.as_bytes(), 2, &mut prefix);
    prefix
}

/// `words` XXH64 hashes with seeds from 0, little-endian.
fn twox(bytes: &[u8], words: u64, target: &mut Vec<u8>) {
    for seed in 0..words {
        target.extend_from_slice(&XxHash64::oneshot(seed, bytes).to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_those_of_the_chain() {
        // From Subtensor's live state.
        let check = |pallet, entry, expected: &str| {
            assert_eq!(hex::encode(entry_prefix(pallet, entry)), expected, "{pallet}.{entry}");
        };
        check(
            "SubtensorModule",
            "SubnetTAO",
            concat!("658faa385070e074c85bf6b568cf0555", "7a57dce016211512d1700561066b85a3"),
        );
        check(
            "System",
            "Account",
            concat!("26aa394eea5630e07c48ae0c9558cef7", "b99d880ec681799c0cf30e8886371da9"),
        );
    }

    #[test]
    fn keys_are_hashed_as_the_runtime_does() {
        let check = |hasher, expected: &str| {
            let mut target = Vec::new();
            hash_to(&hasher, &[1, 0], &mut target);
            assert_eq!(hex::encode(target), expected, "{hasher:?}");
        };
        check(StorageHasher::Identity, "0100");
        let mut concat = Vec::new();
        hash_to(&StorageHasher::Twox64Concat, &0_u32.to_le_bytes(), &mut concat);
        // The well-known hash of a zero index.
        assert_eq!(hex::encode(concat), "b4def25cfda6ef3a00000000");
    }
}
