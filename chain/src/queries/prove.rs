//! One number again, with everything that proves it.

use super::account::POSITIONS;
use super::network::{self, EMISSION_GATE, SubnetSlots};
use super::proof_bytes;
use super::quote::PRICE;
use crate::chain::View;
use crate::error::ReadError;
use crate::storage::{Answers, Batch, KeyPart, Slot};
use alloc::string::String;
use alloc::vec::Vec;
use lantern_types::{Field, NetUid, ProofSource, Provenance};

/// Sources and, where the number is not one of them as it stands, how it follows.
type Proof = (Vec<ProofSource>, Option<String>);

impl View {
    /// Reads what a number on the page comes from, at this block.
    ///
    /// # Errors
    /// [`ReadError::NotInRuntime`] if this runtime has nothing that the number could come from.
    pub async fn prove(&self, field: Field) -> Result<Provenance, ReadError> {
        let before = self.checked_bytes();
        let state_root = self.state_root().await?;
        let (sources, formula) = self.proof(field).await?;
        if sources.is_empty() {
            return Err(ReadError::NotInRuntime { item: String::from("source of this number") });
        }
        Ok(Provenance {
            field,
            block: self.block(),
            state_root,
            finality: self.finality(),
            sources,
            formula,
            proof_bytes: proof_bytes(self, before),
        })
    }

    async fn proof(&self, field: Field) -> Result<Proof, ReadError> {
        let module = |sources, formula: &str| (sources, Some(String::from(formula)));
        Ok(match field {
            Field::SubnetName(netuid) => module(
                self.one("SubtensorModule.SubnetIdentitiesV3", &[netuid.into()]).await?,
                "the field `subnet_name` of the identity",
            ),
            Field::SubnetSymbol(netuid) => {
                (self.one("SubtensorModule.TokenSymbol", &[netuid.into()]).await?, None)
            }
            Field::SubnetPrice(netuid) => module(
                alloc::vec![self.run_source(PRICE, &[netuid.into()]).await?],
                "the runtime's own price function; rao for one alpha",
            ),
            Field::SubnetTaoInPool(netuid) => {
                (self.one("SubtensorModule.SubnetTAO", &[netuid.into()]).await?, None)
            }
            Field::SubnetAlphaInPool(netuid) => {
                (self.one("SubtensorModule.SubnetAlphaIn", &[netuid.into()]).await?, None)
            }
            Field::SubnetAlphaOutstanding(netuid) => {
                (self.one("SubtensorModule.SubnetAlphaOut", &[netuid.into()]).await?, None)
            }
            Field::SubnetEmissionShare(netuid) => self.emission_share(netuid).await?,
            Field::SubnetTempo(netuid) => (self.one("SubtensorModule.Tempo", &[netuid.into()]).await?, None),
            Field::SubnetBlocksToEpoch(netuid) => self.epoch(netuid).await?,
            Field::SubnetRegisteredAt(netuid) => {
                (self.one("SubtensorModule.NetworkRegisteredAt", &[netuid.into()]).await?, None)
            }
            Field::ValidatorStake(netuid, hotkey) => {
                (self.one("SubtensorModule.TotalHotkeyAlpha", &[hotkey.0.into(), netuid.into()]).await?, None)
            }
            Field::ValidatorTake(hotkey) => module(
                self.one("SubtensorModule.Delegates", &[hotkey.0.into()]).await?,
                "take / 65535; where no key is stored, the runtime's default holds",
            ),
            Field::ValidatorDividends(netuid, hotkey) => {
                let key = [netuid.into(), hotkey.0.into()];
                (self.one("SubtensorModule.AlphaDividendsPerSubnet", &key).await?, None)
            }
            Field::ValidatorStakeAfterEpoch(netuid, hotkey) => {
                let key = [hotkey.0.into(), netuid.into()];
                (self.one("SubtensorModule.TotalHotkeyAlphaLastEpoch", &key).await?, None)
            }
            Field::FreeBalance(account) => module(
                self.one("System.Account", &[account.into()]).await?,
                "the field `data.free` of the account",
            ),
            Field::Position(_, _, account) => module(
                alloc::vec![self.run_source(POSITIONS, &[account.into()]).await?],
                "the field `stake` of this validator and subnet, as the runtime values the account's share",
            ),
            Field::TotalIssuance => (self.one("SubtensorModule.TotalIssuance", &[]).await?, None),
        })
    }

    async fn one(&self, name: &'static str, parts: &[KeyPart]) -> Result<Vec<ProofSource>, ReadError> {
        let mut batch = Batch::new(self);
        let slot = batch.add(name, parts)?;
        Ok(batch.read().await?.source(slot).into_iter().collect())
    }

    async fn run_source(&self, name: &str, arguments: &[KeyPart]) -> Result<ProofSource, ReadError> {
        let (arguments, result) = self.run(name, arguments).await?;
        Ok(ProofSource::RuntimeCall { function: name.into(), arguments, result })
    }

    async fn epoch(&self, netuid: NetUid) -> Result<Proof, ReadError> {
        let mut batch = Batch::new(self);
        let slots = SubnetSlots::add(&mut batch, netuid)?;
        let answers = batch.read().await?;
        let formula = "LastEpochBlock + Tempo (or PendingEpochAt, if that is set and earlier) − this block; \
                       in runtimes without LastEpochBlock, Tempo − BlocksSinceLastStep";
        Ok((sources(&answers, &slots.epoch_inputs()), Some(formula.into())))
    }

    /// Every subnet's weight goes into the sum, so every subnet's inputs are shown.
    async fn emission_share(&self, netuid: NetUid) -> Result<Proof, ReadError> {
        let netuids = self.netuids().await?;
        let mut batch = Batch::new(self);
        let mut slots = Vec::new();
        for other in netuids {
            slots.push(SubnetSlots::add_emission(&mut batch, other)?);
        }
        let answers = batch.read().await?;
        // The shown subnet first.
        slots.sort_by_key(|slots| (slots.netuid != netuid, slots.netuid));
        let is_gated = self.metadata().entry("SubtensorModule", EMISSION_GATE).is_some();
        let mut all = Vec::new();
        for slots in &slots {
            if is_gated {
                all.extend(sources(&answers, &slots.given_inputs()));
            } else {
                all.extend(sources(&answers, &slots.emission_inputs()));
            }
        }
        let formula = if is_gated {
            "(SubnetTaoInEmission + SubnetExcessTao) / the sum of the same over all subnets"
        } else {
            "SubnetMovingPrice · (1 − MinerBurned) / the sum of the same over all subnets that may receive \
             emission"
        };
        // Computed once more, so that a sum that cannot be formed is not shown as proven.
        network::shares(self, &answers, &slots)?;
        Ok((all, Some(formula.into())))
    }
}

fn sources(answers: &Answers<'_>, slots: &[Slot]) -> Vec<ProofSource> {
    slots.iter().filter_map(|slot| answers.source(*slot)).collect()
}
