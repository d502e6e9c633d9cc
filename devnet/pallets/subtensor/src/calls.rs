//! Calls, with the numbers, arguments and approximate weights of the chain.
//!
//! Weights are given as the fee they cause in rao; one rao pays for 2,000 units of `ref_time`.

use frame_support::pallet_macros::pallet_section;

#[pallet_section]
mod calls {
    /// The weight whose fee, with that of an empty extrinsic, is `rao`.
    fn costing(rao: u64) -> Weight {
        const EMPTY_EXTRINSIC: u64 = 54_000;
        const REF_TIME_PER_RAO: u64 = 2_000;
        Weight::from_parts(rao.saturating_sub(EMPTY_EXTRINSIC).saturating_mul(REF_TIME_PER_RAO), 0)
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Stakes `amount_staked` rao to a hotkey on a subnet at the market's price.
        #[pallet::call_index(2)]
        #[pallet::weight(costing(1_530_000))]
        pub fn add_stake(
            origin: OriginFor<T>,
            hotkey: T::AccountId,
            netuid: NetUid,
            amount_staked: TaoBalance,
        ) -> DispatchResult {
            Self::do_add_stake(origin, hotkey, netuid, amount_staked, None)
        }

        /// Sells `amount_unstaked` rao-alpha, or the position if it is smaller.
        #[pallet::call_index(3)]
        #[pallet::weight(costing(1_280_000))]
        pub fn remove_stake(
            origin: OriginFor<T>,
            hotkey: T::AccountId,
            netuid: NetUid,
            amount_unstaked: AlphaBalance,
        ) -> DispatchResult {
            Self::do_remove_stake(origin, hotkey, netuid, amount_unstaked, None)
        }

        /// Announces a miner's endpoint. The hotkey signs.
        #[pallet::call_index(4)]
        #[pallet::weight((costing(80_000), DispatchClass::Normal, Pays::No))]
        pub fn serve_axon(
            origin: OriginFor<T>,
            netuid: NetUid,
            version: u32,
            ip: u128,
            port: u16,
            ip_type: u8,
            protocol: u8,
            placeholder1: u8,
            placeholder2: u8,
        ) -> DispatchResult {
            let axon =
                AxonInfo { block: 0, version, ip, port, ip_type, protocol, placeholder1, placeholder2 };
            Self::do_serve_axon(origin, netuid, axon, None)
        }

        /// Announces the endpoint of a miner's metrics. The hotkey signs.
        #[pallet::call_index(5)]
        #[pallet::weight((costing(80_000), DispatchClass::Normal, Pays::No))]
        pub fn serve_prometheus(
            origin: OriginFor<T>,
            netuid: NetUid,
            version: u32,
            ip: u128,
            port: u16,
            ip_type: u8,
        ) -> DispatchResult {
            let prometheus = PrometheusInfo { block: 0, version, ip, port, ip_type };
            Self::do_serve_prometheus(origin, netuid, prometheus)
        }

        /// Announces a miner's endpoint with a certificate. The hotkey signs.
        #[pallet::call_index(40)]
        #[pallet::weight((costing(80_000), DispatchClass::Normal, Pays::No))]
        pub fn serve_axon_tls(
            origin: OriginFor<T>,
            netuid: NetUid,
            version: u32,
            ip: u128,
            port: u16,
            ip_type: u8,
            protocol: u8,
            placeholder1: u8,
            placeholder2: u8,
            certificate: Vec<u8>,
        ) -> DispatchResult {
            let axon =
                AxonInfo { block: 0, version, ip, port, ip_type, protocol, placeholder1, placeholder2 };
            Self::do_serve_axon(origin, netuid, axon, Some(certificate))
        }

        /// Lowers the take of an owned hotkey.
        #[pallet::call_index(65)]
        #[pallet::weight((costing(90_000), DispatchClass::Normal, Pays::No))]
        pub fn decrease_take(origin: OriginFor<T>, hotkey: T::AccountId, take: Ratio) -> DispatchResult {
            Self::do_decrease_take(origin, hotkey, take)
        }

        /// Raises the take of an owned hotkey.
        #[pallet::call_index(66)]
        #[pallet::weight((costing(90_000), DispatchClass::Normal, Pays::No))]
        pub fn increase_take(origin: OriginFor<T>, hotkey: T::AccountId, take: Ratio) -> DispatchResult {
            Self::do_increase_take(origin, hotkey, take)
        }

        /// Describes the coldkey.
        #[pallet::call_index(68)]
        #[pallet::weight(costing(100_000))]
        pub fn set_identity(
            origin: OriginFor<T>,
            name: Vec<u8>,
            url: Vec<u8>,
            github_repo: Vec<u8>,
            image: Vec<u8>,
            discord: Vec<u8>,
            description: Vec<u8>,
            additional: Vec<u8>,
        ) -> DispatchResult {
            let identity =
                ChainIdentityV2 { name, url, github_repo, image, discord, description, additional };
            Self::do_set_identity(origin, identity)
        }

        /// Describes a subnet. Its owner signs.
        #[pallet::call_index(78)]
        #[pallet::weight(costing(100_000))]
        pub fn set_subnet_identity(
            origin: OriginFor<T>,
            netuid: NetUid,
            subnet_name: Vec<u8>,
            github_repo: Vec<u8>,
            subnet_contact: Vec<u8>,
            subnet_url: Vec<u8>,
            discord: Vec<u8>,
            description: Vec<u8>,
            logo_url: Vec<u8>,
            additional: Vec<u8>,
        ) -> DispatchResult {
            let identity = SubnetIdentityV3 {
                subnet_name,
                github_repo,
                subnet_contact,
                subnet_url,
                discord,
                description,
                logo_url,
                additional,
            };
            Self::do_set_subnet_identity(origin, netuid, identity)
        }

        /// Sells every position on a hotkey.
        #[pallet::call_index(83)]
        #[pallet::weight(costing(88_000))]
        pub fn unstake_all(origin: OriginFor<T>, hotkey: T::AccountId) -> DispatchResult {
            Self::do_unstake_all(origin, hotkey)
        }

        /// Sells every position on a hotkey but root, and stakes the proceeds to root.
        #[pallet::call_index(84)]
        #[pallet::weight(costing(2_140_000))]
        pub fn unstake_all_alpha(origin: OriginFor<T>, hotkey: T::AccountId) -> DispatchResult {
            Self::do_unstake_all_alpha(origin, hotkey)
        }

        /// Moves stake to another hotkey, another subnet or both.
        #[pallet::call_index(85)]
        #[pallet::weight(costing(700_000))]
        pub fn move_stake(
            origin: OriginFor<T>,
            origin_hotkey: T::AccountId,
            destination_hotkey: T::AccountId,
            origin_netuid: NetUid,
            destination_netuid: NetUid,
            alpha_amount: AlphaBalance,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_move_stake(Transition {
                origin_coldkey: coldkey.clone(),
                destination_coldkey: coldkey,
                origin_hotkey,
                destination_hotkey,
                origin_netuid,
                destination_netuid,
                alpha: alpha_amount,
            })
        }

        /// Gives stake to another coldkey.
        #[pallet::call_index(86)]
        #[pallet::weight(costing(670_000))]
        pub fn transfer_stake(
            origin: OriginFor<T>,
            destination_coldkey: T::AccountId,
            hotkey: T::AccountId,
            origin_netuid: NetUid,
            destination_netuid: NetUid,
            alpha_amount: AlphaBalance,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            Self::do_transfer_stake(Transition {
                origin_coldkey: coldkey,
                destination_coldkey,
                origin_hotkey: hotkey.clone(),
                destination_hotkey: hotkey,
                origin_netuid,
                destination_netuid,
                alpha: alpha_amount,
            })
        }

        /// Moves stake to another subnet at the market's price.
        #[pallet::call_index(87)]
        #[pallet::weight(costing(2_160_000))]
        pub fn swap_stake(
            origin: OriginFor<T>,
            hotkey: T::AccountId,
            origin_netuid: NetUid,
            destination_netuid: NetUid,
            alpha_amount: AlphaBalance,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            let transition =
                Transition::swap(coldkey, hotkey, origin_netuid, destination_netuid, alpha_amount);
            Self::do_swap_stake(transition, None)
        }

        /// Stakes with an upper bound for the price after the trade, in rao per alpha.
        #[pallet::call_index(88)]
        #[pallet::weight(costing(1_630_000))]
        pub fn add_stake_limit(
            origin: OriginFor<T>,
            hotkey: T::AccountId,
            netuid: NetUid,
            amount_staked: TaoBalance,
            limit_price: TaoBalance,
            allow_partial: bool,
        ) -> DispatchResult {
            let limit = PriceLimit { price: limit_price, allow_partial };
            Self::do_add_stake(origin, hotkey, netuid, amount_staked, Some(limit))
        }

        /// Sells with a lower bound for the price after the trade, in rao per alpha.
        #[pallet::call_index(89)]
        #[pallet::weight(costing(1_360_000))]
        pub fn remove_stake_limit(
            origin: OriginFor<T>,
            hotkey: T::AccountId,
            netuid: NetUid,
            amount_unstaked: AlphaBalance,
            limit_price: TaoBalance,
            allow_partial: bool,
        ) -> DispatchResult {
            let limit = PriceLimit { price: limit_price, allow_partial };
            Self::do_remove_stake(origin, hotkey, netuid, amount_unstaked, Some(limit))
        }

        /// Moves stake to another subnet with a lower bound for the ratio of the two prices, times 1e9.
        #[pallet::call_index(90)]
        #[pallet::weight(costing(2_260_000))]
        pub fn swap_stake_limit(
            origin: OriginFor<T>,
            hotkey: T::AccountId,
            origin_netuid: NetUid,
            destination_netuid: NetUid,
            alpha_amount: AlphaBalance,
            limit_price: TaoBalance,
            allow_partial: bool,
        ) -> DispatchResult {
            let coldkey = ensure_signed(origin)?;
            let transition =
                Transition::swap(coldkey, hotkey, origin_netuid, destination_netuid, alpha_amount);
            Self::do_swap_stake(transition, Some(PriceLimit { price: limit_price, allow_partial }))
        }

        /// Takes a hotkey nobody owns.
        #[pallet::call_index(91)]
        #[pallet::weight(costing(200_000))]
        pub fn try_associate_hotkey(origin: OriginFor<T>, hotkey: T::AccountId) -> DispatchResult {
            Self::do_try_associate_hotkey(origin, hotkey)
        }

        /// Opens a subnet for trade and emission. Its owner signs.
        #[pallet::call_index(92)]
        #[pallet::weight(costing(150_000))]
        pub fn start_call(origin: OriginFor<T>, netuid: NetUid) -> DispatchResult {
            Self::do_start_call(origin, netuid)
        }

        /// Destroys alpha so that it can be emitted again.
        #[pallet::call_index(101)]
        #[pallet::weight(costing(550_000))]
        pub fn recycle_alpha(
            origin: OriginFor<T>,
            hotkey: T::AccountId,
            amount: AlphaBalance,
            netuid: NetUid,
        ) -> DispatchResult {
            Self::do_recycle_alpha(origin, hotkey, amount, netuid)
        }

        /// Destroys alpha for good.
        #[pallet::call_index(102)]
        #[pallet::weight(costing(430_000))]
        pub fn burn_alpha(
            origin: OriginFor<T>,
            hotkey: T::AccountId,
            amount: AlphaBalance,
            netuid: NetUid,
        ) -> DispatchResult {
            Self::do_burn_alpha(origin, hotkey, amount, netuid)
        }

        /// Sells a whole position, or nothing if the price would fall below the limit.
        #[pallet::call_index(103)]
        #[pallet::weight(costing(1_360_000))]
        pub fn remove_stake_full_limit(
            origin: OriginFor<T>,
            hotkey: T::AccountId,
            netuid: NetUid,
            limit_price: Option<TaoBalance>,
        ) -> DispatchResult {
            Self::do_remove_stake_full_limit(origin, hotkey, netuid, limit_price)
        }

        /// Chooses the hotkey that the caller's miner pay on a subnet is staked to.
        #[pallet::call_index(114)]
        #[pallet::weight(costing(170_000))]
        pub fn set_coldkey_auto_stake_hotkey(
            origin: OriginFor<T>,
            netuid: NetUid,
            hotkey: T::AccountId,
        ) -> DispatchResult {
            Self::do_set_auto_stake_hotkey(origin, netuid, hotkey)
        }

        /// Stakes, and burns what was bought.
        #[pallet::call_index(132)]
        #[pallet::weight(costing(1_750_000))]
        pub fn add_stake_burn(
            origin: OriginFor<T>,
            hotkey: T::AccountId,
            netuid: NetUid,
            amount: TaoBalance,
            limit: Option<TaoBalance>,
        ) -> DispatchResult {
            Self::do_add_stake_burn(origin, hotkey, netuid, amount, limit)
        }
    }
}
