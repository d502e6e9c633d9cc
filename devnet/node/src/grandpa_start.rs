//! Starts GRANDPA with a set id that does not follow from genesis, as on Finney, where authority
//! sets were replaced by hand and one id was skipped. Nothing on chain tells a client that id: it
//! needs a checkpoint.

use crate::Error;
use codec::{Decode as _, Encode as _};
use sc_client_api::AuxStore;
use sc_consensus_grandpa::AuthoritySet;
use sp_consensus_grandpa::AuthorityList;
use sp_core::H256;

// Where and how `sc-consensus-grandpa` 0.45 keeps its state (its module `aux_schema`). The decode
// below and the test of the set id fail when that changes.
const VERSION_KEY: &[u8] = b"grandpa_schema_version";
const AUTHORITY_SET_KEY: &[u8] = b"grandpa_voters";
const VERSION: u32 = 3;

/// Writes the first authority set with `set_id`, unless the database already holds one.
///
/// The list of past changes gets the entry "the set before ended at genesis". Without it the node
/// would take its history for incomplete and refuse every warp proof.
pub fn seed_set_id(backend: &impl AuxStore, authorities: AuthorityList, set_id: u64) -> Result<(), Error> {
    if set_id == 0 || backend.get_aux(AUTHORITY_SET_KEY)?.is_some() {
        return Ok(());
    }
    // Current authorities, set id, no pending standard changes (an empty fork tree and no best
    // finalized number), no pending forced changes, past changes.
    let no_pending = (Vec::<u8>::new(), None::<u32>);
    let past_changes = vec![(set_id - 1, 0u32)];
    let encoded = (authorities, set_id, no_pending, Vec::<u8>::new(), past_changes).encode();
    AuthoritySet::<H256, u32>::decode(&mut encoded.as_slice())
        .map_err(|error| Error::Chain(format!("GRANDPA keeps its authority set differently: {error}")))?;
    backend.insert_aux(
        &[(VERSION_KEY, VERSION.encode().as_slice()), (AUTHORITY_SET_KEY, encoded.as_slice())],
        &[],
    )?;
    Ok(())
}
