//! The chain's own fee for a transaction.

use crate::chain::View;
use crate::decode::FromValue as _;
use crate::error::ReadError;
use alloc::borrow::ToOwned as _;
use alloc::string::String;
use lantern_types::TaoBalance;

const NAME: &str = "TransactionPaymentApi_query_info";

impl View {
    /// The fee that the runtime will take for an extrinsic, before its own refunds. The signature in it
    /// is not checked.
    ///
    /// # Errors
    /// As reads.
    pub async fn fee(&self, extrinsic: &[u8]) -> Result<TaoBalance, ReadError> {
        let length = u32::try_from(extrinsic.len()).unwrap_or(u32::MAX);
        let mut arguments = extrinsic.to_vec();
        arguments.extend_from_slice(&length.to_le_bytes());
        let output = self.run_encoded(NAME, &arguments).await?;
        self.decode_output(NAME, &output)?
            .field("partial_fee")
            .and_then(TaoBalance::from_value)
            .map_err(|source| ReadError::Undecodable { item: NAME.to_owned(), source })
    }

    async fn run_encoded(&self, name: &str, arguments: &[u8]) -> Result<alloc::vec::Vec<u8>, ReadError> {
        if self.metadata().function(name).is_none() {
            return Err(ReadError::NotInRuntime { item: String::from(name) });
        }
        self.chain.reader.call(self.pinned(), name, arguments).await
    }
}
