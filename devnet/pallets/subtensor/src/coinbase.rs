//! What happens at the start of every block: TAO is emitted and shared among subnets, pools are fed,
//! alpha is emitted and set aside for the next epoch, and the moving prices advance.

use alloc::vec::Vec;
use frame_support::traits::fungible::Mutate as _;
use frame_support::traits::{Defensive as _, Get as _};
use frame_support::weights::Weight;
use subtensor_runtime_common::{
    AlphaBalance, AlphaLedger as _, NetUid, SwapHandler as _, TaoBalance, I96F32, U96F32,
};

use crate::emission::{
    apportion, block_emission, injection, next_moving_price, root_proportion, share_weight, split_alpha,
    FIXED_32_ONE,
};
use crate::*;

impl<T: Config> Pallet<T> {
    /// Runs the economy of one block. Prices advance last, so that a block's emission is shared by
    /// the prices that the block before it left behind.
    pub(crate) fn block_step() -> Weight {
        let block = Self::current_block();
        let emission = block_emission(TotalIssuance::<T>::get().to_u64());
        BlockEmission::<T>::put(emission);
        let subnets = Self::subnets();
        let emitting: Vec<_> = subnets.iter().copied().filter(|netuid| Self::is_emitting(*netuid)).collect();
        Self::emit(&emitting, emission);
        for netuid in &subnets {
            if !emitting.contains(netuid) {
                Self::record_emission(*netuid, BlockRecord::default());
            }
            BlocksSinceLastStep::<T>::mutate(netuid, |blocks| *blocks = blocks.saturating_add(1));
        }
        Self::run_due_epochs(&subnets, block);
        for netuid in &subnets {
            Self::update_root_proportion(*netuid);
            Self::update_moving_price(*netuid, block);
            Self::update_fast_moving_price(*netuid);
        }
        let subnets = u64::try_from(subnets.len()).unwrap_or(u64::MAX);
        T::DbWeight::get().reads_writes(subnets.saturating_mul(32), subnets.saturating_mul(16))
    }

    /// All subnets but root, by ascending netuid.
    pub(crate) fn subnets() -> Vec<NetUid> {
        let mut subnets: Vec<_> = NetworksAdded::<T>::iter()
            .filter(|(netuid, added)| *added && !netuid.is_root())
            .map(|(netuid, _)| netuid)
            .collect();
        subnets.sort();
        subnets
    }

    /// Whether a subnet takes part in emission.
    fn is_emitting(netuid: NetUid) -> bool {
        FirstEmissionBlockNumber::<T>::contains_key(netuid)
            && SubtokenEnabled::<T>::get(netuid)
            && NetworkRegistrationAllowed::<T>::get(netuid)
    }

    /// Alpha that exists on a subnet, in its pool and outside.
    pub(crate) fn alpha_issuance(netuid: NetUid) -> AlphaBalance {
        SubnetAlphaIn::<T>::get(netuid).saturating_add(SubnetAlphaOut::<T>::get(netuid))
    }

    /// Shares `emission` rao among the emitting subnets by their moving prices and pays each its part,
    /// together with the alpha that it emits itself.
    fn emit(emitting: &[NetUid], emission: u64) {
        let weights: Vec<_> = emitting
            .iter()
            .map(|netuid| {
                let price = SubnetMovingPrice::<T>::get(netuid).bits;
                match SubnetEmissionEnabled::<T>::get(netuid) {
                    true => share_weight(price, MinerBurned::<T>::get(netuid).bits),
                    false => 0,
                }
            })
            .collect();
        let prices: i128 = emitting
            .iter()
            .map(|netuid| SubnetMovingPrice::<T>::get(netuid).bits)
            .fold(0, i128::saturating_add);
        // Root stake is only paid while subnets are, in sum, worth more than one TAO per alpha.
        let pay_root = u128::try_from(prices).unwrap_or(0) > FIXED_32_ONE;
        for (netuid, tao) in emitting.iter().zip(apportion(emission, &weights)) {
            Self::emit_on_subnet(*netuid, tao, pay_root);
        }
    }

