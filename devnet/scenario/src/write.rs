//! Writes a plan into a genesis storage, item by item as the runtime would hold it.

use std::collections::BTreeSet;

use frame_support::traits::fungible::Mutate as _;
use lantern_devnet_runtime::{AccountId, Balances, Runtime};
use pallet_alpha_assets::TotalAlphaIssuance;
use pallet_subtensor::emission::{root_proportion, split_alpha, INITIAL_BLOCK_EMISSION};
use pallet_subtensor::{
    Alpha, AlphaV2, AxonInfo, Axons, BlockAtRegistration, Burn, ChainIdentityV2, Delegates,
    FirstEmissionBlockNumber, IdentitiesV2, IsNetworkMember, Keys, LastUpdate, MaxAllowedUids,
    NetworkRegisteredAt, NetworksAdded, Pallet, PendingEpochAt, PendingOwnerCut, PendingRootAlphaDivs,
    PendingServerEmission, PendingValidatorEmission, RegisteredSubnetCounter, RootProp, SeededScores,
    SubnetAlphaIn, SubnetAlphaOut, SubnetIdentitiesV3, SubnetIdentityV3, SubnetLocked, SubnetMechanism,
    SubnetMovingPrice, SubnetOwner, SubnetOwnerCut, SubnetOwnerHotkey, SubnetTAO, SubnetworkN,
    SubtokenEnabled, TaoWeight, Tempo, TokenSymbol, TotalHotkeyAlpha, TotalHotkeyShares, TotalHotkeySharesV2,
    TotalIssuance, TotalNetworks, TotalStake, Uids, ValidatorPermit,
};
use pallet_swap::PalSwapInitialized;
use sp_state_machine::BasicExternalities;
use sp_storage::Storage;
use subtensor_runtime_common::{
    ratio_from_parts, AlphaBalance, NetUid, NetUidStorageIndex, TaoBalance, I96F32, U64F64, U96F32,
};

use crate::names::symbol;
use crate::plan::{Neuron, Plan, Subnet, UNIT};

/// Seats on the root network.
const ROOT_SEATS: u16 = 64;
/// Tempo of the root network, where no epochs run.
const ROOT_TEMPO: u16 = 100;

/// A plan that the runtime cannot hold.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// An account cannot be given its balance.
    #[error("{account} cannot hold {rao} rao: {reason}")]
    Balance {
        /// The account.
        account: AccountId,
        /// What it was to hold.
        rao: u64,
        /// The runtime's own words.
        reason: String,
    },
    /// More than 65,535 neurons, or subnets.
    #[error("more {what} than can be numbered")]
    TooMany {
        /// Of what.
        what: &'static str,
    },
}

/// Writes `plan` into `storage`, beside what is there.
pub fn write(storage: &mut Storage, plan: &Plan) -> Result<(), WriteError> {
    BasicExternalities::execute_with_storage(storage, || write_here(plan))
}

fn write_here(plan: &Plan) -> Result<(), WriteError> {
    for (account, rao) in &plan.balances {
        mint(account, *rao)?;
    }
    for hotkey in &plan.hotkeys {
        Pallet::<Runtime>::create_account_if_non_existent(&hotkey.owner, &hotkey.hotkey);
        if let Some(take) = hotkey.take {
            Delegates::<Runtime>::insert(&hotkey.hotkey, ratio_from_parts(take));
        }
    }
    for (coldkey, name) in &plan.identities {
        let identity = ChainIdentityV2 {
            name: name.as_bytes().to_vec(),
            description: b"A validator of the development chain".to_vec(),
            ..ChainIdentityV2::default()
        };
        IdentitiesV2::<Runtime>::insert(coldkey, identity);
    }
    if !plan.subnets.is_empty() {
        write_root(plan)?;
    }
    for stake in &plan.stakes {
        Pallet::<Runtime>::increase_stake_for_hotkey_and_coldkey_on_subnet(
            &stake.hotkey,
            &stake.coldkey,
            NetUid::from(stake.netuid),
            AlphaBalance::from(stake.amount),
        );
    }
    write_old_shares(plan);
    for subnet in &plan.subnets {
        write_subnet(plan, subnet)?;
    }
    TotalIssuance::<Runtime>::put(TaoBalance::from(Balances::total_issuance()));
    Ok(())
}

