//! What the page prints of receipts, and the file that they are saved as.

use super::miner::{place, time};
use crate::state::miner::{Engine, MinerState};
use crate::state::receipts::{Check, Deed, Receipt};
use lantern_types::format;
use lantern_worker_bridge::miner::JobId;

/// What stands in the column of the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Why there is no check, or none now.
    Not(&'static str),
    /// It can be checked now.
    Can,
    /// It is being checked.
    Running,
    /// The CPU came to the same.
    Passed(&'static str),
    /// The CPU came to something else.
    Rejected,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The job's number.
    pub job: JobId,
    /// Milliseconds since 1970.
    pub ended_at: u64,
    /// What was done.
    pub deed: String,
    /// The digest or the nonce; empty where there is none.
    pub code: String,
    /// How long the device computed.
    pub device_time: String,
    /// The check.
    pub verdict: Verdict,
}

/// The rows, the newest first.
#[must_use]
pub fn rows(state: &MinerState) -> Vec<Row> {
    let is_free = state.engine == Engine::Ready
        && state.loading.is_none()
        && state.receipts.running().is_none()
        && !state.writing.as_ref().is_some_and(|writing| writing.is_running);
    let loaded = state.model.as_ref().and_then(|model| model.digest);
    state.receipts.all().iter().map(|receipt| row(receipt, is_free, loaded)).collect()
}

fn row(receipt: &Receipt, is_free: bool, loaded: Option<[u8; 32]>) -> Row {
    let (deed, code) = match &receipt.deed {
        Deed::Text { digest, report, .. } => (
            format!("Text, {} tokens", format::integer(u64::from(report.tokens))),
            digest.map_or_else(String::new, |(digest, _)| format::hex(&digest)),
        ),
        Deed::Ranking { sentences } => (format!("Ranking, {sentences} sentences"), String::new()),
        Deed::Search { work, solution, .. } => (
            format!("Search, difficulty {}", format::integer(work.difficulty)),
            solution.as_ref().map_or_else(String::new, |found| format!("nonce {}", found.nonce)),
        ),
    };
    let verdict = match (receipt.check, &receipt.deed) {
        (Check::Running(_), _) => Verdict::Running,
        (Check::Passed, Deed::Search { .. }) => Verdict::Passed("Verified"),
        (Check::Passed, _) => Verdict::Passed("Equal"),
        (Check::Rejected, _) => Verdict::Rejected,
        (Check::None, Deed::Search { .. }) => Verdict::Not("no seal"),
        (Check::None, Deed::Text { digest: Some((_, model)), .. }) if loaded != Some(*model) => {
            Verdict::Not("not checked, its model is not loaded")
        }
        (Check::None, Deed::Text { digest: Some(_), .. }) if is_free => Verdict::Can,
        (Check::None, _) => Verdict::Not("not checked"),
    };
    let device_time =
        if receipt.device_seconds < 1e-3 { "under 1 ms".to_owned() } else { time(receipt.device_seconds) };
    Row { job: receipt.job, ended_at: receipt.ended_at, deed, code, device_time, verdict }
}

/// A row as markup: numbers and the page's own words.
fn markup(row: &Row, time: &str) -> String {
    let Row { job, deed, code, device_time, verdict, .. } = row;
    let badge = |class: &str, icon: &str, words: &str| {
        format!(
            r##"<span class="pf {class}"><svg class="i" viewBox="0 0 16 16" aria-hidden="true"><use href="#i-{icon}"/></svg>{words}</span>"##
        )
    };
    let button = |words: &str| {
        format!(r#"<button type="button" class="btn second sm" data-check="{job}">{words}</button>"#)
    };
    let check = match verdict {
        Verdict::Not(words) => format!(r#"<span class="na">{words}</span>"#),
        Verdict::Can => button("Check"),
        Verdict::Running => button("Cancel the check"),
        Verdict::Passed(words) => badge("derived", "fx", words),
        Verdict::Rejected => badge("bad", "bad", "Rejected"),
    };
    let cell = |class: &str, content: &str| format!(r#"<td role="cell" class="{class}>{content}</td>"#);
    [
        r#"<tr role="row"><th scope="row" role="rowheader" class="c1">"#,
        time,
        "</th>",
        &cell(
            r#"l" data-label="Job""#,
            &format!(r#"<span>{deed}<span class="minesum mono">{code}</span></span>"#),
        ),
        &cell(r#"r c2""#, device_time),
        &cell(r#"r c3""#, &check),
        "</tr>",
    ]
    .concat()
}

/// The whole table as markup; empty where there is no row.
#[must_use]
pub fn table(rows: &[Row], time_of_day: fn(u64) -> String) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let rows: String = rows.iter().map(|row| markup(row, &time_of_day(row.ended_at))).collect();
    let head = |class: &str, words: &str| {
        format!(r#"<th scope="col" role="columnheader" class="{class}">{words}</th>"#)
    };
    [
        r#"<table class="tbl cards" role="table"><caption class="vh">Receipts of this session, the newest first</caption><thead role="rowgroup"><tr role="row">"#,
        &head("c1", "Time"),
        &head("l", "Job"),
        &head("r c2", "Device time"),
        &head("r c3", "CPU check"),
        r#"</tr></thead><tbody role="rowgroup">"#,
        &rows,
        "</tbody></table>",
    ]
    .concat()
}

/// The receipts as JSON, with all that it takes to check them elsewhere.
#[must_use]
pub fn json(receipts: &[Receipt]) -> String {
    let mut text = r#"{"format":"lantern-receipts/1","receipts":["#.to_owned();
    for (index, receipt) in receipts.iter().enumerate() {
        text.push_str(if index > 0 { ",\n{" } else { "\n{" });
        let check = match receipt.check {
            Check::Passed => "passed",
            Check::Rejected => "rejected",
            Check::None | Check::Running(_) => "not checked",
        };
        let mut field = |name: &str, value: &str| {
            for part in ["\"", name, "\":", value, ","] {
                text.push_str(part);
            }
        };
        field("ended_unix_millis", &receipt.ended_at.to_string());
        field("place", &quoted(receipt.place.map_or("not known", place)));
        field("device_seconds", &receipt.device_seconds.to_string());
        field("check", &quoted(check));
        // Numbers of 64 bits are texts: readers of JSON round them.
        let job = match &receipt.deed {
            Deed::Text { prompt, digest, report } => {
                field("prompt", &quoted(prompt));
                field("tokens", &report.tokens.to_string());
                field("digest", &hex(digest.as_ref().map(|(digest, _)| digest)));
                field("model", &hex(digest.as_ref().map(|(_, model)| model)));
                "text"
            }
            Deed::Ranking { sentences } => {
                field("sentences", &sentences.to_string());
                "ranking"
            }
            Deed::Search { work, tried, solution } => {
                field("netuid", &work.netuid.to_string());
                field("block", &work.block.to_string());
                field("block_hash", &hex(Some(&work.block_hash)));
                field("hotkey", &hex(Some(&work.hotkey)));
                field("coldkey", &hex(Some(&work.coldkey)));
                field("difficulty", &quoted(&work.difficulty.to_string()));
                field("tried", &quoted(&tried.to_string()));
                let found = solution.as_ref();
                field("nonce", &found.map_or_else(null, |found| quoted(&found.nonce.to_string())));
                field("seal", &hex(found.map(|found| &found.seal)));
                "search"
            }
        };
        text.push_str("\"job\":\"");
        text.push_str(job);
        text.push_str("\"}");
    }
    text.push_str("\n]}\n");
    text
}

fn null() -> String {
    "null".to_owned()
}

fn hex(bytes: Option<&[u8; 32]>) -> String {
    bytes.map_or_else(null, |bytes| quoted(&format::hex(bytes)))
}

/// A text as JSON has it.
fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\0'..' ' => quoted.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => quoted.push(character),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use lantern_worker_bridge::miner::{GenerateReport, ModelReport, Place, PowSolution, PowWork, TextEnd};

    fn receipt(deed: Deed, check: Check) -> Receipt {
        Receipt { job: 1, ended_at: 5, place: Some(Place::Cpu), device_seconds: 0.25, deed, check }
    }

    fn text(digest: Option<[u8; 32]>) -> Deed {
        let report = GenerateReport {
            end: TextEnd::TokenLimit,
            prompt_tokens: 1,
            tokens: 1_000,
            prefill_seconds: 0.0,
            decode_seconds: 0.0,
            bandwidth_share: None,
            digest,
        };
        let prompt = "say \"\\n\"\n\u{1}ü".to_owned();
        Deed::Text { prompt, digest: digest.map(|digest| (digest, [0xee; 32])), report }
    }

    fn search(solution: Option<PowSolution>) -> Deed {
        let key = |byte| [byte; 32];
        let work = PowWork {
            netuid: 1,
            block: 2,
            block_hash: key(3),
            hotkey: key(4),
            coldkey: key(5),
            difficulty: u64::MAX,
        };
        Deed::Search { work, tried: 7, solution }
    }

    fn found() -> PowSolution {
        PowSolution {
            place: Place::Cpu,
            block: 2,
            nonce: u64::MAX,
            seal: [6; 32],
            hashes: 7,
            elapsed_millis: 0,
            busy_millis: 0,
        }
    }

    fn verdict(deed: Deed, check: Check, model: Option<[u8; 32]>) -> Verdict {
        let mut state = MinerState::default();
        state.engine = Engine::Ready;
        state.model = model.map(|digest| ModelReport {
            name: String::new(),
            licence: String::new(),
            sha256: String::new(),
            parameters: 1,
            weight_bytes: 2,
            context: 3,
            dispatches_per_token: 0,
            place: Place::Cpu,
            gpu_tokens_per_second: None,
            cpu_tokens_per_second: None,
            gpu_problem: None,
            digest: Some(digest),
        });
        state.receipts.add(receipt(deed, check));
        rows(&state).first().unwrap().verdict
    }

    #[test]
    fn only_what_was_checked_is_said_to_be() {
        let (exact, model) = (text(Some([1; 32])), Some([0xee; 32]));
        assert_eq!(verdict(text(None), Check::None, model), Verdict::Not("not checked"));
        assert_eq!(verdict(Deed::Ranking { sentences: 3 }, Check::None, None), Verdict::Not("not checked"));
        assert_eq!(verdict(search(None), Check::None, None), Verdict::Not("no seal"));
        assert_eq!(verdict(search(Some(found())), Check::Passed, None), Verdict::Passed("Verified"));
        assert_eq!(verdict(exact.clone(), Check::None, model), Verdict::Can);
        let other = Verdict::Not("not checked, its model is not loaded");
        assert_eq!(verdict(exact.clone(), Check::None, Some([1; 32])), other);
        assert_eq!(verdict(exact.clone(), Check::None, None), other);
        assert_eq!(verdict(exact.clone(), Check::Running(4), model), Verdict::Running);
        assert_eq!(verdict(exact.clone(), Check::Passed, None), Verdict::Passed("Equal"));
        assert_eq!(verdict(exact, Check::Rejected, None), Verdict::Rejected);
    }

    #[test]
    fn a_row_names_the_job_and_its_code() {
        let print = |deed| {
            let row = row(&receipt(deed, Check::None), true, None);
            (row.deed, row.code, row.device_time)
        };
        let digest = format!("0x{}", "01".repeat(32));
        assert_eq!(
            print(text(Some([1; 32]))),
            ("Text, 1\u{2009}000 tokens".to_owned(), digest, "250.0 ms".to_owned())
        );
        assert_eq!(print(search(Some(found()))).1, "nonce 18446744073709551615");
        assert_eq!(print(Deed::Ranking { sentences: 6 }).0, "Ranking, 6 sentences");
        let quick = Receipt { device_seconds: 0.0, ..receipt(search(None), Check::None) };
        assert_eq!(row(&quick, true, None).device_time, "under 1 ms");
    }

    #[test]
    fn the_markup_of_a_row_has_its_check() {
        let draw = |verdict| {
            let mut row = row(&receipt(text(Some([1; 32])), Check::None), true, None);
            row.verdict = verdict;
            markup(&row, "12:00:01")
        };
        assert!(draw(Verdict::Can).contains(r#"data-check="1">Check</button>"#));
        assert!(draw(Verdict::Running).contains(r#"data-check="1">Cancel the check</button>"#));
        assert!(draw(Verdict::Not("no seal")).contains(r#"<span class="na">no seal</span>"#));
        assert!(
            draw(Verdict::Rejected).contains(r##"class="pf bad""##)
                && draw(Verdict::Rejected).contains("</svg>Rejected")
        );
        let equal = draw(Verdict::Passed("Equal"));
        for part in ["12:00:01", "0x0101", "250.0 ms", "#i-fx", "Equal"] {
            assert!(equal.contains(part), "{part} is not in {equal}");
        }
    }

    #[test]
    fn the_file_has_everything_that_it_takes_to_check_again() {
        let all = [
            receipt(text(Some([1; 32])), Check::Rejected),
            receipt(search(Some(found())), Check::Passed),
            receipt(Deed::Ranking { sentences: 6 }, Check::Running(3)),
            receipt(search(None), Check::None),
        ];
        let json = json(&all);
        for part in [
            r#""prompt":"say \"\\n\"\u000a\u0001ü","tokens":1000,"digest":"0x0101"#,
            r#""check":"rejected""#,
            r#""difficulty":"18446744073709551615","tried":"7","nonce":"18446744073709551615","seal":"0x0606"#,
            r#""place":"CPU","device_seconds":0.25,"check":"not checked","sentences":6,"job":"ranking"}"#,
            r#""nonce":null,"seal":null,"job":"search"}"#,
        ] {
            assert!(json.contains(part), "{part} is not in {json}");
        }
    }
}
