//! From a call to a signed extrinsic (format 4), with the extensions that the live runtime lists.
//!
//! Extensions are filled by identifier. One that this build does not know is accepted only if it carries no
//! bytes; otherwise signing is refused, because its meaning could not be shown.

use crate::call::{CallError, StakingCall};
use crate::era::Era;
use crate::keypair::Keypair;
use crate::scale;
use blake2::digest::consts::U32;
use blake2::{Blake2b, Digest as _};
use lantern_types::{AccountId, ExtensionShape, Shape, TxContext};
use parity_scale_codec::{Compact, Encode as _};

/// Signed format 4: the high bit says that it is signed.
const SIGNED_V4: u8 = 0x84;
/// `MultiAddress::Id`.
const ADDRESS_ID: u8 = 0;
/// `MultiSignature::Sr25519`.
const SIGNATURE_SR25519: u8 = 1;
/// Payloads longer than this are hashed before they are signed.
const MAX_PLAIN_PAYLOAD: usize = 256;

/// Why an extrinsic cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The call cannot be written.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The runtime wants another extrinsic format than 4.
    #[error("this runtime uses extrinsic format {0}, which this build cannot sign")]
    Format(u8),
    /// An extension carries bytes that this build does not understand.
    #[error("this runtime has a transaction extension that Lantern does not know: {0}")]
    UnknownExtension(String),
    /// A known extension has other bytes than expected.
    #[error("the transaction extension {0} has changed in this runtime")]
    ChangedExtension(String),
    /// Senders are not addressed by `MultiAddress` or by their key.
    #[error("this runtime addresses senders in a way that Lantern does not know")]
    Address,
}

/// An extrinsic before its signature: the exact bytes to review and to sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsignedExtrinsic {
    /// Who will sign.
    pub account: AccountId,
    /// The call.
    pub call: Vec<u8>,
    /// What the extensions put into the extrinsic.
    pub extra: Vec<u8>,
    /// What the extensions add to the signed payload only.
    pub implicit: Vec<u8>,
    /// Last block that may include it.
    pub last_valid: Option<u32>,
    address: Vec<u8>,
}

/// An extrinsic that can be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedExtrinsic {
    /// The bytes, with their length in front.
    pub bytes: Vec<u8>,
    /// Blake2-256 of the bytes: its name everywhere.
    pub hash: [u8; 32],
}

/// Builds the extrinsic of `call` for `account` on the chain that `context` describes.
///
/// # Errors
/// The live runtime differs from what this build can sign and show.
pub fn build(
    call: &StakingCall,
    account: AccountId,
    context: &TxContext,
) -> Result<UnsignedExtrinsic, BuildError> {
    if context.extrinsic_version & 0x7f != 4 {
        return Err(BuildError::Format(context.extrinsic_version));
    }
    let address = match &context.address {
        Shape::AccountId => account.encode(),
        Shape::Variant(variants)
            if variants.iter().any(|variant| variant.index == ADDRESS_ID && variant.name == "Id") =>
        {
            [&[ADDRESS_ID], account.0.as_slice()].concat()
        }
        _ => return Err(BuildError::Address),
    };
    let era = Era::from_birth(context.birth.number.into());
    let (mut extra, mut implicit) = (Vec::new(), Vec::new());
    for extension in &context.extensions {
        let (in_extrinsic, in_payload) = fill(extension, context, era)?;
        extra.extend(in_extrinsic);
        implicit.extend(in_payload);
    }
    Ok(UnsignedExtrinsic {
        account,
        call: call.encode(&context.call)?,
        extra,
        implicit,
        last_valid: era.last_valid(context.birth.number.into()).and_then(|last| u32::try_from(last).ok()),
        address,
    })
}

impl UnsignedExtrinsic {
    /// What is signed: call, extra and implicit, or their Blake2-256 where they exceed 256 bytes.
    #[must_use]
    pub fn payload(&self) -> Vec<u8> {
        let payload = [self.call.as_slice(), &self.extra, &self.implicit].concat();
        if payload.len() > MAX_PLAIN_PAYLOAD { blake2_256(&payload).to_vec() } else { payload }
    }

    /// Signs exactly [`payload`](Self::payload). `entropy` is fresh randomness of the platform.
    #[must_use]
    pub fn sign(&self, keypair: &Keypair, entropy: [u8; 32]) -> SignedExtrinsic {
        self.assemble(&keypair.sign(&self.payload(), entropy))
    }

    /// The extrinsic with a signature of zeros: of the same length and therefore of the same fee.
    #[must_use]
    pub fn for_fee_estimate(&self) -> Vec<u8> {
        self.assemble(&[0; 64]).bytes
    }

    fn assemble(&self, signature: &[u8; 64]) -> SignedExtrinsic {
        let mut body = vec![SIGNED_V4];
        body.extend_from_slice(&self.address);
        body.push(SIGNATURE_SR25519);
        body.extend_from_slice(signature);
        body.extend_from_slice(&self.extra);
        body.extend_from_slice(&self.call);
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let mut bytes = Compact(length).encode();
        bytes.append(&mut body);
        SignedExtrinsic { hash: blake2_256(&bytes), bytes }
    }
}

/// What one extension puts into the extrinsic and into the payload.
fn fill(extension: &ExtensionShape, context: &TxContext, era: Era) -> Result<(Vec<u8>, Vec<u8>), BuildError> {
    let expect = |extra: bool, implicit: bool, filled: (Vec<u8>, Vec<u8>)| {
        // A known identifier whose bytes appeared or vanished means something else now.
        if scale::is_empty(&extension.extra) == extra || scale::is_empty(&extension.implicit) == implicit {
            return Err(BuildError::ChangedExtension(extension.identifier.clone()));
        }
        Ok(filled)
    };
    match extension.identifier.as_str() {
        "CheckSpecVersion" => expect(false, true, (Vec::new(), context.spec_version.encode())),
        "CheckTxVersion" => expect(false, true, (Vec::new(), context.transaction_version.encode())),
        "CheckGenesis" => expect(false, true, (Vec::new(), context.genesis_hash.encode())),
        "CheckMortality" => expect(true, true, (era.encode(), context.birth.hash.encode())),
        "CheckNonce" => expect(true, false, (Compact(context.nonce).encode(), Vec::new())),
        "ChargeTransactionPayment" => expect(true, false, (Compact(0_u64).encode(), Vec::new())),
        // Mode 0: no metadata hash is claimed, and the payload says so.
        "CheckMetadataHash" => expect(true, true, (vec![0], vec![0])),
        _ if scale::is_empty(&extension.extra) && scale::is_empty(&extension.implicit) => {
            Ok((Vec::new(), Vec::new()))
        }
        other => Err(BuildError::UnknownExtension(String::from(other))),
    }
}

fn blake2_256(bytes: &[u8]) -> [u8; 32] {
    Blake2b::<U32>::digest(bytes).into()
}
