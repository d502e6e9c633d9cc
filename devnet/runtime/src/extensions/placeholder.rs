//! Extensions of the chain that have nothing to look at here, because their pallets are not carried.
//! They keep their places, so that a transaction is built as for the chain.

use sp_runtime::transaction_validity::{TransactionValidityError, ValidTransaction};

use super::check_only;
use crate::{AccountId, RuntimeCall};

check_only! {
    CheckShieldedTxValidity,
    /// On the chain: looks into encrypted transactions. There are none here.
}

check_only! {
    DrandPriority,
    /// On the chain: lets pulses of randomness pass first. There are none here.
}

impl CheckShieldedTxValidity {
    fn check(_signer: &AccountId, _call: &RuntimeCall) -> Result<ValidTransaction, TransactionValidityError> {
        Ok(ValidTransaction::default())
    }
}

impl DrandPriority {
    fn check(_signer: &AccountId, _call: &RuntimeCall) -> Result<ValidTransaction, TransactionValidityError> {
        Ok(ValidTransaction::default())
    }
}
