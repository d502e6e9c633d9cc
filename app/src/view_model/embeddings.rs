//! What the box that ranks sentences prints.

use super::miner::{place, time};
use crate::state::ranking::Ranking;
use lantern_types::format;
use lantern_worker_bridge::miner::EncoderReport;

/// A sentence with its likeness in words and as a length from 0 to 1.
pub type Row = (String, String, f32);

/// The sentences of a field: a line each, without empty ones.
#[must_use]
pub fn sentences(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// The sentences of a ranking, the most alike first.
#[must_use]
pub fn rows(ranking: &Ranking) -> Vec<Row> {
    let row = |index: u32, cosine: f32| {
        let text = ranking.texts.get(usize::try_from(index).ok()?)?.clone();
        Some((text, format!("{cosine:.3}"), cosine.max(0.0)))
    };
    ranking.order.iter().filter_map(|likeness| row(likeness.index, likeness.cosine)).collect()
}

/// How a ranking went, in one sentence; nothing before it ended.
#[must_use]
pub fn summary(ranking: &Ranking, encoder: Option<&EncoderReport>) -> Option<String> {
    let report = ranking.report?;
    let tokens = format::integer(u64::from(report.tokens));
    let on = encoder.map(|encoder| format!(", on the {}", place(encoder.place))).unwrap_or_default();
    let cut = if report.cut_texts > 0 { " Long sentences were cut." } else { "" };
    Some(format!("{tokens} tokens in {}{on}.{cut}", time(report.seconds)))
}

/// The encoder and why it runs where it runs.
#[must_use]
pub fn encoder(encoder: &EncoderReport) -> String {
    let rate =
        |rate: Option<f64>| rate.map_or_else(|| "not tried".to_owned(), |rate| format!("{rate:.0} tokens/s"));
    format!(
        "{}, {}: {} numbers for each sentence. Graphics device {}, CPU {}.",
        encoder.name,
        encoder.licence,
        encoder.dimensions,
        rate(encoder.gpu_tokens_per_second),
        rate(encoder.cpu_tokens_per_second),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use lantern_worker_bridge::miner::{EmbedReport, Likeness, Place};

    fn ranked() -> Ranking {
        let mut ranking = Ranking::new(1, "q".into(), vec!["a".into(), "b".into()]);
        ranking.order = vec![
            Likeness { index: 1, cosine: 0.32034 },
            Likeness { index: 0, cosine: -0.25 },
            Likeness { index: 7, cosine: 0.1 },
        ];
        ranking
    }

    #[test]
    fn lines_are_sentences() {
        assert_eq!(sentences(" a b \n\n\tc\r\n"), ["a b", "c"]);
    }

    #[test]
    fn rows_stand_in_order_and_never_have_a_negative_length() {
        let expected = [("b".into(), "0.320".into(), 0.32034), ("a".into(), "-0.250".into(), 0.0)];
        assert_eq!(rows(&ranked()), expected);
    }

    #[test]
    fn the_end_is_told_with_place_and_cuts() {
        let encoder = EncoderReport {
            name: "m".into(),
            licence: "MIT".into(),
            parameters: 1,
            weight_bytes: 2,
            dimensions: 384,
            max_tokens: 256,
            place: Place::Cpu,
            gpu_tokens_per_second: None,
            cpu_tokens_per_second: Some(120.4),
        };
        let mut ranking = ranked();
        assert_eq!(summary(&ranking, Some(&encoder)), None);
        ranking.report = Some(EmbedReport { tokens: 1234, cut_texts: 1, seconds: 0.5 });
        // The encoder is gone with its worker.
        assert!(summary(&ranking, None).unwrap().contains("in 500.0 ms. Long"));
        let words = summary(&ranking, Some(&encoder)).unwrap();
        assert!(words.ends_with("in 500.0 ms, on the CPU. Long sentences were cut."), "{words}");
        let words = super::encoder(&encoder);
        assert_eq!(
            words,
            "m, MIT: 384 numbers for each sentence. Graphics device not tried, CPU 120 tokens/s."
        );
    }
}
