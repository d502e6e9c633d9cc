//! What the owner of a subnet does with it.

use frame_support::ensure;
use frame_system::pallet_prelude::OriginFor;
use sp_runtime::DispatchResult;
use subtensor_runtime_common::{NetUid, SubnetPools as _};

use crate::{
    Config, Error, Event, FirstEmissionBlockNumber, NetworkRegisteredAt, Pallet, StartCallDelay,
    SubnetIdentitiesV3, SubnetIdentityV3, SubnetOwner, SubtokenEnabled,
};

/// Longest fields of a subnet's identity, bytes, in the order of its fields.
const MAX_SUBNET_IDENTITY_BYTES: [usize; 8] = [256, 1024, 1024, 1024, 256, 1024, 1024, 1024];

impl<T: Config> Pallet<T> {
    /// Opens a subnet for trade and emission, once, from the next block on.
    pub(crate) fn do_start_call(origin: OriginFor<T>, netuid: NetUid) -> DispatchResult {
        ensure!(Self::exists(netuid), Error::<T>::SubnetNotExists);
        Self::ensure_subnet_owner(origin, netuid)?;
        ensure!(
            !FirstEmissionBlockNumber::<T>::contains_key(netuid),
            Error::<T>::FirstEmissionBlockNumberAlreadySet
        );
        let now = Self::current_block();
        let opens = NetworkRegisteredAt::<T>::get(netuid).saturating_add(StartCallDelay::<T>::get());
        ensure!(now >= opens, Error::<T>::NeedWaitingMoreBlocksToStarCall);
        let first = now.saturating_add(1);
        FirstEmissionBlockNumber::<T>::insert(netuid, first);
        SubtokenEnabled::<T>::insert(netuid, true);
        Self::deposit_event(Event::FirstEmissionBlockNumberSet(netuid, first));
        Ok(())
    }

    pub(crate) fn do_set_subnet_identity(
        origin: OriginFor<T>,
        netuid: NetUid,
        identity: SubnetIdentityV3,
    ) -> DispatchResult {
        Self::ensure_subnet_owner(origin, netuid)?;
        let fields = [
            &identity.subnet_name,
            &identity.github_repo,
            &identity.subnet_contact,
            &identity.subnet_url,
            &identity.discord,
            &identity.description,
            &identity.logo_url,
            &identity.additional,
        ];
        let fits = fields.iter().zip(MAX_SUBNET_IDENTITY_BYTES).all(|(field, max)| field.len() <= max);
        ensure!(fits, Error::<T>::InvalidIdentity);
        SubnetIdentitiesV3::<T>::insert(netuid, identity);
        Self::deposit_event(Event::SubnetIdentitySet(netuid));
        Ok(())
    }

    fn ensure_subnet_owner(origin: OriginFor<T>, netuid: NetUid) -> DispatchResult {
        let coldkey = frame_system::ensure_signed(origin)?;
        let owns = SubnetOwner::<T>::try_get(netuid).is_ok_and(|owner| owner == coldkey);
        ensure!(owns, Error::<T>::NotSubnetOwner);
        Ok(())
    }
}
