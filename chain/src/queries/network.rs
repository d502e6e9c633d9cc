//! All subnets at one block.
//!
//! The read asks for the entries of the netuids that existed before (or may exist), and checks against
//! `TotalNetworks` that these are all. So the whole table takes one round trip of parallel proofs.

use super::{available, proof_bytes};
use crate::chain::{SLOT_DURATION, View};
use crate::decode::{DecodeError, FromValue, Value};
use crate::error::ReadError;
use crate::storage::{Answers, Batch, Slot, key_parts, storage_key};
use alloc::borrow::ToOwned as _;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use futures::future::try_join3;
use lantern_types::{AtBlock, Available, NetUid, NetworkState, Price, Subnet};

/// Subnets that are looked for at first: the root network and the 128 of `SubnetLimit`.
pub(crate) const USUAL_NETUIDS: u16 = 129;
/// What the table is read from besides its rows.
pub(crate) const TOTALS: [&str; 2] = ["SubtensorModule.TotalNetworks", "SubtensorModule.TotalIssuance"];
/// The functions that the table calls.
pub(crate) const TABLE_CALLS: [&str; 2] = [PRICES, SLOT_DURATION];

pub(crate) const PRICES: &str = "SwapRuntimeApi_current_alpha_price_all";
pub(crate) const EMISSION_GATE: &str = "EmissionGateBar";

/// Where the values of one subnet are in a batch.
#[derive(Clone, Copy)]
pub(crate) struct SubnetSlots {
    pub(crate) netuid: NetUid,
    added: Slot,
    pub(crate) identity: Slot,
    pub(crate) symbol: Slot,
    pub(crate) tao: Slot,
    pub(crate) alpha_in: Slot,
    pub(crate) alpha_out: Slot,
    pub(crate) tao_emission: Slot,
    excess_tao: Slot,
    moving_price: Slot,
    miner_burned: Slot,
    first_emission: Slot,
    emission_enabled: Slot,
    registration_allowed: Slot,
    pub(crate) tempo: Slot,
    pub(crate) last_epoch: Slot,
    pending_epoch: Slot,
    blocks_since_step: Slot,
    pub(crate) registered_at: Slot,
    owner: Slot,
    trading: Slot,
}

impl SubnetSlots {
    /// Everything of a subnet's row.
    pub(crate) fn add(batch: &mut Batch<'_>, netuid: NetUid) -> Result<Self, ReadError> {
        Self::of_row(netuid, |name| batch.add(name, &[netuid.into()]))
    }

    /// The entries that a row is read from.
    pub(crate) fn row_entries() -> Vec<&'static str> {
        let mut names = Vec::new();
        let _no_slots = Self::of_row(NetUid(0), |name| {
            names.push(name);
            Ok(Slot::NONE)
        });
        names
    }

    fn of_row(
        netuid: NetUid,
        mut at: impl FnMut(&'static str) -> Result<Slot, ReadError>,
    ) -> Result<Self, ReadError> {
        Ok(Self {
            netuid,
            added: at("SubtensorModule.NetworksAdded")?,
            identity: at("SubtensorModule.SubnetIdentitiesV3")?,
            symbol: at("SubtensorModule.TokenSymbol")?,
            tao: at("SubtensorModule.SubnetTAO")?,
            alpha_in: at("SubtensorModule.SubnetAlphaIn")?,
            alpha_out: at("SubtensorModule.SubnetAlphaOut")?,
            tao_emission: at("SubtensorModule.SubnetTaoInEmission")?,
            excess_tao: at("SubtensorModule.SubnetExcessTao")?,
            moving_price: at("SubtensorModule.SubnetMovingPrice")?,
            miner_burned: at("SubtensorModule.MinerBurned")?,
            first_emission: at("SubtensorModule.FirstEmissionBlockNumber")?,
            emission_enabled: at("SubtensorModule.SubnetEmissionEnabled")?,
            registration_allowed: at("SubtensorModule.NetworkRegistrationAllowed")?,
            tempo: at("SubtensorModule.Tempo")?,
            last_epoch: at("SubtensorModule.LastEpochBlock")?,
            pending_epoch: at("SubtensorModule.PendingEpochAt")?,
            blocks_since_step: at("SubtensorModule.BlocksSinceLastStep")?,
            registered_at: at("SubtensorModule.NetworkRegisteredAt")?,
            owner: at("SubtensorModule.SubnetOwner")?,
            trading: at("SubtensorModule.SubtokenEnabled")?,
        })
    }

    /// Only what the shares of emission are computed from.
    pub(crate) fn add_emission(batch: &mut Batch<'_>, netuid: NetUid) -> Result<Self, ReadError> {
        let mut at = |name| batch.add(name, &[netuid.into()]);
        let none = Slot::NONE;
        Ok(Self {
            netuid,
            added: at("SubtensorModule.NetworksAdded")?,
            identity: none,
            symbol: none,
            tao: none,
            alpha_in: none,
            alpha_out: none,
            tao_emission: at("SubtensorModule.SubnetTaoInEmission")?,
            excess_tao: at("SubtensorModule.SubnetExcessTao")?,
            moving_price: at("SubtensorModule.SubnetMovingPrice")?,
            miner_burned: at("SubtensorModule.MinerBurned")?,
            first_emission: at("SubtensorModule.FirstEmissionBlockNumber")?,
            emission_enabled: at("SubtensorModule.SubnetEmissionEnabled")?,
            registration_allowed: at("SubtensorModule.NetworkRegistrationAllowed")?,
            tempo: none,
            last_epoch: none,
            pending_epoch: none,
            blocks_since_step: none,
            registered_at: none,
            owner: none,
            trading: at("SubtensorModule.SubtokenEnabled")?,
        })
    }

    /// What the share of emission follows from, for a provenance.
    pub(crate) fn emission_inputs(&self) -> [Slot; 6] {
        [
            self.moving_price,
            self.miner_burned,
            self.first_emission,
            self.trading,
            self.registration_allowed,
            self.emission_enabled,
        ]
    }

    /// What the block gave, for a provenance.
    pub(crate) fn given_inputs(&self) -> [Slot; 2] {
        [self.tao_emission, self.excess_tao]
    }

    /// What the blocks to the next epoch follow from.
    pub(crate) fn epoch_inputs(&self) -> [Slot; 4] {
        [self.tempo, self.last_epoch, self.pending_epoch, self.blocks_since_step]
    }

    pub(crate) fn exists(&self, answers: &Answers<'_>) -> Result<bool, ReadError> {
        Ok(matches!(answers.get::<bool>(self.added)?, Available::Value(true)))
    }
}

