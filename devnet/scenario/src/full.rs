//! `full`: a state of the real network's size. Root and 128 subnets with 256 neurons each, some
//! thousands of hotkeys and more than twenty thousand stake positions.

use lantern_devnet_runtime::AccountId;

use crate::names::{subnet_name, symbol};
use crate::plan::{development_account, stranger, Hotkey, Neuron, Plan, Sequence, Stake, Subnet, UNIT};

/// Subnets beside root.
pub const SUBNETS: u16 = 128;
/// Neurons on each subnet.
pub const NEURONS: usize = 256;
/// Validators, registered on every subnet and on root.
pub const VALIDATORS: usize = 64;
/// Miners' hotkeys, from which each subnet has a part.
pub const MINERS: usize = 2_304;
/// Coldkeys that stake to validators they do not own.
pub const NOMINATORS: usize = 900;
/// TAO issued: past the first halving, as on the real network.
const TOTAL_TAO: u64 = 10_780_000;
/// Blocks per epoch.
pub const TEMPO: u16 = 360;
/// The block from which epochs start, two in each block.
const FIRST_EPOCH: u64 = 5;

/// The plan of `full`. A tempo other than [`TEMPO`] makes epochs come sooner.
pub fn plan(tempo: u16) -> Plan {
    let mut sequence = Sequence::new(425);
    let mut plan = Plan::default();
    hotkeys(&mut plan, &mut sequence);
    for netuid in 1..=SUBNETS {
        plan.subnets.push(subnet(&plan, netuid, tempo, &mut sequence));
        subnet_stakes(&mut plan, netuid, &mut sequence);
    }
    root_stakes(&mut plan, &mut sequence);
    balances(&mut plan, &mut sequence);
    plan
}

fn validator_owner(index: usize) -> AccountId {
    match index {
        0 => development_account("//Alice"),
        1 => development_account("//Bob"),
        2 => development_account("//Charlie"),
        _ => stranger("validator-coldkey", index),
    }
}

fn validator_hotkey(index: usize) -> AccountId {
    match index {
        0 => development_account("//Alice//validator"),
        1 => development_account("//Bob//validator"),
        2 => development_account("//Charlie//validator"),
        _ => stranger("validator-hotkey", index),
    }
}

fn hotkeys(plan: &mut Plan, sequence: &mut Sequence) {
    for index in 0..VALIDATORS {
        // From nothing to the highest take, which most keep.
        let take = match sequence.between(0, 4) {
            0 => 0,
            1 => u16::try_from(sequence.between(1, 11_796)).unwrap_or(11_796),
            _ => 11_796,
        };
        let owner = validator_owner(index);
        let hotkey = validator_hotkey(index);
        // Some validators stay anonymous.
        if index % 5 != 4 {
            plan.identities.push((owner.clone(), format!("{} Validators", subnet_name(index as u16))));
        }
        plan.root_members.push(hotkey.clone());
        plan.hotkeys.push(Hotkey { hotkey, owner, take: Some(take) });
    }
    for index in 0..MINERS {
        let owner = stranger("miner-coldkey", index / 4);
        let hotkey = stranger("miner-hotkey", index);
        plan.hotkeys.push(Hotkey { hotkey, owner, take: None });
    }
}

/// Price in rao per alpha of the subnet at `rank` of 0 to 127: from 0.001 to 0.1 TAO, each a fixed
/// ratio above the one before.
fn price(rank: u16) -> u64 {
    (0..rank).fold(1_000_000u64, |price, _| price * 1_036_925 / 1_000_000)
}

fn subnet(plan: &Plan, netuid: u16, tempo: u16, sequence: &mut Sequence) -> Subnet {
    let owner_index = usize::from(netuid) % VALIDATORS;
    let alpha_in = sequence.between(400_000, 1_200_000) * UNIT + sequence.between(0, UNIT);
    let price = price(netuid * 53 % SUBNETS);
    let tao_in = u128::from(alpha_in) * u128::from(price) / u128::from(UNIT);
    let mut neurons: Vec<_> = (0..VALIDATORS)
        .map(|index| Neuron {
            hotkey: plan.hotkeys[index].hotkey.clone(),
            incentive: 0,
            // A few validators set no weights on a subnet.
            dividend: match sequence.between(0, 10) {
                0 => 0,
                _ => u16::try_from(sequence.between(100, 60_000)).unwrap_or(u16::MAX),
            },
            axon: None,
        })
        .collect();
    let first_miner = usize::from(netuid) * 37;
    for place in 0..NEURONS - VALIDATORS {
        let miner = VALIDATORS + (first_miner + place * 5) % MINERS;
        neurons.push(Neuron {
            hotkey: plan.hotkeys[miner].hotkey.clone(),
            // Few miners earn most, and more than half earn nothing.
            incentive: if place < 80 { (60_000 / (place + 1)) as u16 } else { 0 },
            dividend: 0,
            axon: (place % 3 != 2).then(|| {
                (0xc612_0000 + sequence.between(1, 0xffff) as u32, sequence.between(1_024, 65_535) as u16)
            }),
        });
    }
    Subnet {
        netuid,
        name: subnet_name(netuid),
        symbol: symbol(netuid),
        owner: plan.hotkeys[owner_index].owner.clone(),
        owner_hotkey: plan.hotkeys[owner_index].hotkey.clone(),
        tempo,
        first_epoch: FIRST_EPOCH,
        tao_in: u64::try_from(tao_in).expect("less than all TAO"),
        alpha_in,
        pending_blocks: u64::from(tempo),
        burn: sequence.between(500_000, 2 * UNIT),
        neurons,
    }
}

