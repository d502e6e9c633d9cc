//! What the miner's state makes of events.

use super::*;
use lantern_worker_bridge::miner::{EmbedReport, Likeness, MinerErrorKind};

fn text(job: JobId, piece: &str, tokens: u32) -> MinerEvent {
    MinerEvent::Text {
        job,
        piece: piece.into(),
        tokens,
        prefill_tokens_per_second: Some(90.0),
        decode_tokens_per_second: 20.0,
        bandwidth_share: None,
    }
}

fn report(end: TextEnd) -> GenerateReport {
    GenerateReport {
        end,
        prompt_tokens: 4,
        tokens: 7,
        prefill_seconds: 0.5,
        decode_seconds: 1.0,
        bandwidth_share: None,
        digest: None,
    }
}

fn solution() -> PowSolution {
    PowSolution {
        place: Place::Cpu,
        block: 1,
        nonce: 2,
        seal: [3; 32],
        hashes: 4,
        elapsed_millis: 5,
        busy_millis: 4,
    }
}

fn work() -> PowWork {
    let key = |byte| [byte; 32];
    PowWork { netuid: 1, block: 2, block_hash: key(3), hotkey: key(4), coldkey: key(5), difficulty: 10 }
}

fn model() -> ModelReport {
    ModelReport {
        name: "demo".into(),
        licence: "GPL".into(),
        sha256: String::new(),
        parameters: 1,
        weight_bytes: 2,
        context: 3,
        dispatches_per_token: 0,
        place: Place::Cpu,
        gpu_tokens_per_second: None,
        cpu_tokens_per_second: Some(9.0),
        gpu_problem: None,
        digest: None,
    }
}

fn failed(job: JobId) -> MinerEvent {
    MinerEvent::Failed { job, error: MinerError { kind: MinerErrorKind::Fetch, message: "404".into() } }
}

#[test]
fn a_text_is_joined_from_its_pieces_and_ends_with_its_report() {
    let mut state = MinerState::default();
    let job = state.next_job();
    state.begin_text(job, "Once".into());
    assert_eq!(state.apply(text(job, " upon", 5)), None);
    assert_eq!(state.apply(text(job, " a time", 7)), None);
    let ended = state.apply(MinerEvent::Generated { job, report: report(TextEnd::TokenLimit) });
    assert_eq!(ended, Some(News::Written(7)));
    let writing = state.writing.expect("a text");
    assert_eq!((writing.text.as_str(), writing.is_running), (" upon a time", false));
}

#[test]
fn a_text_that_the_user_stops_is_no_news() {
    let mut state = MinerState::default();
    let job = state.next_job();
    state.begin_text(job, String::new());
    assert_eq!(state.apply(MinerEvent::Generated { job, report: report(TextEnd::Stopped) }), None);
    assert!(state.jobs().is_empty());
}

#[test]
fn news_of_an_earlier_job_changes_nothing() {
    let mut state = MinerState::default();
    let (old, new) = (state.next_job(), state.next_job());
    state.begin_text(new, String::new());
    state.begin_search(state.last_job, work());
    let before = state.clone();
    state.apply(text(old, "ghost", 1));
    state.apply(MinerEvent::Solved { job: old, solution: solution() });
    state.apply(failed(old));
    state.apply(MinerEvent::Loaded { job: old, model: model() });
    assert_eq!(state, before);
}

#[test]
fn a_model_arrives_or_its_failure_is_kept_in_words() {
    let mut state = MinerState::default();
    let job = state.next_job();
    state.begin_load(job);
    let progress = MinerEvent::LoadProgress {
        job,
        loaded_bytes: 5,
        total_bytes: 10,
        kept_bytes: 5,
        bytes_per_second: 2.5,
    };
    assert_eq!(state.apply(progress), None);
    assert_eq!(state.loading.map(|loading| loading.loaded_bytes), Some(5));
    assert_eq!(state.apply(failed(job)), Some(News::Failed));
    assert!(matches!(state.load_problem, Some(Problem::Miner(_))));
    assert_eq!(state.loading, None);
    let job = state.next_job();
    state.begin_load(job);
    assert_eq!(state.load_problem, None, "a new attempt forgets the old failure");
    assert_eq!(state.apply(MinerEvent::Loaded { job, model: model() }), Some(News::Loaded));
    assert_eq!((state.loading, state.model), (None, Some(model())));
}

