//! Everything from the chain that goes into building and signing a transaction.

use crate::chain::{Chain, View};
use crate::decode::FromValue;
use crate::error::ReadError;
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use lantern_types::{AccountId, CallShape, ExtensionShape, Shape, TxContext};

const NONCE: &str = "AccountNonceApi_account_nonce";

impl Chain {
    /// Describes a call for an account that will sign it.
    ///
    /// The runtime is that of the newest block, which is where the transaction will be checked; it is born at
    /// the newest finalized block, which cannot be replaced.
    ///
    /// # Errors
    /// [`ReadError::NotInRuntime`] if the runtime has no such call, else as reads.
    pub async fn tx_context(
        &self,
        account: AccountId,
        pallet: &str,
        call: &str,
    ) -> Result<TxContext, ReadError> {
        let birth = self.finalized().await?.block();
        let view = self.best().await?;
        let genesis_hash = self.genesis().await?;
        let metadata = view.metadata();
        let absent = || ReadError::NotInRuntime { item: alloc::format!("call {pallet}.{call}") };
        let variant = metadata.call(pallet, call).ok_or_else(absent)?;
        let extensions = metadata
            .extrinsic
            .extensions
            .iter()
            .map(|(identifier, extra, implicit)| ExtensionShape {
                identifier: identifier.clone(),
                extra: metadata.shape(*extra),
                implicit: metadata.shape(*implicit),
            })
            .collect();
        let runtime = view.pinned().runtime().ok_or(ReadError::BlockGone)?;
        Ok(TxContext {
            genesis_hash,
            spec_name: runtime.spec_name.clone(),
            spec_version: runtime.spec_version,
            transaction_version: runtime.transaction_version,
            extrinsic_version: metadata.extrinsic.version,
            birth,
            nonce: view.nonce(account).await?,
            call: CallShape {
                pallet: pallet.to_owned(),
                pallet_index: metadata.pallet(pallet).ok_or_else(absent)?.index,
                call: call.to_owned(),
                call_index: variant.index,
                arguments: metadata.arguments(variant),
            },
            extensions,
            address: metadata
                .extrinsic
                .address
                .map_or_else(|| Shape::Unsupported(String::from("address")), |ty| metadata.shape(ty)),
        })
    }
}

impl View {
    /// The next nonce of an account, as the runtime counts.
    async fn nonce(&self, account: AccountId) -> Result<u32, ReadError> {
        match self.call(NONCE, &[account.into()]).await {
            Ok(value) => u32::from_value(&value)
                .map_err(|source| ReadError::Undecodable { item: String::from(NONCE), source }),
            Err(ReadError::NotInRuntime { .. }) => Ok(self.balance(account).await?.nonce),
            Err(error) => Err(error),
        }
    }
}
