//! `cargo xtask bench`: measurements against peers, each printed as one JSON object.

mod figures;
mod miner;
mod sync;

use std::path::Path;

use anyhow::{Context as _, Error, Result, anyhow, bail, ensure};
use lexopt::{Arg, Parser, ValueExt as _};

use crate::process::Group;

/// Reads what to measure, and measures it.
pub fn command(root: &Path, mut parser: Parser) -> Result<()> {
    let subject = match parser.next()? {
        Some(Arg::Value(subject)) => subject.string()?,
        _ => bail!("name what to measure: sync or miner"),
    };
    match subject.as_str() {
        "sync" => sync::command(root, parser),
        "miner" => miner::command(root, parser),
        _ => bail!("no such benchmark: {subject} (there are sync and miner)"),
    }
}

/// An argument that is none of the options, with the list of those there are.
fn unknown(subject: &str, argument: &Arg<'_>, flags: &[&str], values: &[&str]) -> Error {
    let given = match argument {
        Arg::Long(name) => format!("--{name}"),
        Arg::Short(letter) => format!("-{letter}"),
        Arg::Value(value) => value.to_string_lossy().into_owned(),
    };
    let flags = flags.iter().map(|name| format!("--{name}"));
    let all: Vec<String> = flags.chain(values.iter().map(|name| format!("--{name} VALUE"))).collect();
    anyhow!("bench {subject} does not take {given}; it takes {}", all.join(", "))
}

/// Waits for a measuring program.
fn done(group: Group) -> Result<()> {
    let status = group.wait().context("the benchmark was lost")?;
    ensure!(status.success(), "the benchmark failed ({status})");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_option_is_told_with_those_there_are() {
        for (subject, given) in [("sync", "--help"), ("miner", "--shapes"), ("sync", "-x"), ("miner", "more")]
        {
            let parser = Parser::from_args([subject, given]);
            let told = command(Path::new("/nowhere"), parser).unwrap_err().to_string();
            assert!(told.contains(&format!("bench {subject} does not take {given}")), "{told}");
            assert!(told.contains("--json") && told.contains("--no-build"), "{told}");
        }
        let told = command(Path::new("/nowhere"), Parser::from_args(["walk"])).unwrap_err().to_string();
        assert!(told.contains("sync and miner"), "{told}");
    }
}
