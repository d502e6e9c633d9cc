//! One subnet with its validators and what a delegator's yield is computed from.

use super::network::{self, SubnetSlots, text_field};
use super::{available, proof_bytes};
use crate::chain::View;
use crate::decode::FromValue;
use crate::error::ReadError;
use crate::storage::{Answers, Batch, Slot, key_parts, storage_key};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use futures::future::try_join4;
use lantern_types::{AccountId, AtBlock, Available, Hotkey, NetUid, SubnetDetail, Uid, Validator};

/// Slots that are looked for at first: `MaxAllowedUids` on all of Finney's subnets.
const USUAL_UIDS: u16 = 256;

const DIVIDENDS: &str = "SubtensorModule.AlphaDividendsPerSubnet";

/// Where the values of one validator are.
struct ValidatorSlots {
    hotkey: Hotkey,
    uid: Option<Uid>,
    has_permit: Available<bool>,
    owner: Slot,
    take: Slot,
    stake: Slot,
    dividends: Slot,
    stake_after_epoch: Slot,
}

/// What is known of a subnet before its validators are read.
struct Roster {
    /// Registered hotkeys by uid.
    hotkeys: BTreeMap<Uid, Hotkey>,
    /// By uid; nothing where the runtime does not keep permits.
    permits: Available<Vec<bool>>,
    neurons: Available<u16>,
}

impl View {
    /// A subnet and its validators: those with a permit, and those that were paid dividends.
    ///
    /// # Errors
    /// [`ReadError::NotInRuntime`] if there is no such subnet, else as reads.
    pub async fn subnet(&self, netuid: NetUid) -> Result<AtBlock<SubnetDetail>, ReadError> {
        let before = self.checked_bytes();
        let (first, prices, block_millis, paid) = try_join4(
            self.first_reads(netuid),
            async { available(self.prices().await) },
            self.slot_millis(),
            self.paid_hotkeys(netuid),
        )
        .await?;
        let (answers, own, all, roster, last_step) = first;
        if !own.exists(&answers)? {
            return Err(ReadError::NotInRuntime { item: alloc::format!("subnet {netuid}") });
        }
        let shares = network::shares(self, &answers, &all)?;
        let subnet = network::subnet(self, &answers, &own, &prices, &shares)?;
        let validators = self.validators(netuid, &roster, paid).await?;
        let last_epoch = match answers.get::<u64>(own.last_epoch)? {
            Available::NotInRuntime => answers.get(last_step)?,
            known => known,
        };
        Ok(self.at_block(SubnetDetail {
            subnet,
            validators,
            neurons: roster.neurons,
            last_epoch,
            description: text_field(&answers, own.identity, "description")?,
            url: text_field(&answers, own.identity, "subnet_url")?,
            block_millis,
            proof_bytes: proof_bytes(self, before),
        }))
    }

    async fn first_reads(
        &self,
        netuid: NetUid,
    ) -> Result<(Answers<'_>, SubnetSlots, Vec<SubnetSlots>, Roster, Slot), ReadError> {
        let mut batch = Batch::new(self);
        let own = SubnetSlots::add(&mut batch, netuid)?;
        let mut all = Vec::new();
        for other in self.guess() {
            all.push(SubnetSlots::add_emission(&mut batch, other)?);
        }
        let total = batch.add("SubtensorModule.TotalNetworks", &[])?;
        let neurons = batch.add("SubtensorModule.SubnetworkN", &[netuid.into()])?;
        let permits = batch.add("SubtensorModule.ValidatorPermit", &[netuid.into()])?;
        let last_step = batch.add("SubtensorModule.LastMechansimStepBlock", &[netuid.into()])?;
        let keys = add_keys(&mut batch, netuid, 0..USUAL_UIDS)?;
        let answers = batch.read().await?;

        let neurons = answers.get::<u16>(neurons)?;
        let mut hotkeys = hotkeys(&answers, &keys)?;
        if let Available::Value(count) = neurons
            && count > USUAL_UIDS
        {
            let mut batch = Batch::new(self);
            let keys = add_keys(&mut batch, netuid, USUAL_UIDS..count)?;
            hotkeys.extend(self::hotkeys(&batch.read().await?, &keys)?);
        }
        let roster = Roster { hotkeys, permits: answers.get(permits)?, neurons };

        let mut existing = Vec::new();
        for slots in all {
            if slots.exists(&answers)? {
                existing.push(slots);
            }
        }
        let total = answers.get::<u16>(total)?;
        if total == Available::Value(u16::try_from(existing.len()).unwrap_or(u16::MAX)) {
            return Ok((answers, own, existing, roster, last_step));
        }
        // Some subnet is where none was expected: read with the right list.
        let netuids = self.netuids().await?;
        let mut batch = Batch::new(self);
        let own = SubnetSlots::add(&mut batch, netuid)?;
        let last_step = batch.add("SubtensorModule.LastMechansimStepBlock", &[netuid.into()])?;
        let mut all = Vec::new();
        for other in netuids {
            all.push(SubnetSlots::add_emission(&mut batch, other)?);
        }
        Ok((batch.read().await?, own, all, roster, last_step))
    }