impl View {
    /// The subnets table.
    ///
    /// # Errors
    /// If anything of it cannot be read; a field that this runtime lacks is not an error.
    pub async fn network(&self) -> Result<AtBlock<NetworkState>, ReadError> {
        let clock = &self.chain.surroundings.clock;
        let (started, before) = self.begun();
        let (rows, prices, block_millis) =
            try_join3(self.rows(self.guess()), async { available(self.prices().await) }, self.slot_millis())
                .await?;
        let (answers, slots, total_issuance) = rows;
        let shares = shares(self, &answers, &slots)?;
        let mut subnets = Vec::with_capacity(slots.len());
        for slot in &slots {
            subnets.push(subnet(self, &answers, slot, &prices, &shares)?);
        }
        let spent = clock.now().saturating_sub(started).as_millis();
        Ok(self.at_block(NetworkState {
            subnets,
            total_issuance: answers.get(total_issuance)?,
            block_millis,
            spec_version: self.spec_version(),
            proof_bytes: proof_bytes(self, before),
            read_millis: u32::try_from(spent).unwrap_or(u32::MAX),
        }))
    }

    /// Spot prices by subnet, computed by the chain's own code.
    pub(crate) async fn prices(&self) -> Result<BTreeMap<NetUid, Price>, ReadError> {
        let value = self.call(PRICES, &[]).await?;
        prices(&value).map_err(|source| ReadError::Undecodable { item: PRICES.to_owned(), source })
    }

    /// Netuids that are looked for before it is known which exist at this block.
    pub(crate) fn guess(&self) -> Vec<NetUid> {
        let known = self.chain.netuids.borrow().clone();
        known.unwrap_or_else(|| (0..USUAL_NETUIDS).map(NetUid).collect())
    }

    /// All netuids that exist at this block. They are the next guess.
    pub(crate) async fn netuids(&self) -> Result<Vec<NetUid>, ReadError> {
        let item = || String::from("SubtensorModule.NetworksAdded");
        let undecodable = |source| ReadError::Undecodable { item: item(), source };
        let entry = self
            .metadata()
            .entry("SubtensorModule", "NetworksAdded")
            .ok_or_else(|| ReadError::NotInRuntime { item: item() })?;
        let prefix = storage_key(self.metadata(), entry, &[]).map_err(undecodable)?;
        let found = self.chain.reader.descendants(self.pinned(), &[prefix]).await?;
        let mut netuids = BTreeSet::new();
        for (key, value) in found {
            let parts = key_parts(self.metadata(), entry, &key).map_err(undecodable)?;
            // The value is one byte, `true`; a removed subnet may leave `false`.
            if let ([netuid], [1]) = (parts.as_slice(), value.as_slice()) {
                netuids.insert(NetUid::from_value(netuid).map_err(undecodable)?);
            }
        }
        let netuids: Vec<NetUid> = netuids.into_iter().collect();
        *self.chain.netuids.borrow_mut() = Some(netuids.clone());
        Ok(netuids)
    }

