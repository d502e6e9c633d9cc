//! Only the sudo key may call the sudo pallet.

use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError, ValidTransaction};

use super::check_only;
use crate::{AccountId, Runtime, RuntimeCall};

check_only! {
    SudoTransactionExtension,
    /// Keeps sudo calls of everybody else out of blocks.
}

impl SudoTransactionExtension {
    fn check(signer: &AccountId, call: &RuntimeCall) -> Result<ValidTransaction, TransactionValidityError> {
        let is_sudo = matches!(call, RuntimeCall::Sudo(_));
        let key = pallet_sudo::Key::<Runtime>::get();
        if is_sudo && key.as_ref() != Some(signer) {
            return Err(InvalidTransaction::BadSigner.into());
        }
        Ok(ValidTransaction::default())
    }
}
