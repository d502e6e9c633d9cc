//! Reading back exactly the bytes that are about to be signed.
//!
//! It starts from bytes and shapes alone and shares no path with the code that wrote them. Bytes that are
//! left over, missing or unknown block signing.

use crate::era::Era;
use crate::extrinsic::UnsignedExtrinsic;
use crate::scale::{self, ScaleError, Value};
use lantern_types::{BlockHash, TxContext};
use parity_scale_codec::{Compact, Decode as _};

/// Why the bytes cannot be shown and therefore must not be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReviewError {
    /// The bytes are those of another call than the runtime described.
    #[error("the bytes to be signed are not the call that was asked for")]
    OtherCall,
    /// A part cannot be read.
    #[error("{part} cannot be read back")]
    Unreadable {
        /// Argument or extension.
        part: String,
        /// What is wrong.
        #[source]
        source: ScaleError,
    },
    /// Something follows the last part.
    #[error("there are bytes to be signed that nothing accounts for")]
    LeftOver,
    /// A part contradicts the chain that it is meant for.
    #[error("the bytes to be signed name another {0}")]
    Contradiction(&'static str),
}

/// One argument of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewedField {
    /// Name in the metadata.
    pub name: String,
    /// Type as the runtime names it.
    pub type_name: String,
    /// Meaning.
    pub value: Value,
    /// The bytes it was read from.
    pub raw: Vec<u8>,
}

/// One extension with the bytes it contributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewedExtension {
    /// Identifier in the metadata.
    pub identifier: String,
    /// Bytes in the extrinsic.
    pub extra: Vec<u8>,
    /// Bytes in the signed payload only.
    pub implicit: Vec<u8>,
}

/// What a signature would agree to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Pallet of the call.
    pub pallet: String,
    /// Name of the call.
    pub call: String,
    /// Arguments in their order.
    pub arguments: Vec<ReviewedField>,
    /// Extensions in their order.
    pub extensions: Vec<ReviewedExtension>,
    /// How long it stays valid.
    pub era: Option<Era>,
    /// Number of the transaction for this account.
    pub nonce: Option<u32>,
    /// Tip in rao.
    pub tip: Option<u64>,
    /// Spec version that it is valid for.
    pub spec_version: Option<u32>,
    /// Chain that it is valid on.
    pub genesis_hash: Option<BlockHash>,
}

impl Review {
    /// An argument by name.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<&Value> {
        self.arguments.iter().find(|field| field.name == name).map(|field| &field.value)
    }
}

/// Reads back the bytes of `extrinsic` by the shapes of `context`.
///
/// # Errors
/// Any byte that cannot be accounted for.
pub fn review(extrinsic: &UnsignedExtrinsic, context: &TxContext) -> Result<Review, ReviewError> {
    let mut input = extrinsic.call.as_slice();
    let (head, rest) = input.split_at_checked(2).ok_or(ReviewError::OtherCall)?;
    if head != [context.call.pallet_index, context.call.call_index] {
        return Err(ReviewError::OtherCall);
    }
    input = rest;
    let mut arguments = Vec::new();
    for argument in &context.call.arguments {
        let before = input;
        let value = scale::decode(&argument.shape, &mut input)
            .map_err(|source| ReviewError::Unreadable { part: argument.name.clone(), source })?;
        arguments.push(ReviewedField {
            name: argument.name.clone(),
            type_name: argument.type_name.clone(),
            value,
            raw: consumed(before, input),
        });
    }
    if !input.is_empty() {
        return Err(ReviewError::LeftOver);
    }
    let mut review = Review {
        pallet: context.call.pallet.clone(),
        call: context.call.call.clone(),
        arguments,
        extensions: Vec::new(),
        era: None,
        nonce: None,
        tip: None,
        spec_version: None,
        genesis_hash: None,
    };
    read_extensions(&mut review, extrinsic, context)?;
    Ok(review)
}

fn read_extensions(
    review: &mut Review,
    extrinsic: &UnsignedExtrinsic,
    context: &TxContext,
) -> Result<(), ReviewError> {
    let (mut extra, mut implicit) = (extrinsic.extra.as_slice(), extrinsic.implicit.as_slice());
    for extension in &context.extensions {
        let (extra_before, implicit_before) = (extra, implicit);
        let unreadable = |source| ReviewError::Unreadable { part: extension.identifier.clone(), source };
        let malformed = || unreadable(ScaleError::Malformed);
        if extension.identifier == "CheckMortality" {
            // An era has an encoding of its own: the metadata lists 256 variants for it.
            review.era = Some(Era::decode(&mut extra).ok_or_else(malformed)?);
        } else {
            scale::decode(&extension.extra, &mut extra).map_err(unreadable)?;
        }
        scale::decode(&extension.implicit, &mut implicit).map_err(unreadable)?;
        let read = ReviewedExtension {
            identifier: extension.identifier.clone(),
            extra: consumed(extra_before, extra),
            implicit: consumed(implicit_before, implicit),
        };
        match read.identifier.as_str() {
            "CheckNonce" => {
                let nonce =
                    Compact::<u32>::decode(&mut read.extra.as_slice()).map_err(|_bytes| malformed())?;
                review.nonce = Some(nonce.0);
            }
            "ChargeTransactionPayment" => {
                let tip = Compact::<u64>::decode(&mut read.extra.as_slice()).map_err(|_bytes| malformed())?;
                review.tip = Some(tip.0);
            }
            "CheckSpecVersion" => {
                review.spec_version =
                    Some(u32::decode(&mut read.implicit.as_slice()).map_err(|_bytes| malformed())?);
            }
            "CheckGenesis" => {
                review.genesis_hash =
                    Some(BlockHash::decode(&mut read.implicit.as_slice()).map_err(|_bytes| malformed())?);
            }
            _ => {}
        }
        review.extensions.push(read);
    }
    if !extra.is_empty() || !implicit.is_empty() {
        return Err(ReviewError::LeftOver);
    }
    if review.genesis_hash.is_some_and(|hash| hash != context.genesis_hash) {
        return Err(ReviewError::Contradiction("chain"));
    }
    if review.spec_version.is_some_and(|version| version != context.spec_version) {
        return Err(ReviewError::Contradiction("runtime version"));
    }
    Ok(())
}

fn consumed(before: &[u8], after: &[u8]) -> Vec<u8> {
    before.iter().take(before.len().saturating_sub(after.len())).copied().collect()
}
