//! GRANDPA justifications: the signatures with which more than two thirds of a set finalized a block.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use ed25519_dalek::{Signature, VerifyingKey};
use parity_scale_codec::{Decode, Encode as _};

use super::header::{Authorities, Header};

/// The index of precommits among the messages that authorities sign.
const PRECOMMIT: u8 = 1;

/// A vote for a block, its signature and its signer.
type SignedPrecommit = (([u8; 32], u32), [u8; 64], [u8; 32]);

/// What an authority set signed to finalize a block.
pub struct Justification {
    round: u64,
    /// The finalized block.
    pub target: ([u8; 32], u32),
    precommits: Vec<SignedPrecommit>,
    ancestries: Vec<Header>,
}

impl Justification {
    /// Decodes a justification as nodes store it.
    pub fn decode(mut bytes: &[u8]) -> Result<Self> {
        let (round, target, precommits, ancestries) =
            Decode::decode(&mut bytes).context("it does not decode")?;
        ensure!(bytes.is_empty(), "it is too long");
        Ok(Self { round, target, precommits, ancestries })
    }

    /// Decodes the finality proof that holds the justification.
    pub fn from_finality_proof(mut bytes: &[u8]) -> Result<Self> {
        // The headers that follow are those between the block asked for and the one proven.
        let (_block, justification) = <([u8; 32], Vec<u8>)>::decode(&mut bytes)?;
        Self::decode(&justification)
    }

    /// Fails unless more than two thirds of the set's weight signed for the target or a descendant of it.
    pub fn verify(&self, set_id: u64, authorities: &Authorities) -> Result<()> {
        let weights: BTreeMap<[u8; 32], u64> = authorities.iter().copied().collect();
        let total: u64 = authorities.iter().map(|(_, weight)| *weight).sum();
        ensure!(total > 0, "the set has no weight");
        let parents: BTreeMap<[u8; 32], ([u8; 32], u32)> =
            self.ancestries.iter().map(|header| (header.hash(), (header.parent, header.number))).collect();
        let mut voted = BTreeSet::new();
        let mut weight = 0_u64;
        for (vote, signature, signer) in &self.precommits {
            let own = weights.get(signer).context("somebody outside of the set signed")?;
            ensure!(self.descends(*vote, &parents), "a vote is for another branch");
            let message = (PRECOMMIT, vote, self.round, set_id).encode();
            let key = VerifyingKey::from_bytes(signer).context("a signer's key is not a key")?;
            key.verify_strict(&message, &Signature::from_bytes(signature))
                .context("a signature does not fit the set id and the vote")?;
            if voted.insert(*signer) {
                weight += own;
            }
        }
        let needed = total - (total - 1) / 3;
        ensure!(weight >= needed, "{weight} of {total} signed, {needed} are needed");
        Ok(())
    }

    /// Whether a voted block is the target, or leads back to it through the headers at hand.
    fn descends(&self, vote: ([u8; 32], u32), parents: &BTreeMap<[u8; 32], ([u8; 32], u32)>) -> bool {
        let mut at = vote.0;
        let mut steps = 0;
        while at != self.target.0 {
            let Some((parent, _)) = parents.get(&at).filter(|_| steps < parents.len()) else { return false };
            at = *parent;
            steps += 1;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};

    use super::{super::header::tests::header, *};

    const SET: u64 = 7;

    fn keys(count: u8) -> Vec<SigningKey> {
        (1..=count).map(|seed| SigningKey::from_bytes(&[seed; 32])).collect()
    }

    fn authorities(keys: &[SigningKey]) -> Authorities {
        keys.iter().map(|key| (key.verifying_key().to_bytes(), 1)).collect()
    }

    fn signed(
        votes: &[(&SigningKey, ([u8; 32], u32))],
        target: ([u8; 32], u32),
        ancestries: Vec<Header>,
    ) -> Justification {
        let round = 3;
        let precommits = votes
            .iter()
            .map(|(key, vote)| {
                let message = (PRECOMMIT, vote, round, SET).encode();
                (*vote, key.sign(&message).to_bytes(), key.verifying_key().to_bytes())
            })
            .collect();
        Justification { round, target, precommits, ancestries }
    }

    #[test]
    fn three_of_four_suffice_and_two_do_not() {
        let keys = keys(4);
        let target = ([9; 32], 10);
        let votes: Vec<_> = keys.iter().map(|key| (key, target)).collect();
        let set = authorities(&keys);
        assert!(signed(&votes[..3], target, vec![]).verify(SET, &set).is_ok());
        assert!(signed(&votes[..2], target, vec![]).verify(SET, &set).is_err());
        // One who votes three times is still one.
        assert!(signed(&[votes[0], votes[0], votes[0]], target, vec![]).verify(SET, &set).is_err());
    }

    #[test]
    fn wrong_set_signer_or_byte_is_refused() {
        let keys = keys(4);
        let target = ([9; 32], 10);
        let votes: Vec<_> = keys.iter().map(|key| (key, target)).collect();
        let good = signed(&votes, target, vec![]);
        assert!(good.verify(SET, &authorities(&keys)).is_ok());
        assert!(good.verify(SET + 1, &authorities(&keys)).is_err());
        assert!(good.verify(SET, &authorities(&keys[..3])).is_err());
        let mut flipped = signed(&votes, target, vec![]);
        flipped.precommits[2].1[5] ^= 1;
        assert!(flipped.verify(SET, &authorities(&keys)).is_err());
    }

    #[test]
    fn votes_for_descendants_count_and_for_others_do_not() {
        let keys = keys(1);
        let parent = header(10, [0; 32], None);
        let child = header(11, parent.hash(), None);
        let target = (parent.hash(), 10);
        let vote = (child.hash(), 11);
        let set = authorities(&keys);
        assert!(signed(&[(&keys[0], vote)], target, vec![child]).verify(SET, &set).is_ok());
        assert!(signed(&[(&keys[0], vote)], target, vec![]).verify(SET, &set).is_err());
    }
}
