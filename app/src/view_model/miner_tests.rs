//! What the miner's page prints.

use super::*;
use lantern_worker_bridge::miner::{AdapterReport, GenerateReport, PowWork, SolveProgress};

fn report() -> DeviceReport {
    DeviceReport {
        tier: Tier::SoftwareGpu,
        gpu_problem: None,
        adapter: Some(AdapterReport {
            name: String::new(),
            driver: String::new(),
            backend: "webgpu".into(),
            is_software: true,
            max_buffer_bytes: 2_147_483_648,
            max_binding_bytes: 134_217_728,
            max_workgroup_bytes: 16_384,
            max_invocations: 256,
            has_f16: true,
            has_subgroups: false,
        }),
        checks: vec![
            KernelCheck { kernel: "decoder".into(), difference: 1e-5, allowed: 1e-3 },
            KernelCheck { kernel: "copy".into(), difference: 0.0, allowed: 0.0 },
        ],
        copy_bytes_per_second: Some(12_300_000_000.0),
        round_trip_seconds: Some(0.0021),
        variants: Vec::new(),
    }
}

fn value(lines: &[Line], name: &str) -> String {
    lines.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()).unwrap_or_default()
}

fn search_at(expected: f64) -> Search {
    Search {
        job: 1,
        work: PowWork {
            netuid: 1,
            block: 1,
            block_hash: [0; 32],
            hotkey: [0; 32],
            coldkey: [0; 32],
            difficulty: 10_000_000,
        },
        progress: Some(SolveProgress {
            place: Place::Cpu,
            hashes: 1_500_000,
            hashes_per_second: 1_234_567.0,
            expected_seconds: Some(expected),
            elapsed_seconds: 1.2,
            busy_seconds: 0.6,
            block: 1,
        }),
        solution: None,
        is_paused: false,
        is_running: true,
    }
}

#[test]
fn a_software_adapter_without_a_name_is_called_software() {
    let lines = device(&report());
    assert_eq!(value(&lines, "Adapter"), "software");
    assert_eq!(value(&lines, "Largest buffer"), "2.1 GB");
    assert_eq!(value(&lines, "Copy bandwidth, measured"), "12.3 GB/s");
    assert_eq!(value(&lines, "Trip to the device and back"), "2.1 ms");
}

#[test]
fn the_tier_says_why() {
    let report = DeviceReport {
        tier: Tier::Cpu,
        gpu_problem: Some("no adapter".into()),
        adapter: None,
        checks: Vec::new(),
        ..report()
    };
    assert_eq!(tier(&report), ("CPU", "The graphics device is not used: no adapter.".to_owned()));
    assert!(self_test(&report).starts_with("not run"));
}

#[test]
fn one_wrong_kernel_fails_the_self_test() {
    let mut report = report();
    let drawn = checks(&report);
    assert!(drawn.contains("<b>decoder</b><span>differs by 1.0e-5, allowed 1e-3</span>"), "{drawn}");
    assert!(drawn.contains("<b>copy</b><span>equal bit for bit</span>") && !drawn.contains("bad"), "{drawn}");
    assert_eq!(self_test(&report), "passed: 2 of 2 kernels agree with the CPU");
    if let Some(check) = report.checks.first_mut() {
        check.difference = 0.5;
    }
    assert_eq!(self_test(&report), "failed: 1 of 2 kernels agree with the CPU");
    assert_eq!(checks(&report).matches("class=\"bad\"").count(), 1);
    // A number that is none must not count as agreement.
    if let Some(check) = report.checks.first_mut() {
        check.difference = f64::NAN;
    }
    assert_eq!(self_test(&report), "failed: 1 of 2 kernels agree with the CPU");
}

#[test]
fn progress_tells_rate_and_time_left() {
    let half = Loading {
        job: 1,
        loaded_bytes: 1_000_000,
        total_bytes: 2_000_000,
        kept_bytes: 0,
        bytes_per_second: 500_000.0,
    };
    assert_eq!(loading(&half), "1.0 MB of 2.0 MB, 500 kB/s, 2.0 s left");
    let none = Loading { loaded_bytes: 0, ..half };
    assert_eq!(loading(&none), "Asking for the model …");
}

#[test]
fn rates_of_a_text_are_told_once_they_are_known() {
    let mut text = Writing {
        job: 1,
        prompt: String::new(),
        text: String::new(),
        tokens: 0,
        read_per_second: None,
        bandwidth_share: None,
        tokens_per_second: None,
        report: None,
        is_running: true,
    };
    assert_eq!(value(&writing(&text), "Reading the prompt"), "not measured yet");
    text.report = Some(GenerateReport {
        end: TextEnd::TokenLimit,
        prompt_tokens: 32,
        tokens: 64,
        prefill_seconds: 0.25,
        decode_seconds: 2.0,
        bandwidth_share: Some(0.123),
        digest: None,
    });
    text.tokens_per_second = Some(32.0);
    let lines = writing(&text);
    assert_eq!(value(&lines, "Reading the prompt"), "128 tokens/s");
    assert_eq!(value(&lines, "Writing"), "32.0 tokens/s");
    assert_eq!(value(&lines, "Share of the limit"), "12.3 % of the measured copy bandwidth");
}

#[test]
fn a_search_tells_its_rate_and_when_it_is_out_of_reach() {
    let near = search_at(8.1);
    assert_eq!(value(&search(&near), "Rate"), "1.23 MH/s");
    assert_eq!(value(&search(&near), "Expected time at this rate"), "8.1 s");
    assert_eq!(value(&search(&near), "Energy, guessed"), "0.01 Wh at 30 W while busy");
    assert!(!is_out_of_reach(&near));
    let far = search_at(1e12);
    assert_eq!(value(&search(&far), "Expected time at this rate"), "more than ten years");
    assert!(is_out_of_reach(&far));
}

#[test]
fn a_difficulty_is_a_whole_number_above_zero() {
    assert_eq!(difficulty(" 10 000 "), Ok(10_000));
    assert_eq!(difficulty("18446744073709551615"), Ok(u64::MAX));
    for text in ["", "0", "-1", "1.5", "18446744073709551616", "ten"] {
        assert!(difficulty(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_kept_is_told_with_its_size_and_the_room_that_is_left() {
    let model = KeptModel { model: "/m".into(), name: "m".into(), bytes: 1_000_000, total_bytes: 2_000_000 };
    assert_eq!(kept_size(&model), "1.0 MB of 2.0 MB, the rest is downloaded when you load it");
    assert_eq!(kept_size(&KeptModel { bytes: 2_000_000, ..model.clone() }), "2.0 MB");
    let report = KeptReport { place: KeepPlace::Files, models: vec![model], free_bytes: Some(5_000_000) };
    assert_eq!(kept(&report), "Kept for the next visit. There is room for 5.0 MB more.");
    let nowhere = KeptReport { place: KeepPlace::Nowhere("private window".into()), ..report };
    assert_eq!(kept(&nowhere), "Models are downloaded at each visit: private window.");
}
