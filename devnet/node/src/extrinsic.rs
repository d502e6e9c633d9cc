//! Signed extrinsics, put together byte by byte in the layout of Subtensor's thirteen transaction
//! extensions. Nothing depends on the runtime's Rust types but the call itself.

use codec::{Compact, Encode as _};
use sp_core::{sr25519, Pair as _, H256};

/// What an extrinsic's signature covers beside the call.
#[derive(Clone, Copy, Debug)]
pub struct SigningContext {
    /// Hash of the genesis block.
    pub genesis_hash: H256,
    /// `spec_version` of the runtime that will execute it.
    pub spec_version: u32,
    /// `transaction_version` of that runtime.
    pub transaction_version: u32,
    /// Number of the signer's extrinsics so far.
    pub nonce: u32,
}

/// Signs an encoded call: immortal, without a tip, without a metadata hash.
pub fn sign(call: &[u8], signer: &sr25519::Pair, context: SigningContext) -> Vec<u8> {
    const IMMORTAL: u8 = 0;
    const NO_METADATA_HASH: u8 = 0;
    let extra = (IMMORTAL, Compact(context.nonce), Compact(0u64), NO_METADATA_HASH).encode();
    let implicit = (
        context.spec_version,
        context.transaction_version,
        context.genesis_hash,
        // An immortal extrinsic is anchored at genesis.
        context.genesis_hash,
        NO_METADATA_HASH,
    )
        .encode();

    let mut payload = call.to_vec();
    payload.extend_from_slice(&extra);
    payload.extend_from_slice(&implicit);
    let signature = if payload.len() > 256 {
        signer.sign(&sp_io::hashing::blake2_256(&payload))
    } else {
        signer.sign(&payload)
    };

    const SIGNED_V4: u8 = 0x84;
    const ADDRESS_ID: u8 = 0;
    const SR25519: u8 = 1;
    let mut body = vec![SIGNED_V4, ADDRESS_ID];
    body.extend_from_slice(&signer.public().0);
    body.push(SR25519);
    body.extend_from_slice(&signature.0);
    body.extend_from_slice(&extra);
    body.extend_from_slice(call);

    let mut extrinsic = Compact(body.len() as u32).encode();
    extrinsic.extend_from_slice(&body);
    extrinsic
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys;
    use codec::Decode as _;
    use lantern_devnet_runtime::{RuntimeCall, SystemCall, UncheckedExtrinsic};

    fn signed(remark: usize) -> Vec<u8> {
        let call = RuntimeCall::System(SystemCall::remark { remark: vec![0; remark] });
        let context = SigningContext {
            genesis_hash: H256::zero(),
            spec_version: 425,
            transaction_version: 1,
            nonce: 70,
        };
        sign(&call.encode(), &keys::sudo_pair(), context)
    }

    /// The runtime's own types read back what was put together by hand.
    #[test]
    fn the_runtime_reads_it() {
        let bytes = signed(3);
        let extrinsic = UncheckedExtrinsic::decode(&mut bytes.as_slice()).unwrap();
        assert_eq!(extrinsic.encode(), bytes);
        assert!(
            matches!(&extrinsic.function, RuntimeCall::System(SystemCall::remark { remark }) if remark.len() == 3)
        );
    }

    /// Above 256 bytes the hash of the payload is signed, so the signature covers 32 bytes.
    #[test]
    fn long_payloads_are_hashed() {
        let call = RuntimeCall::System(SystemCall::remark { remark: vec![0; 300] }).encode();
        let bytes = signed(300);
        let signature =
            sr25519::Signature::try_from(&bytes[bytes.len() - call.len() - 5 - 64..][..64]).unwrap();
        let mut payload = call;
        payload.extend(
            (0u8, Compact(70u32), Compact(0u64), 0u8, 425u32, 1u32, H256::zero(), H256::zero(), 0u8).encode(),
        );
        let hash = sp_io::hashing::blake2_256(&payload);
        assert!(sr25519::Pair::verify(&signature, hash, &keys::sudo_pair().public()));
    }
}
