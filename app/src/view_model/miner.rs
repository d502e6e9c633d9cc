//! What the miner's page prints: the device, rates, expected times.

use crate::state::miner::{Hold, Loading, News, Search, Writing};
use lantern_types::format;
use lantern_worker_bridge::miner::{
    DeviceReport, KeepPlace, KeptModel, KeptReport, KernelCheck, ModelReport, Place, PowSolution, TextEnd,
    Tier,
};

/// A name and what it says.
pub type Line = (&'static str, String);

/// Where a search takes longer than this on average, it is said to be out of reach.
const OUT_OF_REACH_SECONDS: f64 = 30.0 * 86_400.0;

/// What a device is taken to draw while it is busy: between a telephone's few and a large card's few hundred.
const GUESSED_WATTS: f64 = 30.0;

/// The chosen tier and why it was chosen.
#[must_use]
pub fn tier(report: &DeviceReport) -> (&'static str, String) {
    match report.tier {
        Tier::Gpu => (
            "Graphics device",
            "Its numbers agree with the CPU's. Each job still runs where it was measured to be faster.".to_owned(),
        ),
        Tier::SoftwareGpu => (
            "Software graphics",
            "The browser computes graphics work on the CPU: right, but slow. Each job runs where it was measured to be faster.".to_owned(),
        ),
        Tier::Cpu => {
            let why = report.gpu_problem.as_deref().unwrap_or("no graphics device answered");
            ("CPU", format!("The graphics device is not used: {why}."))
        }
    }
}

/// What the device can do.
#[must_use]
pub fn device(report: &DeviceReport) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(adapter) = &report.adapter {
        let hidden = if adapter.is_software { "software" } else { "not told by the browser" };
        let name = if adapter.name.is_empty() { hidden } else { &adapter.name };
        lines.push(("Adapter", name.to_owned()));
        if !adapter.driver.is_empty() {
            lines.push(("Driver", adapter.driver.clone()));
        }
        lines.push(("Interface", adapter.backend.clone()));
        lines.push(("Largest buffer", format::bytes(adapter.max_buffer_bytes)));
        lines.push(("Largest binding", format::bytes(adapter.max_binding_bytes)));
        lines.push(("Workgroup memory", format::bytes(u64::from(adapter.max_workgroup_bytes))));
        lines.push(("Invocations in a workgroup", format::integer(u64::from(adapter.max_invocations))));
        lines.push(("16-bit floats", yes(adapter.has_f16)));
        lines.push(("Subgroups", yes(adapter.has_subgroups)));
    } else {
        lines.push(("Adapter", "none".to_owned()));
    }
    if let Some(rate) = report.copy_bytes_per_second {
        lines.push(("Copy bandwidth, measured", bytes_per_second(rate)));
    }
    if let Some(seconds) = report.round_trip_seconds {
        lines.push(("Trip to the device and back", time(seconds)));
    }
    lines
}

/// The self-test in one sentence.
#[must_use]
pub fn self_test(report: &DeviceReport) -> String {
    let passed = report.checks.iter().filter(|check| check.passed()).count();
    match report.checks.len() {
        0 => "not run: there is no graphics device to check".to_owned(),
        all if passed == all => format!("passed: {all} of {all} kernels agree with the CPU"),
        all => format!("failed: {passed} of {all} kernels agree with the CPU"),
    }
}

/// Each kernel of the self-test as markup: the names are the worker's own.
#[must_use]
pub fn checks(report: &DeviceReport) -> String {
    let line = |check: &KernelCheck| {
        let words = match (check.allowed == 0.0, check.passed()) {
            (true, true) => "equal bit for bit".to_owned(),
            (true, false) => "differs".to_owned(),
            (false, _) => format!("differs by {:.1e}, allowed {:.0e}", check.difference, check.allowed),
        };
        let (class, icon) = if check.passed() { ("", "check") } else { ("bad", "bad") };
        format!(
            r##"<li class="{class}"><svg class="i" viewBox="0 0 16 16" aria-hidden="true"><use href="#i-{icon}"/></svg><b>{}</b><span>{words}</span></li>"##,
            check.kernel
        )
    };
    report.checks.iter().map(line).collect()
}

