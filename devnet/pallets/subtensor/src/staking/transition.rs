//! Moving stake: to another hotkey, to another subnet, to another coldkey.
//!
//! Inside one subnet alpha changes hands without a trade and without a fee. Between subnets it is sold
//! and the proceeds are staked again; the fee is taken once, from the alpha sold, or from the TAO where
//! the origin is root.

use frame_support::ensure;
use sp_runtime::{DispatchError, DispatchResult};
use subtensor_runtime_common::{AlphaBalance, NetUid, SwapHandler as _, TaoBalance};

use super::PriceLimit;
use crate::{defaults::MIN_STAKE, Config, Error, Event, Pallet, TransferToggle};

/// Where stake comes from and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition<AccountId> {
    /// Coldkey that has it.
    pub origin_coldkey: AccountId,
    /// Coldkey that gets it.
    pub destination_coldkey: AccountId,
    /// Hotkey it is staked to.
    pub origin_hotkey: AccountId,
    /// Hotkey it will be staked to.
    pub destination_hotkey: AccountId,
    /// Subnet it is on.
    pub origin_netuid: NetUid,
    /// Subnet it will be on.
    pub destination_netuid: NetUid,
    /// How much, in rao-alpha of the origin.
    pub alpha: AlphaBalance,
}

impl<AccountId: Clone> Transition<AccountId> {
    /// The same stake on another subnet.
    pub fn swap(
        coldkey: AccountId,
        hotkey: AccountId,
        origin_netuid: NetUid,
        destination_netuid: NetUid,
        alpha: AlphaBalance,
    ) -> Self {
        Self {
            origin_coldkey: coldkey.clone(),
            destination_coldkey: coldkey,
            origin_hotkey: hotkey.clone(),
            destination_hotkey: hotkey,
            origin_netuid,
            destination_netuid,
            alpha,
        }
    }
}

impl<T: Config> Pallet<T> {
    pub(crate) fn do_move_stake(transition: Transition<T::AccountId>) -> DispatchResult {
        let tao = Self::transition_stake(&transition, None)?;
        Self::deposit_event(Event::StakeMoved(
            transition.origin_coldkey,
            transition.origin_hotkey,
            transition.origin_netuid,
            transition.destination_hotkey,
            transition.destination_netuid,
            tao,
        ));
        Ok(())
    }

    pub(crate) fn do_transfer_stake(transition: Transition<T::AccountId>) -> DispatchResult {
        let tao = Self::transition_stake(&transition, None)?;
        Self::deposit_event(Event::StakeTransferred(
            transition.origin_coldkey,
            transition.destination_coldkey,
            transition.origin_hotkey,
            transition.origin_netuid,
            transition.destination_netuid,
            tao,
        ));
        Ok(())
    }

    pub(crate) fn do_swap_stake(
        transition: Transition<T::AccountId>,
        limit: Option<PriceLimit>,
    ) -> DispatchResult {
        let tao = Self::transition_stake(&transition, limit)?;
        Self::deposit_event(Event::StakeSwapped(
            transition.origin_coldkey,
            transition.origin_hotkey,
            transition.origin_netuid,
            transition.destination_netuid,
            tao,
        ));
        Ok(())
    }

    /// Checks a transition against the present state and returns how much alpha it will move.
    pub fn validate_transition(
        transition: &Transition<T::AccountId>,
        limit: Option<PriceLimit>,
    ) -> Result<AlphaBalance, DispatchError> {
        let Transition { origin_netuid, destination_netuid, .. } = *transition;
        let same_coldkey = transition.origin_coldkey == transition.destination_coldkey;
        let same_hotkey = transition.origin_hotkey == transition.destination_hotkey;
        if same_coldkey && same_hotkey {
            ensure!(origin_netuid != destination_netuid, Error::<T>::SameNetuid);
        }
        Self::ensure_tradable(origin_netuid)?;
        Self::ensure_tradable(destination_netuid)?;
        ensure!(
            Self::hotkey_account_exists(&transition.origin_hotkey)
                && Self::hotkey_account_exists(&transition.destination_hotkey),
            Error::<T>::HotKeyAccountNotExists
        );
        if !same_coldkey {
            let allowed =
                TransferToggle::<T>::get(origin_netuid) && TransferToggle::<T>::get(destination_netuid);
            ensure!(allowed, Error::<T>::TransferDisallowed);
        }
        let position = Self::get_stake_for_hotkey_and_coldkey_on_subnet(
            &transition.origin_hotkey,
            &transition.origin_coldkey,
            origin_netuid,
        );
        ensure!(transition.alpha <= position, Error::<T>::NotEnoughStakeToWithdraw);
        let alpha = match limit {
            Some(limit) if origin_netuid != destination_netuid => {
                let max = Self::max_swap(origin_netuid, destination_netuid, transition.alpha, limit)?;
                ensure!(transition.alpha <= max || limit.allow_partial, Error::<T>::SlippageTooHigh);
                transition.alpha.min(max)
            }
            _ => transition.alpha,
        };
        let tao = if origin_netuid == destination_netuid {
            Self::worth(origin_netuid, alpha)?
        } else {
            T::SwapInterface::quote_sell(origin_netuid, alpha, false)?.amount_out
        };
        ensure!(tao >= MIN_STAKE, Error::<T>::AmountTooLow);
        Ok(alpha)
    }