    /// Hotkeys that were paid dividends in the last epoch, registered or not.
    async fn paid_hotkeys(&self, netuid: NetUid) -> Result<BTreeSet<Hotkey>, ReadError> {
        let undecodable = |source| ReadError::Undecodable { item: String::from(DIVIDENDS), source };
        let Some(entry) = self.metadata().entry("SubtensorModule", "AlphaDividendsPerSubnet") else {
            return Ok(BTreeSet::new());
        };
        let prefix = storage_key(self.metadata(), entry, &[netuid.into()]).map_err(undecodable)?;
        let found = self.chain.reader.descendants(self.pinned(), &[prefix]).await?;
        let mut paid = BTreeSet::new();
        for key in found.keys() {
            let parts = key_parts(self.metadata(), entry, key).map_err(undecodable)?;
            if let [_, hotkey] = parts.as_slice() {
                paid.insert(Hotkey::from_value(hotkey).map_err(undecodable)?);
            }
        }
        Ok(paid)
    }

    async fn validators(
        &self,
        netuid: NetUid,
        roster: &Roster,
        mut unregistered: BTreeSet<Hotkey>,
    ) -> Result<Vec<Validator>, ReadError> {
        let mut chosen = Vec::new();
        for (uid, hotkey) in &roster.hotkeys {
            let has_permit = roster.permit(*uid);
            let is_paid = unregistered.remove(hotkey);
            if is_paid || has_permit == Available::Value(true) {
                chosen.push((*hotkey, Some(*uid), has_permit));
            }
        }
        chosen.extend(unregistered.into_iter().map(|hotkey| (hotkey, None, Available::Value(false))));

        let mut batch = Batch::new(self);
        let mut slots = Vec::with_capacity(chosen.len());
        for (hotkey, uid, has_permit) in chosen {
            let (net, key) = (netuid.into(), hotkey.0.into());
            slots.push(ValidatorSlots {
                hotkey,
                uid,
                has_permit,
                owner: batch.add("SubtensorModule.Owner", &[key])?,
                take: batch.add("SubtensorModule.Delegates", &[key])?,
                stake: batch.add("SubtensorModule.TotalHotkeyAlpha", &[key, net])?,
                dividends: batch.add(DIVIDENDS, &[net, key])?,
                stake_after_epoch: batch.add("SubtensorModule.TotalHotkeyAlphaLastEpoch", &[key, net])?,
            });
        }
        let answers = batch.read().await?;
        let names = self.names(&answers, &slots).await?;
        let mut validators = Vec::with_capacity(slots.len());
        for (slot, name) in slots.iter().zip(names) {
            let coldkey = answers.stored(slot.owner)?;
            validators.push(Validator {
                uid: slot.uid,
                hotkey: slot.hotkey,
                coldkey,
                name,
                // The runtime's default take holds for hotkeys that exist; others have none.
                take: match coldkey {
                    Available::NoRecord => Available::NoRecord,
                    _ => answers.get(slot.take)?,
                },
                has_permit: slot.has_permit,
                stake: answers.get(slot.stake)?,
                dividends: answers.get(slot.dividends)?,
                stake_after_epoch: answers.get(slot.stake_after_epoch)?,
            });
        }
        validators.sort_by_key(|validator| {
            core::cmp::Reverse((validator.stake.value().copied(), core::cmp::Reverse(validator.uid)))
        });
        Ok(validators)
    }

    /// Names from the identities of the hotkeys' owners.
    async fn names(
        &self,
        answers: &Answers<'_>,
        slots: &[ValidatorSlots],
    ) -> Result<Vec<Available<String>>, ReadError> {
        let mut batch = Batch::new(self);
        let mut identities = Vec::with_capacity(slots.len());
        for slot in slots {
            identities.push(match answers.stored::<AccountId>(slot.owner)? {
                Available::Value(owner) => Ok(batch.add("SubtensorModule.IdentitiesV2", &[owner.into()])?),
                Available::NoRecord => Err(Available::NoRecord),
                Available::NotInRuntime => Err(Available::NotInRuntime),
            });
        }
        let answers = batch.read().await?;
        identities
            .into_iter()
            .map(|slot| match slot {
                Ok(slot) => text_field(&answers, slot, "name"),
                Err(absent) => Ok(absent),
            })
            .collect()
    }
}

impl Roster {
    fn permit(&self, uid: Uid) -> Available<bool> {
        match &self.permits {
            Available::Value(permits) => {
                Available::Value(permits.get(usize::from(uid.0)).copied().unwrap_or(false))
            }
            Available::NoRecord => Available::NoRecord,
            Available::NotInRuntime => Available::NotInRuntime,
        }
    }
}

fn add_keys(
    batch: &mut Batch<'_>,
    netuid: NetUid,
    uids: core::ops::Range<u16>,
) -> Result<Vec<(Uid, Slot)>, ReadError> {
    uids.map(|uid| {
        let slot = batch.add("SubtensorModule.Keys", &[netuid.into(), Uid(uid).into()])?;
        Ok((Uid(uid), slot))
    })
    .collect()
}

fn hotkeys(answers: &Answers<'_>, keys: &[(Uid, Slot)]) -> Result<BTreeMap<Uid, Hotkey>, ReadError> {
    let mut hotkeys = BTreeMap::new();
    for (uid, slot) in keys {
        // The default of an absent key is the zero account, which is nobody.
        if let Available::Value(hotkey) = answers.stored(*slot)? {
            hotkeys.insert(*uid, hotkey);
        }
    }
    Ok(hotkeys)
}
