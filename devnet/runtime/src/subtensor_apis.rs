//! Declarations of the runtime calls that Subtensor adds to the standard ones. Trait, method and
//! parameter names are part of the interface: clients call `Trait_method`.
#![allow(clippy::type_complexity, reason = "the shapes of the chain's own answers")]

use crate::proxy::ProxyTypeInfo;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use codec::Compact;
use pallet_subtensor::rpc_info::{
    DelegateInfo, DynamicInfo, HyperparamEntry, Metagraph, NeuronInfo, NeuronInfoLite, SelectiveMetagraph,
    SimSwapResult, StakeAvailability, StakeInfo, SubnetHyperparams, SubnetHyperparamsV2, SubnetInfo,
    SubnetInfov2, SubnetPrice, SubnetState,
};
use pallet_subtensor::LockState;
use sp_runtime::AccountId32;
use subtensor_runtime_common::{AlphaBalance, MechId, NetUid, TaoBalance, U64F64};

sp_api::decl_runtime_apis! {
    /// Validators as those who delegate to them see them.
    pub trait DelegateInfoRuntimeApi {
        /// All delegates. Walks every stake position: not for light clients.
        fn get_delegates() -> Vec<DelegateInfo<AccountId32>>;
        /// One delegate with all its nominators.
        fn get_delegate(delegate_account: AccountId32) -> Option<DelegateInfo<AccountId32>>;
        /// The delegates that a coldkey stakes to, with each position's netuid and amount.
        fn get_delegated(
            delegatee_account: AccountId32,
        ) -> Vec<(DelegateInfo<AccountId32>, (Compact<NetUid>, Compact<u64>))>;
    }

    /// Neurons of a subnet.
    pub trait NeuronInfoRuntimeApi {
        /// All neurons with weights and bonds.
        fn get_neurons(netuid: NetUid) -> Vec<NeuronInfo<AccountId32>>;
        /// One neuron with weights and bonds.
        fn get_neuron(netuid: NetUid, uid: u16) -> Option<NeuronInfo<AccountId32>>;
        /// All neurons without weights and bonds.
        fn get_neurons_lite(netuid: NetUid) -> Vec<NeuronInfoLite<AccountId32>>;
        /// One neuron without weights and bonds.
        fn get_neuron_lite(netuid: NetUid, uid: u16) -> Option<NeuronInfoLite<AccountId32>>;
    }

    /// Subnets, their parameters and their neurons.
    #[api_version(2)]
    pub trait SubnetInfoRuntimeApi {
        /// A subnet's parameters, first form.
        fn get_subnet_info(netuid: NetUid) -> Option<SubnetInfo<AccountId32>>;
        /// All subnets' parameters, first form.
        fn get_subnets_info() -> Vec<Option<SubnetInfo<AccountId32>>>;
        /// A subnet's parameters and identity.
        fn get_subnet_info_v2(netuid: NetUid) -> Option<SubnetInfov2<AccountId32>>;
        /// All subnets' parameters and identities.
        fn get_subnets_info_v2() -> Vec<Option<SubnetInfov2<AccountId32>>>;
        /// A subnet's hyperparameters, first form.
        fn get_subnet_hyperparams(netuid: NetUid) -> Option<SubnetHyperparams>;
        /// A subnet's hyperparameters, second form.
        fn get_subnet_hyperparams_v2(netuid: NetUid) -> Option<SubnetHyperparamsV2>;
        /// All subnets' pools, emissions and identities.
        fn get_all_dynamic_info() -> Vec<Option<DynamicInfo<AccountId32>>>;
        /// All metagraphs: not for light clients.
        fn get_all_metagraphs() -> Vec<Option<Metagraph<AccountId32>>>;
        /// A subnet with all its neurons.
        fn get_metagraph(netuid: NetUid) -> Option<Metagraph<AccountId32>>;
        /// The metagraphs of all mechanisms: not for light clients.
        fn get_all_mechagraphs() -> Vec<Option<Metagraph<AccountId32>>>;
        /// A mechanism of a subnet with all its neurons.
        fn get_mechagraph(netuid: NetUid, mecid: MechId) -> Option<Metagraph<AccountId32>>;
        /// A subnet's pool, emissions and identity.
        fn get_dynamic_info(netuid: NetUid) -> Option<DynamicInfo<AccountId32>>;
        /// The neurons' vectors of a subnet.
        fn get_subnet_state(netuid: NetUid) -> Option<SubnetState<AccountId32>>;
        /// Those parts of a metagraph that the indexes name.
        fn get_selective_metagraph(
            netuid: NetUid,
            metagraph_indexes: Vec<u16>,
        ) -> Option<SelectiveMetagraph<AccountId32>>;
        /// The hotkey that a miner's owner stakes its incentive to.
        fn get_coldkey_auto_stake_hotkey(coldkey: AccountId32, netuid: NetUid) -> Option<AccountId32>;
        /// Those parts of a mechanism's metagraph that the indexes name.
        fn get_selective_mechagraph(
            netuid: NetUid,
            subid: MechId,
            metagraph_indexes: Vec<u16>,
        ) -> Option<SelectiveMetagraph<AccountId32>>;
        /// The subnet that a new one would replace.
        fn get_subnet_to_prune() -> Option<NetUid>;
        /// The account that holds a subnet's TAO.
        fn get_subnet_account_id(netuid: NetUid) -> Option<AccountId32>;
        /// The block of a subnet's next epoch.
        fn get_next_epoch_start_block(netuid: NetUid) -> Option<u64>;
        /// A subnet's hyperparameters by name.
        fn get_subnet_hyperparams_v3(netuid: NetUid) -> Option<Vec<HyperparamEntry>>;
    }

    /// Stake positions.
    pub trait StakeInfoRuntimeApi {
        /// All positions of a coldkey.
        fn get_stake_info_for_coldkey(coldkey_account: AccountId32) -> Vec<StakeInfo<AccountId32>>;
        /// All positions of several coldkeys.
        fn get_stake_info_for_coldkeys(
            coldkey_accounts: Vec<AccountId32>,
        ) -> Vec<(AccountId32, Vec<StakeInfo<AccountId32>>)>;
        /// One position; an empty one if there is none.
        fn get_stake_info_for_hotkey_coldkey_netuid(
            hotkey_account: AccountId32,
            coldkey_account: AccountId32,
            netuid: NetUid,
        ) -> Option<StakeInfo<AccountId32>>;
        /// How much of each coldkey's stake could be removed, by netuid.
        fn get_stake_availability_for_coldkeys(
            coldkey_accounts: Vec<AccountId32>,
            netuids: Option<Vec<NetUid>>,
        ) -> BTreeMap<AccountId32, BTreeMap<NetUid, StakeAvailability>>;
        /// The pool's fee for moving `amount` from one position to another.
        fn get_stake_fee(
            origin: Option<(AccountId32, NetUid)>,
            origin_coldkey_account: AccountId32,
            destination: Option<(AccountId32, NetUid)>,
            destination_coldkey_account: AccountId32,
            amount: u64,
        ) -> u64;
        /// A coldkey's lock on a subnet.
        fn get_coldkey_lock(coldkey: AccountId32, netuid: NetUid) -> Option<LockState>;
        /// The conviction of all locks to a hotkey.
        fn get_hotkey_conviction(hotkey: AccountId32, netuid: NetUid) -> U64F64;
        /// The hotkey with the highest conviction.
        fn get_most_convicted_hotkey_on_subnet(netuid: NetUid) -> Option<AccountId32>;
    }

    /// Creation of subnets.
    pub trait SubnetRegistrationRuntimeApi {
        /// What creating a subnet costs, in rao.
        fn get_network_registration_cost() -> TaoBalance;
    }

    /// What proxies may do.
    pub trait ProxyFilterRuntimeApi {
        /// All kinds of proxies.
        fn get_proxy_types() -> Vec<ProxyTypeInfo>;
    }

    /// Prices and simulated trades.
    pub trait SwapRuntimeApi {
        /// Rao per alpha.
        fn current_alpha_price(netuid: NetUid) -> u64;
        /// Rao per alpha on every subnet.
        fn current_alpha_price_all() -> Vec<SubnetPrice>;
        /// What spending `tao` rao would bring; all zeros if the pool refuses.
        fn sim_swap_tao_for_alpha(netuid: NetUid, tao: TaoBalance) -> SimSwapResult;
        /// What selling `alpha` rao-alpha would bring; all zeros if the pool refuses.
        fn sim_swap_alpha_for_tao(netuid: NetUid, alpha: AlphaBalance) -> SimSwapResult;
    }
}
