//! The fee of a transaction. It is that of the payment pallet, but a tip buys no priority: every
//! transaction of a class has the same.

use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{
    dispatch::{DispatchClass, DispatchInfo, PostDispatchInfo},
    pallet_prelude::TransactionSource,
    weights::Weight,
};
use pallet_transaction_payment::ChargeTransactionPayment;
use scale_info::{StaticTypeInfo, Type, TypeInfo};
use sp_runtime::{
    traits::{Implication, TransactionExtension, TransactionExtensionMetadata, ValidateResult},
    transaction_validity::{TransactionPriority, TransactionValidityError},
    DispatchResult,
};

use crate::{Runtime, RuntimeCall, RuntimeOrigin};

const NORMAL_PRIORITY: TransactionPriority = 1;
const OPERATIONAL_PRIORITY: TransactionPriority = 10_000_000_000;

type Inner = ChargeTransactionPayment<Runtime>;

/// The payment pallet's extension with flat priorities. In the metadata it looks like the inner one.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking)]
pub struct ChargeTransactionPaymentWrapper(Inner);

impl ChargeTransactionPaymentWrapper {
    /// Pays a tip, in rao, beside the fee.
    pub fn with_tip(tip: crate::Balance) -> Self {
        Self(Inner::from(tip))
    }
}

impl TypeInfo for ChargeTransactionPaymentWrapper {
    type Identity = <Inner as TypeInfo>::Identity;

    fn type_info() -> Type {
        Inner::type_info()
    }
}

impl TransactionExtension<RuntimeCall> for ChargeTransactionPaymentWrapper
where
    Inner: StaticTypeInfo,
{
    const IDENTIFIER: &'static str = <Inner as TransactionExtension<RuntimeCall>>::IDENTIFIER;
    type Implicit = ();
    type Val = <Inner as TransactionExtension<RuntimeCall>>::Val;
    type Pre = <Inner as TransactionExtension<RuntimeCall>>::Pre;

    fn metadata() -> alloc::vec::Vec<TransactionExtensionMetadata> {
        <Inner as TransactionExtension<RuntimeCall>>::metadata()
    }

    /// The base weight of an extrinsic covers it.
    fn weight(&self, _call: &RuntimeCall) -> Weight {
        Weight::zero()
    }

    fn validate(
        &self,
        origin: RuntimeOrigin,
        call: &RuntimeCall,
        info: &DispatchInfo,
        len: usize,
        implicit: (),
        implication: &impl Implication,
        source: TransactionSource,
    ) -> ValidateResult<Self::Val, RuntimeCall> {
        let (mut validity, value, origin) =
            self.0.validate(origin, call, info, len, implicit, implication, source)?;
        validity.priority = match info.class {
            DispatchClass::Normal => NORMAL_PRIORITY,
            DispatchClass::Operational | DispatchClass::Mandatory => OPERATIONAL_PRIORITY,
        };
        Ok((validity, value, origin))
    }

    fn prepare(
        self,
        value: Self::Val,
        origin: &RuntimeOrigin,
        call: &RuntimeCall,
        info: &DispatchInfo,
        len: usize,
    ) -> Result<Self::Pre, TransactionValidityError> {
        self.0.prepare(value, origin, call, info, len)
    }

    fn post_dispatch_details(
        pre: Self::Pre,
        info: &DispatchInfo,
        post_info: &PostDispatchInfo,
        len: usize,
        result: &DispatchResult,
    ) -> Result<Weight, TransactionValidityError> {
        // Without a weight of its own there is nothing to give back.
        Inner::post_dispatch_details(pre, info, post_info, len, result).map(|_| Weight::zero())
    }
}