#[test]
fn a_load_that_is_stopped_leaves_the_model_before_in_place() {
    let mut state = MinerState { model: Some(model()), ..MinerState::default() };
    let job = state.next_job();
    state.begin_load(job);
    state.apply(MinerEvent::Stopped { job });
    assert_eq!((state.loading, state.model), (None, Some(model())));
}

#[test]
fn work_is_held_out_of_sight_and_on_battery_unless_the_user_allows_it() {
    let mut state = MinerState::default();
    let (written, searched) = (state.next_job(), state.next_job());
    state.begin_text(written, String::new());
    state.begin_search(searched, work());
    assert_eq!(state.jobs(), vec![(written, false), (searched, false)]);
    state.is_hidden = true;
    assert_eq!(state.hold(), Some(Hold::Hidden));
    assert_eq!(state.jobs(), vec![(written, true), (searched, true)]);
    state.limits.pauses_when_hidden = false;
    state.is_on_battery = Some(true);
    assert_eq!(state.hold(), Some(Hold::Battery));
    state.limits.pauses_on_battery = false;
    assert_eq!(state.hold(), None);
    if let Some(search) = &mut state.search {
        search.is_paused = true;
    }
    assert_eq!(state.jobs(), vec![(written, false), (searched, true)]);
}

#[test]
fn a_crash_takes_model_and_work_but_not_what_was_found() {
    let mut state = MinerState { model: Some(model()), ..MinerState::default() };
    let (written, searched) = (state.next_job(), state.next_job());
    state.begin_text(written, String::new());
    state.apply(text(written, "kept", 1));
    state.begin_search(searched, work());
    state.apply(MinerEvent::Solved { job: searched, solution: solution() });
    state.stopped(Problem::MinerStopped { detail: "panic".into() });
    assert_eq!((state.model.is_none(), state.jobs().is_empty()), (true, true));
    assert_eq!(state.writing.as_ref().map(|writing| writing.text.as_str()), Some("kept"));
    assert_eq!(state.search.as_ref().and_then(|search| search.solution.clone()), Some(solution()));
    state.checking();
    assert_eq!(state.engine, Engine::Checking);
}

#[test]
fn a_ranking_waits_for_its_encoder_and_ends_with_its_order() {
    let mut state = MinerState::default();
    let job = state.next_job();
    state.begin_ranking(Ranking::new(job, "q".into(), vec!["a".into(), "b".into()]));
    assert_eq!(state.jobs(), [(job, false)]);
    let progress = |job| MinerEvent::LoadProgress {
        job,
        loaded_bytes: 3,
        total_bytes: 9,
        kept_bytes: 0,
        bytes_per_second: 1.0,
    };
    assert_eq!(state.apply(progress(job)), None);
    assert_eq!(state.apply(progress(job + 7)), None);
    let loaded =
        |state: &MinerState| state.ranking.as_ref().unwrap().loading.map(|loading| loading.loaded_bytes);
    assert_eq!((loaded(&state), state.loading), (Some(3), None));
    let order = vec![Likeness { index: 1, cosine: 0.5 }, Likeness { index: 0, cosine: 0.1 }];
    let report = EmbedReport { tokens: 9, cut_texts: 0, seconds: 0.1 };
    let ranked = MinerEvent::Ranked { job, order: order.clone(), report };
    assert_eq!(state.apply(ranked), Some(News::Ranked));
    let ranking = state.ranking.clone().unwrap();
    assert_eq!((ranking.order, ranking.is_running), (order, false));
    assert!(state.jobs().is_empty());
}

#[test]
fn a_ranking_that_fails_or_loses_its_worker_ends() {
    let mut state = MinerState::default();
    let job = state.next_job();
    state.begin_ranking(Ranking::new(job, String::new(), Vec::new()));
    assert_eq!(state.apply(failed(job)), Some(News::Failed));
    assert!(state.rank_problem.is_some() && state.load_problem.is_none() && state.jobs().is_empty());
    state.begin_ranking(Ranking::new(job + 1, String::new(), Vec::new()));
    assert!(state.rank_problem.is_none());
    state.stopped(Problem::DifferentBuilds);
    assert!(state.encoder.is_none() && state.jobs().is_empty());
}

