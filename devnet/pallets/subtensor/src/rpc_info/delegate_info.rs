//! Validators as those who delegate to them see them.

use alloc::collections::BTreeMap;

use super::*;

/// Answer of `DelegateInfoRuntimeApi_get_delegate`.
#[allow(clippy::type_complexity, reason = "the shape of the chain's own answer")]
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct DelegateInfo<AccountId> {
    /// The hotkey.
    pub delegate_ss58: AccountId,
    /// What it keeps of its stakers' dividends, out of 65,535.
    pub take: Compact<u16>,
    /// Everybody with stake on it: netuid and rao-alpha.
    pub nominators: Vec<(AccountId, Vec<(Compact<NetUid>, Compact<AlphaBalance>)>)>,
    /// The coldkey that owns it.
    pub owner_ss58: AccountId,
    /// Where it is registered.
    pub registrations: Vec<Compact<NetUid>>,
    /// Where it may set weights.
    pub validator_permits: Vec<Compact<NetUid>>,
    /// An old figure that means nothing with more than one token: alpha per day and 1,000 TAO of root
    /// stake.
    pub return_per_1000: Compact<u64>,
    /// Alpha per day over all subnets, added up as if it were one token.
    pub total_daily_return: Compact<u64>,
}

/// Blocks per day at twelve seconds each.
const BLOCKS_PER_DAY: u64 = 7_200;

impl<T: Config> Pallet<T> {
    /// All delegates with all their nominators.
    pub fn delegates() -> Vec<DelegateInfo<T::AccountId>> {
        Delegates::<T>::iter_keys().map(|hotkey| Self::existing_delegate(&hotkey)).collect()
    }

    /// One delegate with all its nominators; none where nobody owns the hotkey.
    pub fn delegate(hotkey: &T::AccountId) -> Option<DelegateInfo<T::AccountId>> {
        Owner::<T>::contains_key(hotkey).then(|| Self::existing_delegate(hotkey))
    }

    /// The delegates that a coldkey stakes to, one entry per position.
    #[allow(clippy::type_complexity, reason = "it is the interface's own type")]
    pub fn delegated(
        coldkey: &T::AccountId,
    ) -> Vec<(DelegateInfo<T::AccountId>, (Compact<NetUid>, Compact<u64>))> {
        let positions = Self::stake_info_for_coldkey(coldkey).into_iter();
        positions
            .filter(|position| Delegates::<T>::contains_key(&position.hotkey))
            .map(|position| {
                let amount = Compact(position.stake.0.to_u64());
                (Self::existing_delegate(&position.hotkey), (position.netuid, amount))
            })
            .collect()
    }

    fn existing_delegate(hotkey: &T::AccountId) -> DelegateInfo<T::AccountId> {
        let mut nominators = BTreeMap::<T::AccountId, BTreeMap<NetUid, AlphaBalance>>::new();
        let keys = AlphaV2::<T>::iter_key_prefix((hotkey,)).chain(Alpha::<T>::iter_key_prefix((hotkey,)));
        for (coldkey, netuid) in keys {
            let alpha = Self::get_stake_for_hotkey_and_coldkey_on_subnet(hotkey, &coldkey, netuid);
            if !alpha.is_zero() {
                nominators.entry(coldkey).or_default().insert(netuid, alpha);
            }
        }
        let registrations: Vec<_> = Self::all_netuids()
            .into_iter()
            .filter(|netuid| IsNetworkMember::<T>::get(hotkey, netuid))
            .collect();
        let permits = registrations.iter().filter(|netuid| Self::has_permit(hotkey, **netuid));
        let daily = registrations
            .iter()
            .fold(0, |sum: u64, netuid| sum.saturating_add(Self::daily_alpha(hotkey, *netuid)));
        let root = TotalHotkeyAlpha::<T>::get(hotkey, NetUid::ROOT).to_u64();
        DelegateInfo {
            delegate_ss58: hotkey.clone(),
            take: Compact(ratio_parts(Delegates::<T>::get(hotkey))),
            nominators: nominators
                .into_iter()
                .map(|(coldkey, positions)| {
                    let positions = positions.into_iter();
                    (coldkey, positions.map(|(netuid, alpha)| (Compact(netuid), Compact(alpha))).collect())
                })
                .collect(),
            owner_ss58: Owner::<T>::get(hotkey),
            validator_permits: permits.map(|netuid| Compact(*netuid)).collect(),
            return_per_1000: Compact(emission::mul_div(daily, 1_000_000_000_000, root.into())),
            total_daily_return: Compact(daily),
            registrations: registrations.into_iter().map(Compact).collect(),
        }
    }

    fn has_permit(hotkey: &T::AccountId, netuid: NetUid) -> bool {
        let uid = Uids::<T>::get(netuid, hotkey);
        uid.and_then(|uid| ValidatorPermit::<T>::get(netuid).get(usize::from(uid)).copied()).unwrap_or(false)
    }

    /// What a hotkey's stakers earn on a subnet in a day, in rao-alpha, at the rate of the last epoch.
    fn daily_alpha(hotkey: &T::AccountId, netuid: NetUid) -> u64 {
        let paid = AlphaDividendsPerSubnet::<T>::get(netuid, hotkey).to_u64();
        emission::mul_div(paid, BLOCKS_PER_DAY.into(), Tempo::<T>::get(netuid).into())
    }
}