/// How far a model has come.
#[must_use]
pub fn loading(loading: &Loading) -> String {
    if loading.loaded_bytes == 0 {
        return "Asking for the model …".to_owned();
    }
    let (done, all) = (format::bytes(loading.loaded_bytes), format::bytes(loading.total_bytes));
    let rate = format::bytes(whole(loading.bytes_per_second));
    let left = loading.total_bytes.saturating_sub(loading.loaded_bytes);
    if left == 0 {
        return format!("{all} at {rate}/s, trying where it runs faster …");
    }
    if loading.bytes_per_second <= 0.0 {
        return format!("{done} of {all}");
    }
    #[allow(clippy::cast_precision_loss, reason = "an estimate in seconds")]
    let seconds = left as f64 / loading.bytes_per_second;
    let kept = if loading.kept_bytes == loading.loaded_bytes { " from this device" } else { "" };
    format!("{done} of {all}{kept}, {rate}/s, {} left", time(seconds))
}

/// What is kept, or why nothing is.
#[must_use]
pub fn kept(report: &KeptReport) -> String {
    let free = report.free_bytes.map(|free| format!(" There is room for {} more.", format::bytes(free)));
    match &report.place {
        KeepPlace::Nowhere(why) => format!("Models are downloaded at each visit: {why}."),
        _ if report.models.is_empty() => {
            format!("No model is kept yet.{}", free.unwrap_or_default())
        }
        _ => format!("Kept for the next visit.{}", free.unwrap_or_default()),
    }
}

/// How much of a model is kept.
#[must_use]
pub fn kept_size(model: &KeptModel) -> String {
    let all = format::bytes(model.total_bytes);
    if model.bytes >= model.total_bytes {
        all
    } else {
        format!("{} of {all}, the rest is downloaded when you load it", format::bytes(model.bytes))
    }
}

/// What was loaded.
#[must_use]
pub fn model(model: &ModelReport) -> Vec<Line> {
    let mut lines = vec![
        ("Model", model.name.clone()),
        ("Licence", model.licence.clone()),
        (
            "Weights",
            format!("{} in {}", format::integer(model.parameters), format::bytes(model.weight_bytes)),
        ),
        ("Context", format!("{} tokens", format::integer(u64::from(model.context)))),
        ("Arithmetic", if model.digest.is_some() { "integers, bit-exact" } else { "floats" }.to_owned()),
        ("Runs on", place(model.place).to_owned()),
    ];
    lines.extend(model.gpu_problem.clone().map(|why| ("Not on the graphics device", why)));
    for (name, rate) in [
        ("Tried on the graphics device", model.gpu_tokens_per_second),
        ("Tried on the CPU", model.cpu_tokens_per_second),
    ] {
        lines.extend(rate.map(|rate| (name, tokens_per_second(rate))));
    }
    lines
}

/// How a text goes or went.
#[must_use]
pub fn writing(writing: &Writing) -> Vec<Line> {
    let mut lines = vec![("Tokens", format::integer(u64::from(writing.tokens)))];
    let report = writing.report.as_ref();
    let prefill = report.filter(|report| report.prefill_seconds > 0.0);
    let measured = |rate: Option<f64>| rate.map_or_else(|| "not measured yet".to_owned(), tokens_per_second);
    let read = prefill.map(|report| f64::from(report.prompt_tokens) / report.prefill_seconds);
    lines.push(("Reading the prompt", measured(read.or(writing.read_per_second))));
    lines.push(("Writing", measured(writing.tokens_per_second)));
    let share = report.map_or(writing.bandwidth_share, |report| report.bandwidth_share).map_or_else(
        || "not known on the CPU".to_owned(),
        |share| format!("{:.1} % of the measured copy bandwidth", share * 100.0),
    );
    lines.push(("Share of the limit", share));
    if let Some(report) = report {
        lines.push(("Ended", end(report.end).to_owned()));
    }
    lines
}

/// How a search goes or went.
#[must_use]
pub fn search(search: &Search) -> Vec<Line> {
    let mut lines = vec![("Difficulty", format::integer(search.work.difficulty))];
    let Some(progress) = &search.progress else {
        if search.is_running {
            lines.push(("Rate", "measuring …".to_owned()));
        }
        return lines;
    };
    lines.push(("Runs on", place(progress.place).to_owned()));
    lines.push(("Rate", hashes_per_second(progress.hashes_per_second)));
    lines.push(("Seals tried", format::integer(progress.hashes)));
    let expected = progress.expected_seconds.map_or_else(|| "not known yet".to_owned(), time);
    lines.push(("Expected time at this rate", expected));
    lines.push(("Time so far", time(progress.elapsed_seconds)));
    // Browsers tell nothing of power, so a round number has to do.
    let watt_hours = progress.busy_seconds * GUESSED_WATTS / 3_600.0;
    lines.push(("Energy, guessed", format!("{watt_hours:.2} Wh at {GUESSED_WATTS:.0} W while busy")));
    lines
}