#[test]
fn a_benchmark_tells_its_steps_and_ends_with_a_report() {
    let mut state = MinerState::default();
    let job = state.next_job();
    state.begin_benchmark(job);
    assert_eq!(state.jobs(), vec![(job, false)]);
    state.apply(MinerEvent::BenchmarkProgress { job, stage: "the model".into(), done: 1, steps: 4 });
    assert_eq!(state.benchmark.as_ref().map(|work| work.stage.clone()), Some(("the model".into(), 1, 4)));
    assert_eq!(state.apply(failed(job)), Some(News::Failed));
    let benchmark = state.benchmark.expect("a benchmark");
    assert!(benchmark.problem.is_some() && !benchmark.is_running);
}

#[test]
fn why_a_download_is_not_kept_stays_until_the_next_load() {
    let mut state = MinerState::default();
    let job = state.next_job();
    state.begin_load(job);
    state.apply(MinerEvent::NotKept { job, reason: "no room".into() });
    state.apply(MinerEvent::Loaded { job, model: model() });
    assert_eq!(state.not_kept.as_deref(), Some("no room"));
    state.begin_load(job + 1);
    assert_eq!(state.not_kept, None);
}

#[test]
fn a_text_that_waits_for_a_model_is_dropped_with_its_load() {
    for ends in [MinerEvent::Stopped { job: 1 }, failed(1)] {
        let mut state = MinerState::default();
        let job = state.next_job();
        state.waiting_text = Some(("The chain".into(), 300));
        state.begin_load(job);
        state.apply(ends);
        assert_eq!(state.waiting_text, None);
    }
    let mut state = MinerState { waiting_text: Some(("The chain".into(), 300)), ..MinerState::default() };
    state.checking();
    assert_eq!(state.waiting_text, None);
    state.waiting_text = Some(("The chain".into(), 300));
    let job = state.next_job();
    state.begin_load(job);
    state.apply(MinerEvent::Loaded { job, model: model() });
    assert!(state.waiting_text.is_some(), "the store writes it");
}

#[test]
fn speed_is_what_was_done_since_the_news_before() {
    let mut state = MinerState::default();
    let (written, searched) = (state.next_job(), state.next_job());
    let tell = |job, tokens, rate| MinerEvent::Text {
        job,
        piece: String::new(),
        tokens,
        prefill_tokens_per_second: None,
        decode_tokens_per_second: rate,
        bandwidth_share: None,
    };
    let rates = |state: &MinerState, kind| -> Vec<Option<f64>> {
        let rounded = |rate: Option<f64>| rate.map(f64::round);
        state.speed.course(kind).spans().iter().map(|span| rounded(span.rate())).collect()
    };
    state.begin_text(written, String::new());
    state.tick(1_000);
    state.apply(tell(written, 0, 0.0));
    state.apply(tell(written, 10, 100.0));
    state.tick(3_000);
    // 30 tokens in 0.6 s, of which the first 10 took 0.1 s.
    state.apply(tell(written, 30, 50.0));
    assert_eq!(rates(&state, Kind::Writing), [Some(100.0), Some(40.0)]);
    let progress = |hashes, elapsed_seconds| SolveProgress {
        place: Place::Cpu,
        hashes,
        hashes_per_second: 0.0,
        expected_seconds: None,
        elapsed_seconds,
        busy_seconds: elapsed_seconds,
        block: 1,
    };
    state.begin_search(searched, work());
    state.apply(MinerEvent::SolveProgress { job: searched, progress: progress(500, 0.5) });
    state.tick(5_000);
    state.apply(MinerEvent::SolveProgress { job: searched, progress: progress(1_500, 1.0) });
    state.search.as_mut().unwrap().is_paused = true;
    state.tick(6_000);
    state.tick(8_000);
    assert_eq!(rates(&state, Kind::Searching), [Some(1_000.0), Some(2_000.0), None, None]);
    let held: Vec<bool> =
        state.speed.course(Kind::Searching).spans().iter().map(|span| span.is_held).collect();
    assert_eq!(held, [false, false, true, true]);
    let solution = PowSolution { hashes: 1_800, elapsed_millis: 1_100, ..solution() };
    state.apply(MinerEvent::Solved { job: searched, solution });
    assert_eq!(rates(&state, Kind::Searching).last(), Some(&Some(3_000.0)));
}

