//! What a transaction carries beside its call, in the chain's order and under the chain's names.

mod charge;
mod placeholder;
mod staking;
mod sudo;

pub use charge::ChargeTransactionPaymentWrapper;
pub use placeholder::{CheckShieldedTxValidity, DrandPriority};
pub use staking::{SubtensorTransactionExtension, ValidityCode};
pub use sudo::SudoTransactionExtension;

/// Everything that is signed beside a call, in the order in which it is encoded.
pub type TxExtension = (
    (
        frame_system::CheckNonZeroSender<crate::Runtime>,
        frame_system::CheckSpecVersion<crate::Runtime>,
        frame_system::CheckTxVersion<crate::Runtime>,
        frame_system::CheckGenesis<crate::Runtime>,
        frame_system::CheckMortality<crate::Runtime>,
        frame_system::CheckNonce<crate::Runtime>,
        frame_system::CheckWeight<crate::Runtime>,
    ),
    (
        ChargeTransactionPaymentWrapper,
        SudoTransactionExtension,
        CheckShieldedTxValidity,
        SubtensorTransactionExtension,
        DrandPriority,
    ),
    frame_metadata_hash_extension::CheckMetadataHash<crate::Runtime>,
);

/// An extension without bytes of its own that only looks at transactions before they enter the pool and
/// before they run.
macro_rules! check_only {
    ($name:ident, $(#[$doc:meta])*) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, codec::Encode, codec::Decode,
            codec::DecodeWithMemTracking, scale_info::TypeInfo,
        )]
        pub struct $name;

        impl sp_runtime::traits::TransactionExtension<crate::RuntimeCall> for $name {
            const IDENTIFIER: &'static str = stringify!($name);
            type Implicit = ();
            type Val = ();
            type Pre = ();

            fn weight(&self, _call: &crate::RuntimeCall) -> frame_support::weights::Weight {
                frame_support::weights::Weight::zero()
            }

            fn validate(
                &self,
                origin: crate::RuntimeOrigin,
                call: &crate::RuntimeCall,
                _info: &sp_runtime::traits::DispatchInfoOf<crate::RuntimeCall>,
                _len: usize,
                _implicit: (),
                _implication: &impl codec::Encode,
                _source: sp_runtime::transaction_validity::TransactionSource,
            ) -> sp_runtime::traits::ValidateResult<(), crate::RuntimeCall> {
                use frame_support::traits::OriginTrait as _;
                let validity = match origin.as_signer() {
                    Some(signer) => Self::check(signer, call)?,
                    None => Default::default(),
                };
                Ok((validity, (), origin))
            }

            sp_runtime::impl_tx_ext_default!(crate::RuntimeCall; prepare);
        }
    };
}

use check_only;