    /// The values of all subnets; again with the right netuids where the guess missed some.
    async fn rows(&self, guess: Vec<NetUid>) -> Result<(Answers<'_>, Vec<SubnetSlots>, Slot), ReadError> {
        let (answers, slots, total_networks, total_issuance) = self.read_rows(&guess).await?;
        let expected = answers.get::<u16>(total_networks)?;
        let is_complete = match expected {
            Available::Value(expected) => slots.len() == usize::from(expected),
            Available::NoRecord | Available::NotInRuntime => false,
        };
        if is_complete {
            *self.chain.netuids.borrow_mut() = Some(slots.iter().map(|slots| slots.netuid).collect());
            return Ok((answers, slots, total_issuance));
        }
        let netuids = self.netuids().await?;
        let (answers, slots, _total_networks, total_issuance) = self.read_rows(&netuids).await?;
        Ok((answers, slots, total_issuance))
    }

    async fn read_rows(
        &self,
        netuids: &[NetUid],
    ) -> Result<(Answers<'_>, Vec<SubnetSlots>, Slot, Slot), ReadError> {
        let mut batch = Batch::new(self);
        let mut slots = Vec::with_capacity(netuids.len());
        for netuid in netuids {
            slots.push(SubnetSlots::add(&mut batch, *netuid)?);
        }
        let [networks, issuance] = TOTALS;
        let (total_networks, total_issuance) = (batch.add(networks, &[])?, batch.add(issuance, &[])?);
        let answers = batch.read().await?;
        let mut existing = Vec::new();
        for slot in slots {
            if slot.exists(&answers)? {
                existing.push(slot);
            }
        }
        Ok((answers, existing, total_networks, total_issuance))
    }
}

/// Reads the list of `{ netuid, price }`.
pub(crate) fn prices(value: &Value<'_>) -> Result<BTreeMap<NetUid, Price>, DecodeError> {
    let mut prices = BTreeMap::new();
    for entry in value.list()? {
        let netuid = NetUid::from_value(entry.field("netuid")?)?;
        prices.insert(netuid, Price::from_value(entry.field("price")?)?);
    }
    Ok(prices)
}

/// One row.
pub(crate) fn subnet(
    view: &View,
    answers: &Answers<'_>,
    slots: &SubnetSlots,
    prices: &Available<BTreeMap<NetUid, Price>>,
    shares: &Available<BTreeMap<NetUid, u64>>,
) -> Result<Subnet, ReadError> {
    let netuid = slots.netuid;
    let tempo = answers.get::<u16>(slots.tempo)?;
    Ok(Subnet {
        netuid,
        name: name(answers, slots)?,
        symbol: answers.get(slots.symbol)?,
        price: of_subnet(prices, netuid),
        tao_in_pool: answers.get(slots.tao)?,
        alpha_in_pool: answers.get(slots.alpha_in)?,
        alpha_outstanding: answers.get(slots.alpha_out)?,
        tao_emission: answers.get(slots.tao_emission)?,
        emission_share_ppm: of_subnet(shares, netuid),
        tempo,
        blocks_to_epoch: blocks_to_epoch(view, answers, slots)?,
        registered_at: answers.get(slots.registered_at)?,
        owner: answers.stored(slots.owner)?,
        is_trading: answers.get(slots.trading)?,
    })
}

fn of_subnet<T: Copy>(all: &Available<BTreeMap<NetUid, T>>, netuid: NetUid) -> Available<T> {
    match all {
        Available::Value(all) => all.get(&netuid).copied().map_or(Available::NoRecord, Available::Value),
        Available::NoRecord => Available::NoRecord,
        Available::NotInRuntime => Available::NotInRuntime,
    }
}

fn name(answers: &Answers<'_>, slots: &SubnetSlots) -> Result<Available<String>, ReadError> {
    if slots.netuid.is_root() {
        return Ok(Available::Value("Root".to_owned()));
    }
    text_field(answers, slots.identity, "subnet_name")
}

/// A text field of an identity; an empty one is no record.
pub(crate) fn text_field(
    answers: &Answers<'_>,
    slot: Slot,
    field: &str,
) -> Result<Available<String>, ReadError> {
    let text = answers.take(slot, |identity| String::from_value(identity.field(field)?))?;
    Ok(match text {
        Available::Value(text) if text.trim().is_empty() => Available::NoRecord,
        other => other,
    })
}