fn deeds(state: &MinerState) -> Vec<(&'static str, Check)> {
    let name = |receipt: &Receipt| match &receipt.deed {
        Deed::Text { .. } => "text",
        Deed::Ranking { .. } => "ranking",
        Deed::Search { solution: Some(_), .. } => "seal",
        Deed::Search { solution: None, .. } => "search",
    };
    state.receipts.all().iter().map(|receipt| (name(receipt), receipt.check)).collect()
}

#[test]
fn what_has_ended_leaves_a_receipt() {
    let mut state = MinerState { model: Some(model()), wall_clock: 77, ..MinerState::default() };
    state.begin_text(1, "Once".into());
    state.apply(MinerEvent::Generated { job: 1, report: report(TextEnd::Stopped) });
    state.begin_ranking(Ranking::new(2, String::new(), vec![String::new()]));
    let order = vec![Likeness { index: 0, cosine: 0.5 }];
    state.apply(MinerEvent::Ranked {
        job: 2,
        order,
        report: EmbedReport { tokens: 1, cut_texts: 0, seconds: 0.1 },
    });
    state.begin_search(3, work());
    state.apply(MinerEvent::Solved { job: 3, solution: solution() });
    // Stopped before the first news, nothing is known of it.
    state.begin_search(4, work());
    state.apply(MinerEvent::Stopped { job: 4 });
    state.begin_search(5, work());
    let progress = SolveProgress {
        place: Place::Cpu,
        hashes: 9,
        hashes_per_second: 1.0,
        expected_seconds: None,
        elapsed_seconds: 2.0,
        busy_seconds: 1.0,
        block: 1,
    };
    state.apply(MinerEvent::SolveProgress { job: 5, progress });
    state.apply(MinerEvent::Stopped { job: 5 });
    // A text that failed is none.
    state.begin_text(6, String::new());
    state.apply(failed(6));
    let none = Check::None;
    assert_eq!(deeds(&state), [("search", none), ("seal", Check::Passed), ("ranking", none), ("text", none)]);
    let times: Vec<(u64, f64)> =
        state.receipts.all().iter().map(|receipt| (receipt.ended_at, receipt.device_seconds)).collect();
    assert_eq!(times, [(77, 1.0), (77, 0.004), (77, 0.1), (77, 1.5)]);
}

#[test]
fn a_text_that_is_checked_is_not_the_text_on_the_page() {
    let exact = || GenerateReport { digest: Some([7; 32]), ..report(TextEnd::TokenLimit) };
    let checked = |end: MinerEvent| {
        let mut state = MinerState {
            model: Some(ModelReport { digest: Some([1; 32]), ..model() }),
            ..MinerState::default()
        };
        state.begin_text(1, "Once".into());
        state.apply(text(1, " upon", 1));
        state.apply(MinerEvent::Generated { job: 1, report: exact() });
        state.begin_check(1, 9);
        assert_eq!(state.jobs(), vec![(9, false)]);
        state.apply(text(9, " another", 1));
        let news = state.apply(end);
        assert_eq!(state.writing.as_ref().map(|writing| writing.text.as_str()), Some(" upon"));
        assert!(state.jobs().is_empty());
        (news, deeds(&state), state.check_problem.is_some())
    };
    let ended = |report| checked(MinerEvent::Generated { job: 9, report });
    assert_eq!(ended(exact()), (Some(News::Checked(true)), vec![("text", Check::Passed)], false));
    let other = GenerateReport { digest: Some([8; 32]), ..exact() };
    assert_eq!(ended(other), (Some(News::Checked(false)), vec![("text", Check::Rejected)], false));
    let short = GenerateReport { end: TextEnd::Stopped, ..exact() };
    assert_eq!(ended(short), (None, vec![("text", Check::None)], false));
    assert_eq!(checked(MinerEvent::Stopped { job: 9 }), (None, vec![("text", Check::None)], false));
    assert_eq!(checked(failed(9)), (Some(News::Failed), vec![("text", Check::None)], true));
}

#[test]
fn a_text_that_fails_keeps_what_was_written() {
    let mut state = MinerState::default();
    state.begin_text(1, "Once".into());
    state.apply(text(1, " upon", 1));
    let error =
        MinerError { kind: MinerErrorKind::OutOfMemory, message: "the device is out of memory".into() };
    assert_eq!(state.apply(MinerEvent::Failed { job: 1, error }), Some(News::Failed));
    assert_eq!(state.writing.as_ref().map(|writing| writing.text.as_str()), Some(" upon"));
    assert!(state.write_problem.is_some() && state.jobs().is_empty());
}
