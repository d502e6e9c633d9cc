use super::*;
use lantern_types::{Available, BlockHash, BlockRef, Finality, TaoBalance};
use lantern_worker_bridge::light_client::SavedState;

pub(crate) fn block(number: u32) -> BlockRef {
    BlockRef { number, hash: BlockHash([u8::try_from(number % 251).expect("small"); 32]) }
}

fn sync(stage: SyncStage, delay: Option<Delay>) -> LightClientEvent {
    LightClientEvent::Sync(SyncStatus {
        stage,
        stage_millis: 0,
        elapsed_millis: 0,
        delay,
        started_from: None,
        authority_set_changes: 0,
        peers: Vec::new(),
        undialable: Vec::new(),
        bytes_down: 0,
        bytes_up: 0,
        proofs_checked: 0,
        proofs_rejected: 0,
        memory_bytes: 0,
        saved: SavedState::Nothing,
    })
}

fn head(finalized: u32, best: u32) -> LightClientEvent {
    LightClientEvent::Head(ChainHead {
        chain: "Test".into(),
        genesis_hash: BlockHash::default(),
        finalized: block(finalized),
        best: block(best),
        spec_version: 475,
        extrinsics: Some(1),
    })
}

fn network(number: u32) -> LightClientEvent {
    LightClientEvent::Network(AtBlock {
        value: NetworkState {
            subnets: Vec::new(),
            total_issuance: Available::Value(TaoBalance::from_rao(1)),
            block_millis: Available::Value(1_000),
            spec_version: 475,
            proof_bytes: 10,
            read_millis: 1,
        },
        block: block(number),
        finality: Finality::Finalized,
    })
}

fn error(kind: ErrorKind) -> LightClientError {
    LightClientError { kind, message: String::new(), can_retry: true }
}

fn state_after(events: impl IntoIterator<Item = LightClientEvent>) -> ChainState {
    let mut state = ChainState::starting();
    for (now, event) in events.into_iter().enumerate() {
        state.apply(event, u64::try_from(now).expect("few events"));
    }
    state
}

#[test]
fn nothing_is_lit_before_the_head_is_verified() {
    let state = state_after([sync(SyncStage::Checking, None), head(7, 9), network(7)]);
    assert!(matches!(state.network, Loadable::Stale(_, StaleReason::Behind)));
}

#[test]
fn the_last_stage_lights_what_was_read_at_the_head() {
    let mut state = state_after([sync(SyncStage::Checking, None), head(7, 9), network(7)]);
    state.apply(sync(SyncStage::Verified, None), 9);
    assert!(state.network.is_ready());
    assert!(state.is_current());
}

#[test]
fn an_older_reading_stays_dim_until_it_is_read_again() {
    let mut state = state_after([
        sync(SyncStage::Checking, None),
        network(7),
        head(8, 9),
        sync(SyncStage::Verified, None),
    ]);
    assert!(!state.network.is_ready());
    state.apply(network(8), 9);
    assert!(state.network.is_ready());
}

#[test]
fn every_cause_of_standstill_dims_and_keeps_the_figures() {
    let causes = [
        Delay::NoPeerAnswers,
        Delay::NothingToDial,
        Delay::PeersStall,
        Delay::CheckpointRefused,
        Delay::FinalityStalls(60),
        Delay::Offline,
    ];
    for cause in causes {
        let mut state = state_after([sync(SyncStage::Verified, None), head(7, 7), network(7)]);
        assert!(state.network.is_ready());
        state.apply(sync(SyncStage::Verified, Some(cause.clone())), 9);
        assert!(!state.network.is_ready() && state.network.value().is_some(), "{cause:?}");
    }
}

#[test]
fn a_refused_proof_alone_does_not_dim_what_others_proved() {
    let state = state_after([
        sync(SyncStage::Verified, None),
        head(7, 7),
        network(7),
        sync(SyncStage::Verified, Some(Delay::FalseProof)),
    ]);
    assert!(state.network.is_ready());
}

#[test]
fn a_topic_that_fails_keeps_its_last_value_and_says_why() {
    let failure =
        || LightClientEvent::TopicFailed { topic: Topic::Network, error: error(ErrorKind::FalseData) };
    let state = state_after([sync(SyncStage::Verified, None), head(7, 7), network(7), failure()]);
    assert!(matches!(state.network, Loadable::Stale(_, StaleReason::Unread(_))));
    // Coming back to the head does not make an unread block read.
    let mut state = state;
    state.apply(sync(SyncStage::Verified, None), 9);
    assert!(!state.network.is_ready());

    let state = state_after([sync(SyncStage::Verified, None), failure()]);
    assert!(matches!(state.network, Loadable::Failed(_)));
}

#[test]
fn a_crash_dims_everything_and_forgets_the_peers() {
    let mut state = state_after([sync(SyncStage::Verified, None), head(7, 7), network(7)]);
    state.worker_stopped(ClientState::Restarting { cause: "unreachable".into(), attempt: 1 });
    assert!(state.network.value().is_some() && !state.network.is_ready());
    assert!(state.sync.is_none() && !state.is_current());
}

#[test]
fn a_failure_stands_although_reports_go_on() {
    let state = state_after([
        LightClientEvent::Failed(error(ErrorKind::CheckpointMismatch)),
        sync(SyncStage::FindingPeers, None),
    ]);
    assert!(matches!(state.client, ClientState::Failed(_)));
}

#[test]
fn the_age_of_finality_counts_from_the_finalized_block() {
    let state = state_after([head(7, 8), head(7, 9), head(8, 9), head(8, 10)]);
    assert_eq!(state.head.map(|seen| seen.finalized_at), Some(2));
}

#[test]
fn warnings_are_few_and_of_different_kinds() {
    let mut state = ChainState::starting();
    for kind in [
        ErrorKind::Timeout,
        ErrorKind::SavedStateDropped,
        ErrorKind::Timeout,
        ErrorKind::StorageUnavailable,
        ErrorKind::FalseData,
    ] {
        state.apply(LightClientEvent::Warning(error(kind)), 0);
    }
    let kinds: Vec<_> = state.warnings.iter().map(|warning| warning.kind).collect();
    assert_eq!(kinds, [ErrorKind::Timeout, ErrorKind::StorageUnavailable, ErrorKind::FalseData]);
    state.dismiss(ErrorKind::Timeout);
    assert_eq!(state.warnings.len(), 2);
}

#[test]
fn asking_never_throws_away_a_value() {
    let mut state = state_after([sync(SyncStage::Verified, None), head(7, 7), network(7)]);
    state.ask(Topic::Network);
    assert!(state.network.is_ready());
    state.ask(Topic::Subnet(NetUid(3)));
    assert_eq!(state.subnets.get(&NetUid(3)), Some(&Loadable::Loading));
}
