//! Values that storage starts from where a plain constant does not do, and bounds without storage.

use alloc::{vec, vec::Vec};
use codec::Decode;
use core::marker::PhantomData;
use frame_support::traits::Get;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::TrailingZeroInput;
use subtensor_runtime_common::TaoBalance;

use crate::Config;

/// Least stake that can be added, and least proceeds of a partial sale: 0.002 TAO.
pub const MIN_STAKE: TaoBalance = TaoBalance::new(2_000_000);

/// Longest fields of a coldkey's identity, bytes, in the order of its fields.
pub const MAX_CHAIN_IDENTITY_BYTES: [usize; 7] = [256, 256, 256, 1024, 256, 1024, 1024];

/// The account that stands for nobody.
pub struct ZeroAccount<T>(PhantomData<T>);

impl<T: Config> Get<T::AccountId> for ZeroAccount<T> {
    fn get() -> T::AccountId {
        #[expect(clippy::expect_used, reason = "an endless run of zeros decodes to every account type")]
        T::AccountId::decode(&mut TrailingZeroInput::zeroes()).expect("zeros are an account")
    }
}

/// A number of blocks.
pub struct ConstBlocks<const N: u32, T>(PhantomData<T>);

impl<const N: u32, T: Config> Get<BlockNumberFor<T>> for ConstBlocks<N, T> {
    fn get() -> BlockNumberFor<T> {
        N.into()
    }
}

/// The italic small tau, in UTF-8.
pub struct DefaultTokenSymbol;

impl Get<Vec<u8>> for DefaultTokenSymbol {
    fn get() -> Vec<u8> {
        vec![0xf0, 0x9d, 0x9c, 0x8f]
    }
}

/// Bounds of liquid alpha: 0.7 and 0.9.
pub struct DefaultAlphaValues;

impl Get<(u16, u16)> for DefaultAlphaValues {
    fn get() -> (u16, u16) {
        (45_875, 58_982)
    }
}