fn mint(account: &AccountId, rao: u64) -> Result<(), WriteError> {
    let minted = Balances::mint_into(account, rao);
    minted.map(drop).map_err(|reason| WriteError::Balance {
        account: account.clone(),
        rao,
        reason: format!("{reason:?}"),
    })
}

/// Puts the positions on every third hotkey into the old form of shares, which the chain still has
/// beside the new one. In both forms a share is one rao-alpha here.
fn write_old_shares(plan: &Plan) {
    let old: BTreeSet<_> = plan.hotkeys.iter().skip(1).step_by(3).map(|hotkey| &hotkey.hotkey).collect();
    for stake in plan.stakes.iter().filter(|stake| old.contains(&stake.hotkey)) {
        let netuid = NetUid::from(stake.netuid);
        let key = (&stake.hotkey, &stake.coldkey, netuid);
        let shares = |amount: u64| U64F64::from_bits(u128::from(amount) << 64);
        Alpha::<Runtime>::insert(key, shares(stake.amount));
        AlphaV2::<Runtime>::remove(key);
        let total = TotalHotkeyAlpha::<Runtime>::get(&stake.hotkey, netuid).to_u64();
        TotalHotkeyShares::<Runtime>::insert(&stake.hotkey, netuid, shares(total));
        TotalHotkeySharesV2::<Runtime>::remove(&stake.hotkey, netuid);
    }
}

/// The stake on a subnet, summed over all positions.
fn staked(plan: &Plan, netuid: u16) -> u64 {
    plan.stakes.iter().filter(|stake| stake.netuid == netuid).map(|stake| stake.amount).sum()
}

fn write_root(plan: &Plan) -> Result<(), WriteError> {
    let subnets = u16::try_from(plan.subnets.len()).map_err(|_| WriteError::TooMany { what: "subnets" })?;
    let root_stake = staked(plan, 0);
    TotalNetworks::<Runtime>::put(subnets.saturating_add(1));
    NetworksAdded::<Runtime>::insert(NetUid::ROOT, true);
    SubnetMechanism::<Runtime>::insert(NetUid::ROOT, 0);
    SubtokenEnabled::<Runtime>::insert(NetUid::ROOT, true);
    Tempo::<Runtime>::insert(NetUid::ROOT, ROOT_TEMPO);
    MaxAllowedUids::<Runtime>::insert(NetUid::ROOT, ROOT_SEATS);
    TokenSymbol::<Runtime>::insert(NetUid::ROOT, symbol(0).into_bytes());
    let members = plan.root_members.iter().map(|hotkey| Neuron {
        hotkey: hotkey.clone(),
        incentive: 0,
        dividend: 0,
        axon: None,
    });
    write_neurons(NetUid::ROOT, &members.collect::<Vec<_>>())?;
    hold(NetUid::ROOT, root_stake)?;
    SubnetAlphaOut::<Runtime>::insert(NetUid::ROOT, AlphaBalance::from(root_stake));
    Ok(())
}

/// Puts TAO into a subnet's pool and into the account that holds the pool's money.
fn hold(netuid: NetUid, rao: u64) -> Result<(), WriteError> {
    mint(&Pallet::<Runtime>::get_subnet_account_id(netuid), rao)?;
    SubnetTAO::<Runtime>::insert(netuid, TaoBalance::from(rao));
    TotalStake::<Runtime>::mutate(|total| *total = total.saturating_add(rao.into()));
    Ok(())
}