    fn emit_on_subnet(netuid: NetUid, tao: u64, pay_root: bool) {
        let alpha = block_emission(Self::alpha_issuance(netuid).to_u64());
        let proportion = RootProp::<T>::get(netuid).bits;
        let price = T::SwapInterface::current_price(netuid).to_u64();
        let planned = injection(tao, alpha, proportion, price);
        let (tao_in, alpha_in) = T::SwapInterface::adjust_protocol_liquidity(
            netuid,
            planned.tao_in.into(),
            planned.alpha_in.into(),
        );
        SubnetTAO::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_add(tao_in));
        SubnetAlphaIn::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_add(alpha_in));
        // What the pool does not take in buys alpha like the rest of the excess.
        let excess = TaoBalance::from(tao).saturating_sub(tao_in);
        let excess_tao = Self::chain_buy(netuid, excess);
        Self::issue_to_pool(netuid, tao_in.saturating_add(excess_tao));
        SubnetAlphaOut::<T>::mutate(netuid, |out| *out = out.saturating_add(alpha.into()));
        T::AlphaAssets::issue(netuid, alpha_in.saturating_add(alpha.into()));
        Self::set_aside(netuid, alpha, proportion, pay_root);
        let record = BlockRecord { tao_in, alpha_in, alpha_out: alpha.into(), excess_tao };
        Self::record_emission(netuid, record);
    }

    /// Buys alpha for the protocol, without fee, and returns what was spent: all of `tao`, or nothing
    /// where the pool cannot sell any. What is not spent is not emitted either.
    fn chain_buy(netuid: NetUid, tao: TaoBalance) -> TaoBalance {
        if tao.is_zero() {
            return TaoBalance::ZERO;
        }
        let Ok(quote) = T::SwapInterface::quote_buy(netuid, tao, true) else {
            return TaoBalance::ZERO;
        };
        let bought = quote.amount_out;
        SubnetTAO::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_add(tao));
        SubnetAlphaIn::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_sub(bought));
        SubnetAlphaOut::<T>::mutate(netuid, |out| *out = out.saturating_add(bought));
        SubnetProtocolAlpha::<T>::mutate(netuid, |held| *held = held.saturating_add(bought));
        tao
    }

    /// Mints TAO to the account that holds a pool's money.
    fn issue_to_pool(netuid: NetUid, tao: TaoBalance) {
        if tao.is_zero() {
            return;
        }
        let account = Self::get_subnet_account_id(netuid);
        // Only an overflow of the total issuance can refuse; the cap is far below it.
        let _ = T::Currency::mint_into(&account, tao.to_u64()).defensive();
        TotalIssuance::<T>::mutate(|total| *total = total.saturating_add(tao));
        TotalStake::<T>::mutate(|total| *total = total.saturating_add(tao));
    }

    /// Adds a block's alpha to what waits for the subnet's next epoch.
    fn set_aside(netuid: NetUid, alpha: u64, proportion: u128, pay_root: bool) {
        let cut = match OwnerCutEnabled::<T>::get(netuid) {
            true => SubnetOwnerCut::<T>::get(),
            false => 0,
        };
        let split = split_alpha(alpha, cut, proportion);
        PendingOwnerCut::<T>::mutate(netuid, |p| *p = p.saturating_add(split.owner_cut.into()));
        PendingServerEmission::<T>::mutate(netuid, |p| *p = p.saturating_add(split.server.into()));
        PendingValidatorEmission::<T>::mutate(netuid, |p| {
            *p = p.saturating_add(split.validator.into());
        });
        if pay_root {
            PendingRootAlphaDivs::<T>::mutate(netuid, |p| *p = p.saturating_add(split.root.into()));
        } else {
            Self::recycle_subnet_alpha(netuid, split.root.into());
        }
    }

    /// Takes alpha out of circulation, so that the schedule emits it again.
    pub(crate) fn recycle_subnet_alpha(netuid: NetUid, alpha: AlphaBalance) {
        if !alpha.is_zero() {
            SubnetAlphaOut::<T>::mutate(netuid, |out| *out = out.saturating_sub(alpha));
            T::AlphaAssets::recycle(netuid, alpha);
        }
    }

    fn record_emission(netuid: NetUid, record: BlockRecord) {
        SubnetTaoInEmission::<T>::insert(netuid, record.tao_in);
        SubnetAlphaInEmission::<T>::insert(netuid, record.alpha_in);
        SubnetAlphaOutEmission::<T>::insert(netuid, record.alpha_out);
        SubnetExcessTao::<T>::insert(netuid, record.excess_tao);
    }

    fn update_root_proportion(netuid: NetUid) {
        let bits = root_proportion(
            TaoWeight::<T>::get(),
            SubnetTAO::<T>::get(NetUid::ROOT).to_u64(),
            Self::alpha_issuance(netuid).to_u64(),
        );
        RootProp::<T>::insert(netuid, U96F32::from_bits(bits));
    }

    fn update_moving_price(netuid: NetUid, block: u64) {
        let Some(start) = FirstEmissionBlockNumber::<T>::get(netuid) else {
            return;
        };
        let bits = next_moving_price(
            SubnetMovingPrice::<T>::get(netuid).bits,
            T::SwapInterface::current_price(netuid).to_u64(),
            SubnetMovingAlpha::<T>::get().bits,
            block.saturating_sub(start),
            EMAPriceHalvingBlocks::<T>::get(netuid),
        );
        SubnetMovingPrice::<T>::insert(netuid, I96F32::from_bits(bits));
    }
}

/// What a subnet received in one block.
#[derive(Default)]
struct BlockRecord {
    tao_in: TaoBalance,
    alpha_in: AlphaBalance,
    alpha_out: AlphaBalance,
    excess_tao: TaoBalance,
}
