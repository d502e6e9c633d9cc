//! The validators of a subnet and what a yield is computed from.

use crate::{AlphaBalance, Available, Coldkey, Hotkey, Subnet, Uid};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A validator's take, normalised to 65 535.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Take(pub u16);

impl Take {
    /// Parts per million, rounded down.
    #[must_use]
    pub fn ppm(self) -> u64 {
        u64::from(self.0).saturating_mul(1_000_000).checked_div(65_535).unwrap_or(0)
    }
}

/// A validator on one subnet, with the inputs of a delegator's yield.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validator {
    /// Slot in the subnet, where the hotkey is registered there.
    pub uid: Option<Uid>,
    /// The key that stake is placed on.
    pub hotkey: Hotkey,
    /// Owner of the hotkey.
    pub coldkey: Available<Coldkey>,
    /// Name from the owner's identity.
    pub name: Available<String>,
    /// Share of dividends that the validator keeps.
    pub take: Available<Take>,
    /// Whether the hotkey holds a validator permit.
    pub has_permit: Available<bool>,
    /// All alpha on the hotkey now (`TotalHotkeyAlpha`).
    pub stake: Available<AlphaBalance>,
    /// `d`: dividends paid to delegators in the last epoch, after take (`AlphaDividendsPerSubnet`).
    pub dividends: Available<AlphaBalance>,
    /// `T`: all alpha on the hotkey right after that epoch (`TotalHotkeyAlphaLastEpoch`).
    pub stake_after_epoch: Available<AlphaBalance>,
}

/// One subnet with its validators, all read at one block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubnetDetail {
    /// The subnet.
    pub subnet: Subnet,
    /// Validators by falling stake.
    pub validators: Vec<Validator>,
    /// Neurons in the subnet (`SubnetworkN`).
    pub neurons: Available<u16>,
    /// Block of the last epoch (`LastEpochBlock` or `LastMechansimStepBlock`).
    pub last_epoch: Available<u64>,
    /// What the subnet says about itself.
    pub description: Available<String>,
    /// Web address that the subnet gives. It is shown as text: following it leaves the page.
    pub url: Available<String>,
    /// Length of a block in milliseconds.
    pub block_millis: Available<u64>,
    /// Bytes of proof that carried this record.
    pub proof_bytes: u64,
}