fn write_subnet(plan: &Plan, subnet: &Subnet) -> Result<(), WriteError> {
    let netuid = NetUid::from(subnet.netuid);
    NetworksAdded::<Runtime>::insert(netuid, true);
    NetworkRegisteredAt::<Runtime>::insert(netuid, 0);
    RegisteredSubnetCounter::<Runtime>::insert(netuid, 1);
    FirstEmissionBlockNumber::<Runtime>::insert(netuid, 0);
    SubnetMechanism::<Runtime>::insert(netuid, 1);
    SubtokenEnabled::<Runtime>::insert(netuid, true);
    SubnetOwner::<Runtime>::insert(netuid, &subnet.owner);
    SubnetOwnerHotkey::<Runtime>::insert(netuid, &subnet.owner_hotkey);
    SubnetLocked::<Runtime>::insert(netuid, TaoBalance::from(1_000 * UNIT));
    Tempo::<Runtime>::insert(netuid, subnet.tempo);
    PendingEpochAt::<Runtime>::insert(netuid, subnet.first_epoch);
    Burn::<Runtime>::insert(netuid, TaoBalance::from(subnet.burn));
    TokenSymbol::<Runtime>::insert(netuid, subnet.symbol.clone().into_bytes());
    SubnetIdentitiesV3::<Runtime>::insert(netuid, identity(subnet));
    PalSwapInitialized::<Runtime>::insert(netuid, true);
    hold(netuid, subnet.tao_in)?;
    SubnetAlphaIn::<Runtime>::insert(netuid, AlphaBalance::from(subnet.alpha_in));
    let price = (u128::from(subnet.tao_in) << 32) / u128::from(subnet.alpha_in.max(1));
    let moving_price = price.min(1 << 32) as i128;
    SubnetMovingPrice::<Runtime>::insert(netuid, I96F32::from_bits(moving_price));
    write_neurons(netuid, &subnet.neurons)?;
    write_pending(netuid, subnet, staked(plan, subnet.netuid));
    Ok(())
}

fn identity(subnet: &Subnet) -> SubnetIdentityV3 {
    SubnetIdentityV3 {
        subnet_name: subnet.name.clone().into_bytes(),
        description: format!("{} on the development chain", subnet.name).into_bytes(),
        ..SubnetIdentityV3::default()
    }
}

/// Sets aside what the subnet has emitted before the chain's first block, and counts all alpha that
/// is not in the pool.
fn write_pending(netuid: NetUid, subnet: &Subnet, staked: u64) {
    let issued = subnet.alpha_in.saturating_add(staked);
    let root = SubnetTAO::<Runtime>::get(NetUid::ROOT).to_u64();
    let proportion = root_proportion(TaoWeight::<Runtime>::get(), root, issued);
    RootProp::<Runtime>::insert(netuid, U96F32::from_bits(proportion));
    let emitted = INITIAL_BLOCK_EMISSION.saturating_mul(subnet.pending_blocks);
    let split = split_alpha(emitted, SubnetOwnerCut::<Runtime>::get(), proportion);
    PendingOwnerCut::<Runtime>::insert(netuid, AlphaBalance::from(split.owner_cut));
    PendingServerEmission::<Runtime>::insert(netuid, AlphaBalance::from(split.server));
    PendingValidatorEmission::<Runtime>::insert(netuid, AlphaBalance::from(split.validator));
    PendingRootAlphaDivs::<Runtime>::insert(netuid, AlphaBalance::from(split.root));
    SubnetAlphaOut::<Runtime>::insert(netuid, AlphaBalance::from(staked.saturating_add(emitted)));
    TotalAlphaIssuance::<Runtime>::insert(netuid, AlphaBalance::from(issued.saturating_add(emitted)));
}

fn write_neurons(netuid: NetUid, neurons: &[Neuron]) -> Result<(), WriteError> {
    let count = u16::try_from(neurons.len()).map_err(|_| WriteError::TooMany { what: "neurons" })?;
    SubnetworkN::<Runtime>::insert(netuid, count);
    for (uid, neuron) in (0..count).zip(neurons) {
        Uids::<Runtime>::insert(netuid, &neuron.hotkey, uid);
        Keys::<Runtime>::insert(netuid, uid, &neuron.hotkey);
        IsNetworkMember::<Runtime>::insert(&neuron.hotkey, netuid, true);
        BlockAtRegistration::<Runtime>::insert(netuid, uid, 0);
        if let Some((ip, port)) = neuron.axon {
            let axon = AxonInfo { ip: ip.into(), port, ip_type: 4, version: 1, ..AxonInfo::default() };
            Axons::<Runtime>::insert(netuid, &neuron.hotkey, axon);
        }
    }
    let permits: Vec<_> = neurons.iter().map(|neuron| neuron.dividend > 0).collect();
    ValidatorPermit::<Runtime>::insert(netuid, permits);
    LastUpdate::<Runtime>::insert(NetUidStorageIndex::from(netuid), vec![0; neurons.len()]);
    let scores: Vec<_> = neurons.iter().map(|neuron| (neuron.incentive, neuron.dividend)).collect();
    SeededScores::<Runtime>::insert(netuid, scores);
    Ok(())
}
