//! The result of a benchmark: which keys it always has, and how it is printed.

use anyhow::{Result, ensure};
use serde_json::{Map, Value, json};

/// The keys that every complete run has; `peer_ratio` is null where no peer was run.
pub const KEYS: [&str; 15] = [
    "adapter",
    "bandwidth_share",
    "copy_bytes_s",
    "decode_tok_s",
    "dispatches_per_token",
    "gemv_share",
    "host_us_per_dispatch",
    "peer",
    "peer_ratio",
    "pow_cpu_hashes_s",
    "pow_hashes_s",
    "pow_int_op_share",
    "pow_ratio",
    "prefill_tflops",
    "prefill_tok_s",
];

/// Fails where a complete result lacks a key.
pub fn check(result: &Value) -> Result<()> {
    let missing: Vec<&str> = KEYS.into_iter().filter(|key| result.get(key).is_none()).collect();
    ensure!(missing.is_empty(), "the benchmark left out {}", missing.join(", "));
    Ok(())
}

/// Adds what the peer gave. Each ratio is our tokens per second over the peer's at the same shape and precision;
/// `peer_ratio` is that of the last shape, the largest.
pub fn add_peer(result: &mut Value, ours: &Value, peer: &Value) {
    let ratios = |key: &str| -> Map<String, Value> {
        let rates = peer["decode_tok_s"].as_object().into_iter().flatten();
        rates
            .filter_map(|(shape, theirs)| {
                let ratio = ours[key][shape].as_f64()? / theirs.as_f64()?;
                Some((shape.clone(), ratio.into()))
            })
            .collect()
    };
    let largest = peer["largest_shape"].as_str().unwrap_or_default().to_owned();
    let by_shape = ratios("decode_tok_s");
    result["peer_ratio"] = by_shape.get(&largest).cloned().unwrap_or(Value::Null);
    result["peer_ratio_by_shape"] = by_shape.into();
    result["peer_ratio_cpu_tier"] = ratios("cpu_decode_tok_s").into();
    result["peer"] = peer.clone();
    result["peer"]["ours_at_its_precision"] = json!({
        "decode_tok_s": ours["decode_tok_s"],
        "cpu_decode_tok_s": ours["cpu_decode_tok_s"],
    });
}

/// The figures as lines of a name and a value, nested names joined by dots.
pub fn table(result: &Value) -> String {
    let mut lines = Vec::new();
    flatten("", result, &mut lines);
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    lines.iter().map(|(name, value)| format!("{name:width$}  {value}\n")).collect()
}

fn flatten(prefix: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    match value {
        Value::Object(entries) => {
            for (name, value) in entries {
                let name = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
                flatten(&name, value, lines);
            }
        }
        Value::Number(number) => lines.push((prefix.to_owned(), human(number.as_f64().unwrap_or(f64::NAN)))),
        Value::String(text) => lines.push((prefix.to_owned(), text.clone())),
        other => lines.push((prefix.to_owned(), other.to_string())),
    }
}

/// Four digits that count, with a unit's prefix where the number is large.
fn human(number: f64) -> String {
    let (scaled, prefix) = match number.abs() {
        size if size >= 1e9 => (number / 1e9, " G"),
        size if size >= 1e6 => (number / 1e6, " M"),
        size if size >= 1e4 => (number / 1e3, " k"),
        _ => (number, ""),
    };
    if scaled.fract() == 0.0 {
        return format!("{scaled}{prefix}");
    }
    let digits = if scaled.abs() >= 100.0 {
        1
    } else if scaled.abs() >= 1.0 {
        2
    } else {
        5
    };
    format!("{scaled:.digits$}{prefix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_without_a_documented_key_is_refused() {
        let mut result = Value::Object(KEYS.iter().map(|key| ((*key).to_owned(), Value::Null)).collect());
        assert!(check(&result).is_ok());
        result.as_object_mut().unwrap().remove("pow_ratio");
        assert_eq!(check(&result).unwrap_err().to_string(), "the benchmark left out pow_ratio");
    }

    #[test]
    fn ratios_are_ours_over_the_peers() {
        let mut result = json!({});
        let ours =
            json!({ "decode_tok_s": { "demo": 50.0, "15m": 30.0 }, "cpu_decode_tok_s": { "15m": 5.0 } });
        let peer = json!({ "decode_tok_s": { "demo": 25.0, "15m": 10.0 }, "largest_shape": "15m" });
        add_peer(&mut result, &ours, &peer);
        assert_eq!(result["peer_ratio"], 3.0);
        assert_eq!(result["peer_ratio_by_shape"]["demo"], 2.0);
        assert_eq!(result["peer_ratio_cpu_tier"], json!({ "15m": 0.5 }));
    }

    #[test]
    fn tables_join_names_and_shorten_numbers() {
        let table = table(&json!({ "a": { "b": 12_345_678, "c": 0.125 }, "d": "text", "e": null }));
        assert_eq!(table, "a.b  12.35 M\na.c  0.12500\nd    text\ne    null\n");
    }
}