/// Blocks from this block to the next epoch: `LastEpochBlock + Tempo`, or earlier where the owner asked for
/// it, less this block's number. Runtimes without these count the blocks since the last step.
pub(crate) fn blocks_to_epoch(
    view: &View,
    answers: &Answers<'_>,
    slots: &SubnetSlots,
) -> Result<Available<u64>, ReadError> {
    let Available::Value(tempo) = answers.get::<u64>(slots.tempo)? else {
        return Ok(Available::NotInRuntime);
    };
    if slots.netuid.is_root() || tempo == 0 {
        // These never run an epoch.
        return Ok(Available::NoRecord);
    }
    if let Available::Value(last) = answers.get::<u64>(slots.last_epoch)? {
        let regular = last.saturating_add(tempo);
        let next = match answers.get::<u64>(slots.pending_epoch)? {
            Available::Value(chosen) if chosen > 0 => regular.min(chosen),
            _ => regular,
        };
        return Ok(Available::Value(next.saturating_sub(view.block().number.into())));
    }
    Ok(answers.get::<u64>(slots.blocks_since_step)?.map(|since| tempo.saturating_sub(since)))
}

/// Shares of the block's TAO emission in parts per million, rounded down.
///
/// Where the runtime divides by moving price, a subnet's weight is `SubnetMovingPrice × (1 − MinerBurned)` if
/// it has started, trades, accepts registrations and is switched on. Runtimes with an emission gate divide by
/// a rule of their own; there the share is what the block really gave: `SubnetTaoInEmission +
/// SubnetExcessTao`.
pub(crate) fn shares(
    view: &View,
    answers: &Answers<'_>,
    slots: &[SubnetSlots],
) -> Result<Available<BTreeMap<NetUid, u64>>, ReadError> {
    let is_gated = view.metadata().entry("SubtensorModule", EMISSION_GATE).is_some();
    let mut weights = Vec::with_capacity(slots.len());
    for slot in slots {
        let weight = if is_gated { given(answers, slot)? } else { weight(answers, slot)? };
        let Available::Value(weight) = weight else { return Ok(Available::NotInRuntime) };
        weights.push((slot.netuid, weight));
    }
    let total = weights.iter().try_fold(0_u128, |sum, (_, weight)| sum.checked_add(*weight));
    let share = |weight: u128| -> Option<u64> {
        let total = total?;
        if total == 0 {
            return Some(0);
        }
        u64::try_from(weight.checked_mul(1_000_000)?.checked_div(total)?).ok()
    };
    let overflow = || ReadError::Undecodable {
        item: String::from("SubtensorModule.SubnetMovingPrice"),
        source: DecodeError::OutOfRange,
    };
    let mut shares = BTreeMap::new();
    for (netuid, weight) in weights {
        shares.insert(netuid, share(weight).ok_or_else(overflow)?);
    }
    Ok(Available::Value(shares))
}

/// What the block gave to a subnet, in rao.
fn given(answers: &Answers<'_>, slots: &SubnetSlots) -> Result<Available<u128>, ReadError> {
    let (Available::Value(pool), Available::Value(excess)) =
        (answers.get::<u64>(slots.tao_emission)?, answers.get::<u64>(slots.excess_tao)?)
    else {
        return Ok(Available::NotInRuntime);
    };
    Ok(Available::Value(u128::from(pool).saturating_add(u128::from(excess))))
}

/// `SubnetMovingPrice × (1 − MinerBurned)`, each in 2^-32.
fn weight(answers: &Answers<'_>, slots: &SubnetSlots) -> Result<Available<u128>, ReadError> {
    const ONE: u128 = 1 << 32;
    let Available::Value(price) = answers.get::<i128>(slots.moving_price)? else {
        return Ok(Available::NotInRuntime);
    };
    // Switches that a runtime lacks do not switch anything off.
    let is_on = |slot: Slot| -> Result<bool, ReadError> {
        Ok(!matches!(answers.get::<bool>(slot)?, Available::Value(false)))
    };
    let is_eligible = !slots.netuid.is_root()
        && answers.is_stored(slots.first_emission) != Some(false)
        && is_on(slots.trading)?
        && is_on(slots.registration_allowed)?
        && is_on(slots.emission_enabled)?;
    if !is_eligible {
        return Ok(Available::Value(0));
    }
    let burned = match answers.get::<u128>(slots.miner_burned)? {
        Available::Value(burned) => burned,
        Available::NoRecord | Available::NotInRuntime => 0,
    };
    let price = u128::try_from(price).unwrap_or(0);
    Ok(Available::Value(price.saturating_mul(ONE.saturating_sub(burned))))
}