    /// Moves stake and returns what it was worth in TAO.
    fn transition_stake(
        transition: &Transition<T::AccountId>,
        limit: Option<PriceLimit>,
    ) -> Result<TaoBalance, DispatchError> {
        let alpha = Self::validate_transition(transition, limit)?;
        let Transition { origin_netuid, destination_netuid, .. } = *transition;
        let tao = if origin_netuid == destination_netuid {
            Self::reassign_stake(transition, alpha)?
        } else {
            let tao = Self::unstake_from_subnet(
                &transition.origin_hotkey,
                &transition.origin_coldkey,
                &transition.origin_coldkey,
                origin_netuid,
                alpha,
                false,
            )?;
            Self::stake_into_subnet(
                &transition.destination_hotkey,
                &transition.destination_coldkey,
                &transition.origin_coldkey,
                destination_netuid,
                tao,
                !origin_netuid.is_root(),
            )?;
            tao
        };
        Self::clear_small_nomination(&transition.origin_hotkey, &transition.origin_coldkey, origin_netuid);
        Ok(tao)
    }

    /// Changes the position that alpha belongs to inside one subnet.
    fn reassign_stake(
        transition: &Transition<T::AccountId>,
        alpha: AlphaBalance,
    ) -> Result<TaoBalance, DispatchError> {
        let netuid = transition.origin_netuid;
        let (hotkey, coldkey) = (&transition.origin_hotkey, &transition.origin_coldkey);
        let taken = Self::decrease_stake_for_hotkey_and_coldkey_on_subnet(hotkey, coldkey, netuid, alpha);
        ensure!(taken == alpha, Error::<T>::NotEnoughStakeToWithdraw);
        let tao = Self::worth(netuid, alpha)?;
        Self::deposit_event(Event::StakeRemoved(coldkey.clone(), hotkey.clone(), tao, alpha, netuid, 0));
        let (hotkey, coldkey) = (&transition.destination_hotkey, &transition.destination_coldkey);
        Self::increase_stake_for_hotkey_and_coldkey_on_subnet(hotkey, coldkey, netuid, alpha);
        Self::deposit_event(Event::StakeAdded(coldkey.clone(), hotkey.clone(), tao, alpha, netuid, 0));
        Ok(tao)
    }

    /// The most alpha, up to `most`, that can be swapped before the ratio of the two prices falls below
    /// the limit. Both prices move against the trader with the amount, so halving the range finds it.
    fn max_swap(
        origin: NetUid,
        destination: NetUid,
        most: AlphaBalance,
        limit: PriceLimit,
    ) -> Result<AlphaBalance, DispatchError> {
        let within = |alpha: u64| -> Result<bool, DispatchError> {
            let sold = T::SwapInterface::price_after_sell(origin, alpha.into())?;
            let tao = T::SwapInterface::quote_sell(origin, alpha.into(), false)?.amount_out;
            let bought = T::SwapInterface::price_after_buy(destination, tao)?;
            let ratio = u128::from(sold.to_u64()).saturating_mul(1_000_000_000);
            let ratio = ratio.checked_div(bought.into()).ok_or(Error::<T>::InsufficientLiquidity)?;
            Ok(ratio >= u128::from(limit.price))
        };
        if within(most.to_u64())? {
            return Ok(most);
        }
        let (mut low, mut high) = (0u64, most.to_u64());
        while high.saturating_sub(low) > 1 {
            let middle = low.midpoint(high);
            if within(middle)? {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok(low.into())
    }
}
