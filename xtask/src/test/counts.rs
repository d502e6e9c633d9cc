//! Reads how many tests passed and failed from what the test runners print.

/// Numbers of tests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
    /// Tests that were left out on purpose.
    pub ignored: usize,
}

impl Counts {
    /// A check that passed.
    pub fn one_passed() -> Self {
        Self { passed: 1, ..Self::default() }
    }

    /// A check that failed, or could not run.
    pub fn one_failed() -> Self {
        Self { failed: 1, ..Self::default() }
    }

    /// The numbers of two runs together.
    pub fn and(self, other: &Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            ignored: self.ignored + other.ignored,
        }
    }
}

/// Adds up the `test result:` lines of `cargo test` and of the wasm test runner.
pub fn of_cargo_test(output: &str) -> Counts {
    let mut counts = Counts::default();
    for line in output.lines() {
        let Some((_, numbers)) = line.split_once("test result: ") else { continue };
        for part in numbers.split(['.', ';']) {
            add(&mut counts, part.trim());
        }
    }
    counts
}

fn add(counts: &mut Counts, part: &str) {
    let Some((number, word)) = part.split_once(' ') else { return };
    let Ok(number) = number.parse::<usize>() else { return };
    match word {
        "passed" => counts.passed += number,
        "failed" => counts.failed += number,
        "ignored" => counts.ignored += number,
        _ => {}
    }
}

/// Reads the summary that node's test runner prints in the TAP format.
pub fn of_node_test(output: &str) -> Counts {
    let number = |key: &str| {
        output
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix(key)?.trim().parse::<usize>().ok())
            .unwrap_or(0)
    };
    Counts {
        passed: number("# pass "),
        failed: number("# fail ") + number("# cancelled "),
        ignored: number("# skipped ") + number("# todo "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_cargo_results() {
        let output = "\
test a ... ok
test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 4 filtered out; finished in 1.20s
";
        assert_eq!(of_cargo_test(output), Counts { passed: 5, failed: 1, ignored: 1 });
        assert_eq!(of_cargo_test("error: could not compile"), Counts::default());
    }

    #[test]
    fn reads_nodes_summary() {
        let output = "ok 1 - a\n# tests 4\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 0\n# todo 0\n";
        assert_eq!(of_node_test(output), Counts { passed: 2, failed: 2, ignored: 0 });
    }
}
