//! What the page prints of a bit-exact text: its digest, and how anyone can check it.

use crate::state::miner::Writing;
use lantern_types::format;

/// A text's digest and the command that writes the same text again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// In hex, without a prefix.
    pub digest: String,
    /// For a shell, in a copy of the source.
    pub command: String,
}

/// The receipt of a text that has ended; nothing where the model was not bit-exact.
#[must_use]
pub fn receipt(writing: &Writing) -> Option<Receipt> {
    let report = writing.report.as_ref()?;
    let digest = format::hex(&report.digest?).trim_start_matches("0x").to_owned();
    let command = format!(
        "cargo run --release -p lantern-wasm-miner --example exact_check -- FOLDER {} {}",
        quoted(&writing.prompt),
        report.tokens
    );
    Some(Receipt { digest, command })
}

/// A text as one word for a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lantern_worker_bridge::miner::{GenerateReport, TextEnd};

    fn ended(digest: Option<[u8; 32]>) -> Writing {
        Writing {
            job: 1,
            prompt: "it's $HOME".into(),
            text: String::new(),
            tokens: 7,
            tokens_per_second: None,
            read_per_second: None,
            bandwidth_share: None,
            report: Some(GenerateReport {
                end: TextEnd::TokenLimit,
                prompt_tokens: 3,
                tokens: 7,
                prefill_seconds: 0.1,
                decode_seconds: 0.1,
                bandwidth_share: None,
                digest,
            }),
            is_running: false,
        }
    }

    #[test]
    fn only_a_bit_exact_text_that_ended_has_a_receipt() {
        assert_eq!(receipt(&ended(None)), None);
        assert_eq!(receipt(&Writing { report: None, ..ended(None) }), None);
        let receipt = receipt(&ended(Some([0xab; 32]))).unwrap();
        assert_eq!(receipt.digest, "ab".repeat(32));
        assert!(receipt.command.ends_with(r"-- FOLDER 'it'\''s $HOME' 7"), "{}", receipt.command);
    }
}
