//! The benchmark's program gives every figure that is documented.

#![allow(dead_code, reason = "the program's own entry is not called")]

#[path = "../examples/bench/main.rs"]
mod bench;

#[test]
#[cfg_attr(skip_gpu_tests, ignore = "LANTERN_SKIP_GPU_TESTS is set: no adapter here")]
fn every_documented_figure_is_there() {
    let options = "--shape demo --seconds 0.05 --runs 1 --only decode,cpu,pow";
    let options = bench::Options::parse(options.split(' ').map(str::to_owned)).unwrap();
    let result = futures::executor::block_on(bench::measure(&options)).unwrap();
    for key in ["adapter", "format"] {
        assert!(result[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {result:#}");
    }
    let figures = [
        "/copy_bytes_s",
        "/decode_tok_s/demo",
        "/prefill_tok_s/demo",
        "/bandwidth_share/demo",
        "/cpu_decode_tok_s/demo",
        "/prefill_tflops",
        "/dispatches_per_token",
        "/host_us_per_dispatch",
        "/pow_hashes_s",
        "/pow_cpu_hashes_s",
        "/pow_ratio",
        "/pow_int_op_share",
    ];
    for figure in figures {
        let value = result.pointer(figure).and_then(serde_json::Value::as_f64);
        assert!(value.is_some_and(|value| value.is_finite() && value > 0.0), "{figure}: {result:#}");
    }
}

#[test]
fn options_that_are_none_are_refused_with_a_list() {
    for (given, told) in [
        ("--shape 7b", "no such shape: 7b (there are demo, 15m, 135m, 360m, 1b)"),
        ("--format q2", "no such format: q2 (there are q8_0, f16, f32)"),
        ("--only all", "no such part: all (there are decode, cpu, gemv, pow)"),
        ("--seconds 0", "--seconds is not above 0 and at most 60"),
        ("--runs 0", "--runs is not in 1..=100"),
        ("--fast 1", "no such option: --fast"),
        ("--shape", "--shape needs a value"),
    ] {
        let error = bench::Options::parse(given.split(' ').map(str::to_owned)).err().unwrap();
        assert_eq!(error.to_string(), told);
    }
}