/// Each validator's own stake and those of one to three nominators.
fn subnet_stakes(plan: &mut Plan, netuid: u16, sequence: &mut Sequence) {
    for index in 0..VALIDATORS {
        let Hotkey { hotkey, owner, .. } = plan.hotkeys[index].clone();
        plan.stakes.push(Stake {
            hotkey: hotkey.clone(),
            coldkey: owner,
            netuid,
            amount: sequence.between(2_000, 40_000) * UNIT + sequence.between(0, UNIT),
        });
        let first = sequence.between(0, NOMINATORS as u64) as usize;
        for number in 0..sequence.between(1, 4) as usize {
            // Steps that are no multiples of each other keep the nominators of a hotkey apart.
            let nominator = (first + number * 101) % NOMINATORS;
            plan.stakes.push(Stake {
                hotkey: hotkey.clone(),
                coldkey: stranger("nominator", nominator),
                netuid,
                amount: sequence.between(1, 9_000) * UNIT + sequence.between(0, UNIT),
            });
        }
    }
}

fn root_stakes(plan: &mut Plan, sequence: &mut Sequence) {
    for index in 0..VALIDATORS {
        let Hotkey { hotkey, owner, .. } = plan.hotkeys[index].clone();
        plan.stakes.push(Stake {
            hotkey: hotkey.clone(),
            coldkey: owner,
            netuid: 0,
            amount: sequence.between(5_000, 60_000) * UNIT,
        });
        for number in 0..24 {
            plan.stakes.push(Stake {
                hotkey: hotkey.clone(),
                coldkey: stranger("nominator", (index * 13 + number * 37) % NOMINATORS),
                netuid: 0,
                amount: sequence.between(10, 4_000) * UNIT + sequence.between(0, UNIT),
            });
        }
    }
}

/// Free TAO of the development accounts and the nominators; one treasury holds what is left of the
/// issuance.
fn balances(plan: &mut Plan, sequence: &mut Sequence) {
    for name in ["//Alice", "//Bob", "//Charlie", "//Dave", "//Eve", "//Ferdie"] {
        plan.balances.push((development_account(name), 100_000 * UNIT));
    }
    for index in 0..NOMINATORS {
        let free = sequence.between(1, 400) * UNIT + sequence.between(0, UNIT);
        plan.balances.push((stranger("nominator", index), free));
    }
    let free: u64 = plan.balances.iter().map(|(_, free)| free).sum();
    let pools: u64 = plan.subnets.iter().map(|subnet| subnet.tao_in).sum();
    let root: u64 = plan.stakes.iter().filter(|stake| stake.netuid == 0).map(|stake| stake.amount).sum();
    let treasury = TOTAL_TAO * UNIT - free - pools - root;
    plan.balances.push((stranger("treasury", 0), treasury));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_is_as_large_as_promised() {
        let plan = plan(TEMPO);
        assert_eq!(plan.subnets.len(), 128);
        assert!(plan.subnets.iter().all(|subnet| subnet.neurons.len() == 256));
        assert!(plan.hotkeys.len() >= 2_000, "{} hotkeys", plan.hotkeys.len());
        assert!(plan.stakes.len() >= 20_000, "{} positions", plan.stakes.len());
    }

    #[test]
    fn nobody_is_registered_twice_and_no_position_stands_twice() {
        let plan = plan(TEMPO);
        for subnet in &plan.subnets {
            let keys: BTreeSet<_> = subnet.neurons.iter().map(|neuron| &neuron.hotkey).collect();
            assert_eq!(keys.len(), NEURONS, "subnet {}", subnet.netuid);
        }
        let positions: BTreeSet<_> =
            plan.stakes.iter().map(|stake| (&stake.hotkey, &stake.coldkey, stake.netuid)).collect();
        assert_eq!(positions.len(), plan.stakes.len());
    }

    #[test]
    fn prices_span_a_thousandth_to_a_tenth() {
        let prices: BTreeSet<_> = plan(TEMPO)
            .subnets
            .iter()
            .map(|subnet| subnet.tao_in / (subnet.alpha_in / 1_000_000_000))
            .collect();
        assert_eq!(prices.len(), 128);
        assert!((999_000..=1_001_000).contains(prices.first().expect("128 prices")));
        assert!((99_000_000..=101_000_000).contains(prices.last().expect("128 prices")));
    }
}
