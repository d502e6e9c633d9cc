//! `small`: root, four subnets and a dozen neurons, all with development keys, so that a test can
//! sign for any of them.

use lantern_devnet_runtime::AccountId;

use crate::names::{subnet_name, symbol};
use crate::plan::{development_account, Hotkey, Neuron, Plan, Stake, Subnet, UNIT};

/// Prices in rao per alpha. They sum to more than one TAO, so that root dividends are paid.
const PRICES: [u64; 4] = [50_000_000, 20_000_000, 430_000_000, 600_000_000];

/// Blocks per epoch: short enough to watch.
const TEMPOS: [u16; 4] = [20, 30, 40, 60];

/// Alpha in each pool.
const ALPHA_IN: u64 = 900_000;

/// The validators' coldkeys, names, takes in parts of 65,535, and weights on each subnet.
const VALIDATORS: [(&str, &str, u16, [u16; 4]); 4] = [
    ("//Alice", "Alice Validation", 11_796, [40_000, 30_000, 20_000, 50_000]),
    ("//Bob", "Bob and Sons", 5_898, [20_000, 25_000, 30_000, 10_000]),
    ("//Charlie", "Charlie Staking", 0, [5_000, 10_000, 10_000, 5_000]),
    ("//Dave", "Dave's Basement", 11_796, [0, 500, 0, 1_000]),
];

/// Each miner's weight on each subnet; the miner is registered there if it is not zero.
const MINERS: [[u16; 4]; 8] = [
    [30_000, 0, 10_000, 0],
    [20_000, 0, 9_000, 0],
    [10_000, 20_000, 0, 0],
    [5_000, 15_000, 0, 0],
    [0, 10_000, 8_000, 20_000],
    [0, 5_000, 7_000, 10_000],
    [1, 0, 6_000, 5_000],
    [0, 1, 0, 2_500],
];

/// Free TAO of the development accounts.
const BALANCES: [(&str, u64); 8] = [
    ("//Alice", 1_000_000),
    ("//Bob", 1_000_000),
    ("//Charlie", 1_000_000),
    ("//Dave", 2_000),
    ("//Eve", 2_000),
    ("//Ferdie", 2_000),
    ("//One", 2_000),
    ("//Two", 2_000),
];

/// The development accounts alone.
pub fn accounts() -> Plan {
    let balances = BALANCES.iter().map(|(suri, tao)| (development_account(suri), tao * UNIT));
    Plan { balances: balances.collect(), ..Plan::default() }
}

/// The plan of `small`.
pub fn plan() -> Plan {
    let mut plan = accounts();
    for (coldkey, name, take, _) in VALIDATORS {
        let owner = development_account(coldkey);
        let hotkey = development_account(&format!("{coldkey}//validator"));
        plan.hotkeys.push(Hotkey { hotkey: hotkey.clone(), owner: owner.clone(), take: Some(take) });
        plan.root_members.push(hotkey);
        plan.identities.push((owner, name.to_owned()));
    }
    for miner in 0..MINERS.len() {
        let (owner, hotkey) = miner_keys(miner);
        plan.hotkeys.push(Hotkey { hotkey, owner, take: None });
    }
    for index in 0..PRICES.len() {
        plan.subnets.push(subnet(index));
    }
    stakes(&mut plan);
    plan
}

/// Eve and Ferdie own four miners each.
fn miner_keys(number: usize) -> (AccountId, AccountId) {
    let coldkey = if number.is_multiple_of(2) { "//Eve" } else { "//Ferdie" };
    let hotkey = format!("{coldkey}//miner{}", number / 2);
    (development_account(coldkey), development_account(&hotkey))
}

fn subnet(index: usize) -> Subnet {
    let netuid = u16::try_from(index + 1).expect("there are four subnets");
    let owner = ["//Alice", "//Bob", "//Charlie", "//Dave"][index];
    let validators = VALIDATORS.iter().map(|(coldkey, _, _, weights)| Neuron {
        hotkey: development_account(&format!("{coldkey}//validator")),
        incentive: 0,
        dividend: weights[index],
        axon: None,
    });
    let miners =
        MINERS.iter().enumerate().filter(|(_, weights)| weights[index] > 0).map(|(miner, weights)| Neuron {
            hotkey: miner_keys(miner).1,
            incentive: weights[index],
            dividend: 0,
            // Addresses of the network that is reserved for documentation.
            axon: Some((0xcb00_7100 + miner as u32, 8_091)),
        });
    Subnet {
        netuid,
        name: subnet_name(netuid),
        symbol: symbol(netuid),
        owner: development_account(owner),
        owner_hotkey: development_account(&format!("{owner}//validator")),
        tempo: TEMPOS[index],
        first_epoch: u64::from(TEMPOS[index]),
        tao_in: ALPHA_IN * PRICES[index],
        alpha_in: ALPHA_IN * UNIT,
        pending_blocks: 0,
        burn: UNIT / 10,
        neurons: validators.chain(miners).collect(),
    }
}

/// The validators stake on root and on every subnet; everybody else nominates some of them.
fn stakes(plan: &mut Plan) {
    // Thousands of TAO on root, and of alpha on each subnet.
    const OWN: [(u64, u64); 4] = [(800, 400), (600, 250), (300, 120), (10, 5)];
    const NOMINATORS: [&str; 2] = ["//Eve", "//Ferdie"];
    for (index, (coldkey, _, _, _)) in VALIDATORS.iter().enumerate() {
        let hotkey = development_account(&format!("{coldkey}//validator"));
        for netuid in 0..=4u16 {
            let (root, alpha) = OWN[index];
            let thousands = if netuid == 0 { root } else { alpha };
            plan.stakes.push(Stake {
                hotkey: hotkey.clone(),
                coldkey: development_account(coldkey),
                netuid,
                amount: thousands * 1_000 * UNIT,
            });
        }
        for (number, nominator) in NOMINATORS.iter().enumerate() {
            let netuid = u16::try_from((index + number) % 5).expect("it is below five");
            plan.stakes.push(Stake {
                hotkey: hotkey.clone(),
                coldkey: development_account(nominator),
                netuid,
                amount: (number as u64 + 1) * 1_500 * UNIT + 123_456_789,
            });
        }
    }
}
