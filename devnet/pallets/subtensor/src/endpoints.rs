//! Where miners announce that they can be reached.

use alloc::vec::Vec;
use frame_support::{ensure, BoundedVec};
use frame_system::pallet_prelude::OriginFor;
use sp_runtime::{DispatchError, DispatchResult};
use subtensor_runtime_common::NetUid;

use crate::{
    AxonInfo, Axons, Config, Error, Event, IsNetworkMember, NeuronCertificate, NeuronCertificates, Pallet,
    Prometheus, PrometheusInfo, ServingRateLimit,
};

impl<T: Config> Pallet<T> {
    /// Announces a miner's endpoint; the block is filled in here.
    pub(crate) fn do_serve_axon(
        origin: OriginFor<T>,
        netuid: NetUid,
        axon: AxonInfo,
        certificate: Option<Vec<u8>>,
    ) -> DispatchResult {
        let hotkey = Self::ensure_may_serve(origin, axon.ip, axon.ip_type, axon.port)?;
        let last = Axons::<T>::get(netuid, &hotkey).map(|axon| axon.block);
        Self::ensure_serving_rate(netuid, last)?;
        if let Some(certificate) = certificate.and_then(parse_certificate) {
            NeuronCertificates::<T>::insert(netuid, &hotkey, certificate);
        }
        Axons::<T>::insert(netuid, &hotkey, AxonInfo { block: Self::current_block(), ..axon });
        Self::deposit_event(Event::AxonServed(netuid, hotkey));
        Ok(())
    }

    /// Announces the endpoint of a miner's metrics; the block is filled in here.
    pub(crate) fn do_serve_prometheus(
        origin: OriginFor<T>,
        netuid: NetUid,
        prometheus: PrometheusInfo,
    ) -> DispatchResult {
        let hotkey = Self::ensure_may_serve(origin, prometheus.ip, prometheus.ip_type, prometheus.port)?;
        let last = Prometheus::<T>::get(netuid, &hotkey).map(|prometheus| prometheus.block);
        Self::ensure_serving_rate(netuid, last)?;
        let info = PrometheusInfo { block: Self::current_block(), ..prometheus };
        Prometheus::<T>::insert(netuid, &hotkey, info);
        Self::deposit_event(Event::PrometheusServed(netuid, hotkey));
        Ok(())
    }

    fn ensure_may_serve(
        origin: OriginFor<T>,
        ip: u128,
        ip_type: u8,
        port: u16,
    ) -> Result<T::AccountId, DispatchError> {
        let hotkey = frame_system::ensure_signed(origin)?;
        let registered = IsNetworkMember::<T>::iter_prefix(&hotkey).any(|(_netuid, member)| member);
        ensure!(registered, Error::<T>::HotKeyNotRegisteredInNetwork);
        ensure!(ip_type == 4 || ip_type == 6, Error::<T>::InvalidIpType);
        ensure!(is_reachable(ip, ip_type), Error::<T>::InvalidIpAddress);
        ensure!(port != 0, Error::<T>::InvalidPort);
        Ok(hotkey)
    }

    fn ensure_serving_rate(netuid: NetUid, last: Option<u64>) -> DispatchResult {
        let limit = ServingRateLimit::<T>::get(netuid);
        let waited = last.is_none_or(|block| Self::current_block().saturating_sub(block) >= limit);
        ensure!(waited, Error::<T>::ServingRateLimitExceeded);
        Ok(())
    }
}

/// Neither "any address" nor loopback nor broadcast.
fn is_reachable(ip: u128, ip_type: u8) -> bool {
    const LOOPBACK_V4: u128 = 0x7f00_0001;
    match ip_type {
        4 => ip != 0 && ip != LOOPBACK_V4 && ip < u128::from(u32::MAX),
        _ => ip > 1 && ip != u128::MAX,
    }
}

/// A byte for the algorithm and up to 64 bytes of key; anything else counts as no certificate.
fn parse_certificate(bytes: Vec<u8>) -> Option<NeuronCertificate> {
    let (algorithm, key) = bytes.split_first()?;
    let public_key = BoundedVec::try_from(key.to_vec()).ok()?;
    Some(NeuronCertificate { public_key, algorithm: *algorithm })
}
