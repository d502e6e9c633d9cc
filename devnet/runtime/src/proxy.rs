//! What proxies of each type may call. Types and their numbers are the chain's; calls of pallets that
//! are not carried need no rule.

use crate::{Balance, RuntimeCall};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::InstanceFilter;
use frame_system::Call as SystemCall;
use pallet_balances::Call as BalancesCall;
use pallet_subtensor::Call as SubtensorCall;
use pallet_sudo::Call as SudoCall;
use scale_info::{TypeDef, TypeInfo, Variant};

/// A small transfer is below this, in rao.
const SMALL_TRANSFER: Balance = 500_000_000;

/// What a proxy may do.
#[derive(
    Copy,
    Clone,
    Default,
    Eq,
    PartialEq,
    Ord,
    PartialOrd,
    Encode,
    Decode,
    DecodeWithMemTracking,
    Debug,
    MaxEncodedLen,
    TypeInfo,
)]
pub enum ProxyType {
    /// Everything.
    #[default]
    Any,
    /// What the owner of a subnet does.
    Owner,
    /// Everything that cannot do lasting harm.
    NonCritical,
    /// Everything that moves no money.
    NonTransfer,
    /// Nothing any more.
    Senate,
    /// Everything that touches neither TAO nor stake.
    NonFungible,
    /// Nothing any more.
    Triumvirate,
    /// Nothing any more.
    Governance,
    /// Staking within the account.
    Staking,
    /// Registering neurons.
    Registration,
    /// Moving money.
    Transfer,
    /// Moving small sums.
    SmallTransfer,
    /// Nothing any more.
    RootWeights,
    /// Child keys.
    ChildKeys,
    /// Changing the runtime with the sudo key.
    SudoUncheckedSetCode,
    /// Replacing hotkeys.
    SwapHotkey,
    /// What the beneficiary of a lease does.
    SubnetLeaseBeneficiary,
    /// Root claims.
    RootClaim,
}

/// A kind of proxy, as `ProxyFilterRuntimeApi_get_proxy_types` lists it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ProxyTypeInfo {
    /// Its name, ASCII.
    pub name: Vec<u8>,
    /// Its number.
    pub index: u8,
    /// Whether it allows nothing any more.
    pub deprecated: bool,
}

/// All kinds of proxies in the order of their numbers.
pub fn proxy_types() -> Vec<ProxyTypeInfo> {
    const DEPRECATED: [&str; 4] = ["Senate", "Triumvirate", "Governance", "RootWeights"];
    let TypeDef::Variant(kinds) = ProxyType::type_info().type_def else {
        return Vec::new();
    };
    let info = |kind: &Variant| ProxyTypeInfo {
        name: kind.name.as_bytes().to_vec(),
        index: kind.index,
        deprecated: DEPRECATED.contains(&kind.name),
    };
    kinds.variants.iter().map(info).collect()
}

impl InstanceFilter<RuntimeCall> for ProxyType {
    fn filter(&self, call: &RuntimeCall) -> bool {
        match self {
            Self::Any => true,
            Self::NonTransfer => !moves_tao(call) && !gives_stake_away(call),
            Self::NonFungible => !moves_tao(call) && !touches_stake(call),
            Self::NonCritical => !matches!(call, RuntimeCall::Sudo(_)),
            Self::Staking => is_own_staking(call),
            Self::Transfer => moves_tao(call) || gives_stake_away(call),
            Self::SmallTransfer => is_small_transfer(call),
            Self::Owner | Self::SubnetLeaseBeneficiary => matches!(call, RuntimeCall::AdminUtils(_)),
            Self::SudoUncheckedSetCode => is_set_code(call),
            // The calls these types are for are not carried.
            Self::Registration | Self::ChildKeys | Self::SwapHotkey | Self::RootClaim => false,
            Self::Senate | Self::Triumvirate | Self::Governance | Self::RootWeights => false,
        }
    }

    fn is_superset(&self, other: &Self) -> bool {
        match (self, other) {
            (same, other) if same == other => true,
            (Self::Any, _) => true,
            (Self::NonTransfer, other) => !matches!(other, Self::Any | Self::Transfer | Self::SmallTransfer),
            (Self::Transfer, Self::SmallTransfer) => true,
            _ => false,
        }
    }
}

fn moves_tao(call: &RuntimeCall) -> bool {
    matches!(call, RuntimeCall::Balances(_))
}

fn gives_stake_away(call: &RuntimeCall) -> bool {
    matches!(call, RuntimeCall::SubtensorModule(SubtensorCall::transfer_stake { .. }))
}

fn is_own_staking(call: &RuntimeCall) -> bool {
    let RuntimeCall::SubtensorModule(call) = call else {
        return false;
    };
    matches!(
        call,
        SubtensorCall::add_stake { .. }
            | SubtensorCall::add_stake_limit { .. }
            | SubtensorCall::remove_stake { .. }
            | SubtensorCall::remove_stake_limit { .. }
            | SubtensorCall::remove_stake_full_limit { .. }
            | SubtensorCall::unstake_all { .. }
            | SubtensorCall::unstake_all_alpha { .. }
            | SubtensorCall::move_stake { .. }
            | SubtensorCall::swap_stake { .. }
            | SubtensorCall::swap_stake_limit { .. }
    )
}

fn touches_stake(call: &RuntimeCall) -> bool {
    is_own_staking(call) || gives_stake_away(call)
}

fn is_small_transfer(call: &RuntimeCall) -> bool {
    match call {
        RuntimeCall::Balances(
            BalancesCall::transfer_allow_death { value, .. }
            | BalancesCall::transfer_keep_alive { value, .. },
        ) => *value < SMALL_TRANSFER,
        RuntimeCall::SubtensorModule(SubtensorCall::transfer_stake { alpha_amount, .. }) => {
            alpha_amount.to_u64() < SMALL_TRANSFER
        }
        _ => false,
    }
}

fn is_set_code(call: &RuntimeCall) -> bool {
    match call {
        RuntimeCall::Sudo(SudoCall::sudo_unchecked_weight { call, .. }) => {
            matches!(**call, RuntimeCall::System(SystemCall::set_code { .. }))
        }
        _ => false,
    }
}
