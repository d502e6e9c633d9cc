//! Seeded states that the development chain starts with, the same on every machine.
//!
//! A scenario is first planned as plain data ([`Plan`]) and then written into a genesis storage that
//! the runtime's genesis builder has made ([`Scenario::write`]). Writing happens natively: the largest
//! scenario takes a second or two.

mod full;
mod names;
mod plan;
mod small;
mod write;

pub use plan::{development_account, Hotkey, Neuron, Plan, Stake, Subnet, UNIT};
pub use write::WriteError;

use sp_storage::Storage;

/// A named scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// Nothing but accounts and authorities.
    Plain,
    /// Root, four subnets and a dozen neurons, with short tempos.
    Small,
    /// Root, 128 subnets of 256 neurons and more than twenty thousand stake positions.
    Full,
}

impl Scenario {
    /// All scenarios.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Small, Self::Full];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Small => "small",
            Self::Full => "full",
        }
    }

    /// The scenario of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.name() == name)
    }

    /// What the scenario holds. `tempo` sets the blocks per epoch of every subnet instead of the
    /// scenario's own.
    pub fn plan(self, tempo: Option<u16>) -> Plan {
        let mut plan = match self {
            Self::Plain => small::accounts(),
            Self::Small => small::plan(),
            Self::Full => full::plan(tempo.unwrap_or(full::TEMPO)),
        };
        if let Some(tempo) = tempo {
            for subnet in &mut plan.subnets {
                subnet.tempo = tempo;
                subnet.first_epoch = subnet.first_epoch.min(tempo.into());
            }
        }
        plan
    }

    /// Writes the scenario into a genesis storage, beside what is there.
    ///
    /// # Errors
    ///
    /// The plan does not fit the runtime; the plans of this crate do.
    pub fn write(self, storage: &mut Storage, tempo: Option<u16>) -> Result<(), WriteError> {
        write::write(storage, &self.plan(tempo))
    }
}
