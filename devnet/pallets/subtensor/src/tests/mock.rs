//! The runtime of the tests, and a market to test on.

use crate as pallet_subtensor;
use frame_support::{
    derive_impl, parameter_types,
    traits::{
        fungible::{Inspect as _, Mutate as _},
        ConstU64, Get,
    },
};
use sp_runtime::{traits::IdentityLookup, AccountId32, BuildStorage as _, Perquintill};
use subtensor_runtime_common::{AlphaBalance, NetUid, TaoBalance};

pub const TAO: u64 = 1_000_000_000;
/// A subnet whose pool has equal weights: 10,000 TAO and 40,000 alpha.
pub const SUBNET: NetUid = NetUid::new(1);
/// A subnet whose pool has three quarters of its weight on alpha: 3,000 TAO and 6,000 alpha.
pub const WEIGHTED: NetUid = NetUid::new(2);

type Block = frame_system::mocking::MockBlockU32<Test>;

frame_support::construct_runtime!(
    pub enum Test {
        System: frame_system = 0,
        Balances: pallet_balances = 5,
        SubtensorModule: pallet_subtensor = 7,
        Swap: pallet_swap = 28,
    }
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
    type AccountId = AccountId32;
    type Lookup = IdentityLookup<AccountId32>;
    type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type Balance = u64;
    type ExistentialDeposit = ConstU64<500>;
    type AccountStore = System;
}

parameter_types! {
    pub static AuthorExists: bool = true;
}

/// The author of every block, if there is one.
pub struct Author;

impl Get<Option<AccountId32>> for Author {
    fn get() -> Option<AccountId32> {
        AuthorExists::get().then(author)
    }
}

impl pallet_subtensor::Config for Test {
    type Currency = Balances;
    type SwapInterface = Swap;
    type AlphaAssets = ();
    type BlockAuthor = Author;
}

impl pallet_swap::Config for Test {
    type Pools = SubtensorModule;
}

/// A test account.
pub fn account(number: u8) -> AccountId32 {
    AccountId32::new([number; 32])
}

/// A coldkey with 100,000 TAO.
pub fn coldkey() -> AccountId32 {
    account(1)
}

/// Another one.
pub fn other_coldkey() -> AccountId32 {
    account(2)
}

/// A hotkey that a third account owns.
pub fn hotkey() -> AccountId32 {
    account(11)
}

/// Another one.
pub fn other_hotkey() -> AccountId32 {
    account(12)
}

/// Who writes the blocks.
pub fn author() -> AccountId32 {
    account(99)
}

pub fn signed(who: AccountId32) -> RuntimeOrigin {
    RuntimeOrigin::signed(who)
}

pub fn balance(who: &AccountId32) -> u64 {
    Balances::balance(who)
}

pub fn position(hotkey: &AccountId32, coldkey: &AccountId32, netuid: NetUid) -> u64 {
    SubtensorModule::get_stake_for_hotkey_and_coldkey_on_subnet(hotkey, coldkey, netuid).to_u64()
}

pub fn last_event() -> RuntimeEvent {
    System::events().pop().map(|record| record.event).unwrap()
}

fn add_subnet(netuid: NetUid, mechanism: u16, tao: u64, alpha: u64) {
    crate::NetworksAdded::<Test>::insert(netuid, true);
    crate::SubtokenEnabled::<Test>::insert(netuid, true);
    crate::SubnetMechanism::<Test>::insert(netuid, mechanism);
    crate::SubnetTAO::<Test>::insert(netuid, TaoBalance::new(tao));
    crate::SubnetAlphaIn::<Test>::insert(netuid, AlphaBalance::new(alpha));
    crate::TotalStake::<Test>::mutate(|total| *total = total.saturating_add(tao.into()));
    Balances::set_balance(&SubtensorModule::get_subnet_account_id(netuid), tao);
}

/// Runs a test on a chain with root, two subnets, two hotkeys and funded coldkeys.
pub fn on_chain(test: impl FnOnce()) {
    let storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
    let mut externalities = sp_io::TestExternalities::from(storage);
    externalities.execute_with(|| {
        AuthorExists::set(true);
        System::set_block_number(1);
        add_subnet(NetUid::ROOT, 0, 0, 0);
        add_subnet(SUBNET, 1, 10_000 * TAO, 40_000 * TAO);
        add_subnet(WEIGHTED, 1, 3_000 * TAO, 6_000 * TAO);
        let weights = pallet_swap::Balancer::with_quote_weight(Perquintill::from_percent(25));
        pallet_swap::SwapBalancer::<Test>::insert(WEIGHTED, weights.unwrap());
        for who in [coldkey(), other_coldkey(), author()] {
            Balances::set_balance(&who, 100_000 * TAO);
        }
        SubtensorModule::create_account_if_non_existent(&account(3), &hotkey());
        SubtensorModule::create_account_if_non_existent(&account(3), &other_hotkey());
        test();
    });
}
