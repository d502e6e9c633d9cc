//! What a user can ask for, and its bytes as the live runtime wants them.

use crate::scale::{self, ScaleError, Value};
use lantern_types::{AlphaBalance, CallShape, Hotkey, NetUid, Price, TaoBalance};

/// A staking transaction as the user means it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StakingCall {
    /// Buy alpha of a subnet on a validator, at no more than a limit, all or nothing.
    Stake {
        /// The validator's key.
        hotkey: Hotkey,
        /// The subnet.
        netuid: NetUid,
        /// TAO to spend, fee of the pool included.
        amount: TaoBalance,
        /// Highest price of the pool after the trade.
        limit: Price,
    },
    /// Sell alpha of a subnet from a validator, at no less than a limit, all or nothing.
    Unstake {
        /// The validator's key.
        hotkey: Hotkey,
        /// The subnet.
        netuid: NetUid,
        /// Alpha to sell, fee of the pool included.
        amount: AlphaBalance,
        /// Lowest price of the pool after the trade.
        limit: Price,
    },
}

/// Why the live runtime's call cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The shape is that of another call.
    #[error("the runtime described {0} instead of the call that was asked for")]
    OtherCall(String),
    /// The runtime asks for something that this build does not know.
    #[error("this runtime's call has an argument that Lantern does not know: {0}")]
    UnknownArgument(String),
    /// The runtime does not ask for something that matters, such as the price limit.
    #[error("this runtime's call lacks the argument {0}")]
    MissingArgument(&'static str),
    /// An argument has another type than expected.
    #[error("the argument {name} has another type in this runtime")]
    Argument {
        /// Name of the argument.
        name: String,
        /// What is wrong.
        #[source]
        source: ScaleError,
    },
}

impl StakingCall {
    /// Pallet and call name.
    #[must_use]
    pub const fn name(&self) -> (&'static str, &'static str) {
        match self {
            Self::Stake { .. } => ("SubtensorModule", "add_stake_limit"),
            Self::Unstake { .. } => ("SubtensorModule", "remove_stake_limit"),
        }
    }

    fn arguments(&self) -> [(&'static str, Value); 5] {
        let (amount_name, hotkey, netuid, amount, limit) = match self {
            Self::Stake { hotkey, netuid, amount, limit } => {
                ("amount_staked", hotkey, netuid, amount.rao(), limit)
            }
            Self::Unstake { hotkey, netuid, amount, limit } => {
                ("amount_unstaked", hotkey, netuid, amount.rao(), limit)
            }
        };
        [
            ("hotkey", Value::Account(hotkey.0)),
            ("netuid", Value::Unsigned(netuid.0.into())),
            (amount_name, Value::Unsigned(amount.into())),
            ("limit_price", Value::Unsigned(limit.rao_per_alpha().into())),
            ("allow_partial", Value::Bool(false)),
        ]
    }

    /// The call's bytes, arguments matched by name.
    ///
    /// # Errors
    /// The runtime's call is another one, or its arguments are not the ones that we mean.
    pub fn encode(&self, shape: &CallShape) -> Result<Vec<u8>, CallError> {
        if (shape.pallet.as_str(), shape.call.as_str()) != self.name() {
            return Err(CallError::OtherCall(format!("{}.{}", shape.pallet, shape.call)));
        }
        let arguments = self.arguments();
        if let Some((missing, _)) =
            arguments.iter().find(|(name, _)| shape.arguments.iter().all(|argument| argument.name != *name))
        {
            return Err(CallError::MissingArgument(missing));
        }
        let mut bytes = vec![shape.pallet_index, shape.call_index];
        for argument in &shape.arguments {
            let (_, value) = arguments
                .iter()
                .find(|(name, _)| *name == argument.name)
                .ok_or_else(|| CallError::UnknownArgument(argument.name.clone()))?;
            scale::encode(&argument.shape, value, &mut bytes)
                .map_err(|source| CallError::Argument { name: argument.name.clone(), source })?;
        }
        Ok(bytes)
    }
}