/// Whether a search takes so long that it should not be waited for.
#[must_use]
pub fn is_out_of_reach(search: &Search) -> bool {
    let expected = search.progress.and_then(|progress| progress.expected_seconds);
    search.is_running && expected.is_some_and(|seconds| seconds > OUT_OF_REACH_SECONDS)
}

/// A seal that was found.
#[must_use]
pub fn solution(solution: &PowSolution) -> Vec<Line> {
    #[allow(clippy::cast_precision_loss, reason = "shown with three digits")]
    let seconds = solution.elapsed_millis as f64 / 1_000.0;
    vec![
        ("Seal", format::hex(&solution.seal)),
        ("Nonce", solution.nonce.to_string()),
        ("Seals tried", format::integer(solution.hashes)),
        ("Time", time(seconds)),
    ]
}

/// Reads a difficulty.
///
/// # Errors
/// Why it is none, in words.
pub fn difficulty(text: &str) -> Result<u64, &'static str> {
    let digits: String = text.chars().filter(|character| !character.is_whitespace()).collect();
    match digits.parse::<u64>() {
        Ok(0) => Err("The difficulty is at least 1."),
        Ok(number) => Ok(number),
        Err(_not_a_number) => Err("A difficulty is a whole number, at most 18 446 744 073 709 551 615."),
    }
}

/// What is said aloud.
#[must_use]
pub fn spoken(news: News) -> String {
    match news {
        News::Loaded => "The model is ready".to_owned(),
        News::Written(tokens) => format!("The text is finished, {tokens} tokens"),
        News::Checked(true) => "The CPU computed the same text".to_owned(),
        News::Checked(false) => "The CPU computed another text".to_owned(),
        News::Ranked => "The sentences are ranked".to_owned(),
        News::Sealed => "A seal was found".to_owned(),
        News::Measured => "The benchmark is finished".to_owned(),
        News::Failed => "The miner could not finish".to_owned(),
    }
}

/// Why work is held.
#[must_use]
pub const fn hold(hold: Hold) -> &'static str {
    match hold {
        Hold::Hidden => "Held while this tab is hidden",
        Hold::Battery => "Held while this device runs on battery",
    }
}

/// A place in words.
#[must_use]
pub const fn place(place: Place) -> &'static str {
    match place {
        Place::Fastest => "whichever is faster",
        Place::Gpu => "graphics device",
        Place::Cpu => "CPU",
    }
}

/// Seconds in the unit that fits.
#[must_use]
pub fn time(seconds: f64) -> String {
    if seconds < 1.0 {
        format!("{:.1} ms", seconds.max(0.0) * 1_000.0)
    } else if seconds < 60.0 {
        format!("{seconds:.1} s")
    } else if seconds < 3_650.0 * 86_400.0 {
        format::duration(whole(seconds))
    } else {
        "more than ten years".to_owned()
    }
}

const fn end(end: TextEnd) -> &'static str {
    match end {
        TextEnd::EndToken => "by the model",
        TextEnd::TokenLimit => "at the length that was asked for",
        TextEnd::ContextFull => "with the model's context full",
        TextEnd::Stopped => "by you",
    }
}

fn yes(is_so: bool) -> String {
    if is_so { "yes" } else { "no" }.to_owned()
}

pub(super) fn bytes_per_second(rate: f64) -> String {
    format!("{}/s", format::bytes(whole(rate)))
}

pub(super) fn tokens_per_second(rate: f64) -> String {
    if rate < 100.0 {
        format!("{rate:.1} tokens/s")
    } else {
        format!("{} tokens/s", format::integer(whole(rate)))
    }
}

pub(super) fn hashes_per_second(rate: f64) -> String {
    let (unit, size) = hash_unit(rate);
    if size > 1.0 { format!("{:.2} {unit}", rate / size) } else { format!("{rate:.0} {unit}") }
}

/// The unit that fits a rate, and its size.
pub(super) fn hash_unit(rate: f64) -> (&'static str, f64) {
    let units = [("GH/s", 1e9), ("MH/s", 1e6), ("kH/s", 1e3)];
    units.into_iter().find(|(_, size)| rate >= *size).unwrap_or(("H/s", 1.0))
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast to an integer stays within its bounds, and a printed rate needs no fraction"
)]
const fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
#[path = "miner_tests.rs"]
mod tests;
