//! A scenario as plain data: who holds what, which subnets there are and who is registered on them.

use lantern_devnet_runtime::AccountId;
use sp_core::crypto::Pair as _;

/// Rao in one TAO, and rao-alpha in one alpha.
pub const UNIT: u64 = 1_000_000_000;

/// A state to start a chain with.
#[derive(Debug, Default)]
pub struct Plan {
    /// Free TAO in rao, by account.
    pub balances: Vec<(AccountId, u64)>,
    /// Every hotkey that exists.
    pub hotkeys: Vec<Hotkey>,
    /// The root network's members, in the order of their uids.
    pub root_members: Vec<AccountId>,
    /// The subnets other than root, by ascending netuid.
    pub subnets: Vec<Subnet>,
    /// Stake positions, at most one per hotkey, coldkey and netuid.
    pub stakes: Vec<Stake>,
    /// Names of coldkeys.
    pub identities: Vec<(AccountId, String)>,
}

/// A hotkey and whom it belongs to.
#[derive(Debug, Clone)]
pub struct Hotkey {
    /// The key itself.
    pub hotkey: AccountId,
    /// The coldkey that owns it.
    pub owner: AccountId,
    /// The part of its stakers' dividends that it keeps, out of 65,535; none if it is no delegate.
    pub take: Option<u16>,
}

/// A subnet with its pool and its neurons.
#[derive(Debug)]
pub struct Subnet {
    /// Its number, not 0.
    pub netuid: u16,
    /// Its name.
    pub name: String,
    /// The symbol of its token.
    pub symbol: String,
    /// The coldkey that owns it.
    pub owner: AccountId,
    /// The hotkey that receives the owner's cut.
    pub owner_hotkey: AccountId,
    /// Blocks per epoch.
    pub tempo: u16,
    /// The block of its first epoch.
    pub first_epoch: u64,
    /// TAO in the pool, in rao.
    pub tao_in: u64,
    /// Alpha in the pool, in rao-alpha. The price is `tao_in / alpha_in`.
    pub alpha_in: u64,
    /// Blocks' worth of emission that waits for the first epoch.
    pub pending_blocks: u64,
    /// What a registration costs, in rao.
    pub burn: u64,
    /// Who is registered, in the order of the uids.
    pub neurons: Vec<Neuron>,
}

/// A registered hotkey and what consensus is taken to think of it.
#[derive(Debug, Clone)]
pub struct Neuron {
    /// The hotkey.
    pub hotkey: AccountId,
    /// Its weight among the miners.
    pub incentive: u16,
    /// Its weight among the validators; a validator permit goes with a weight above 0.
    pub dividend: u16,
    /// Where a miner serves: an IPv4 address and a port.
    pub axon: Option<(u32, u16)>,
}

/// A stake position.
#[derive(Debug, Clone)]
pub struct Stake {
    /// To whom.
    pub hotkey: AccountId,
    /// Whose.
    pub coldkey: AccountId,
    /// On which subnet; 0 is root, where the amount is TAO.
    pub netuid: u16,
    /// Rao-alpha, or rao on root.
    pub amount: u64,
}

/// The account of a development key such as `//Alice`.
///
/// # Panics
///
/// If `suri` is not a derivation path; paths are written in this crate only.
pub fn development_account(suri: &str) -> AccountId {
    let pair = sp_core::sr25519::Pair::from_string(suri, None).expect("a derivation path");
    AccountId::from(pair.public().0)
}

/// An account that nobody can sign for, as most accounts on a chain are to us.
pub fn stranger(kind: &str, number: usize) -> AccountId {
    AccountId::from(sp_io::hashing::blake2_256(format!("lantern/{kind}/{number}").as_bytes()))
}

/// A sequence of numbers that looks random and is the same on every machine (SplitMix64).
#[derive(Debug)]
pub struct Sequence(u64);

impl Sequence {
    /// The sequence that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` up to and without `high`.
    ///
    /// # Panics
    ///
    /// If the range is empty.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        assert!(low < high, "an empty range");
        low + self.next() % (high - low)
    }
}
