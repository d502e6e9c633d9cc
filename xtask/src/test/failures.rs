//! Finds what failed in the output of test runners, so that a log that nobody kept is not needed.

use crate::process;

/// How many lines are shown of all failures together.
const LINES: usize = 300;
/// How many lines each failure may have however many there are.
const LEAST: usize = 16;
/// How many failures are listed by name.
const NAMES: usize = 60;
/// How many characters of a line are shown.
const COLUMNS: usize = 600;
/// How many lines before the end of a test program that died are shown.
const CONTEXT: usize = 20;
/// How many lines of the end of the output are shown besides.
const TAIL: usize = 30;

/// One failure: its name, and what the runner printed about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    name: String,
    lines: Vec<String>,
}

impl Failure {
    fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), lines: Vec::new() }
    }
}

/// What is worth reading of a failed run: the names of the failures, what each printed, and the end.
pub fn report(failures: &[Failure], output: &str) -> String {
    let end = process::tail(output, TAIL);
    if failures.is_empty() {
        return format!("no failed test is named; the output ends with\n{end}");
    }
    let mut text: Vec<String> = vec![format!("{} failed:", failures.len())];
    text.extend(failures.iter().take(NAMES).map(|failure| format!("    {}", shortened(&failure.name))));
    let unnamed = failures.len().saturating_sub(NAMES);
    if unnamed > 0 {
        text.push(format!("    … and {unnamed} more"));
    }
    // Besides what it printed, each takes an empty line and a title.
    let share = (LINES.saturating_sub(text.len()) / failures.len()).max(LEAST);
    for (shown, failure) in failures.iter().enumerate() {
        if text.len() + share > LINES {
            text.push(String::new());
            text.push(format!("… {} more are in the log alone", failures.len() - shown));
            break;
        }
        text.push(String::new());
        text.push(format!("── {} ──", shortened(&failure.name)));
        text.extend(middle_left_out(&failure.lines, share - 2));
    }
    format!("{}\n\n── the end of the output ──\n{end}", text.join("\n"))
}

fn shortened(line: &str) -> String {
    if line.chars().count() <= COLUMNS {
        return line.to_owned();
    }
    line.chars().take(COLUMNS).chain("…".chars()).collect()
}

/// The first and the last lines: the cause is at either end, after a test's own output or before a stack.
fn middle_left_out(lines: &[String], limit: usize) -> Vec<String> {
    if lines.len() <= limit {
        return lines.iter().map(|line| shortened(line)).collect();
    }
    let half = limit.saturating_sub(1) / 2;
    let missing = lines.len() - 2 * half;
    let first = lines.iter().take(half).map(|line| shortened(line));
    let last = lines.iter().skip(lines.len() - half).map(|line| shortened(line));
    first.chain([format!("… {missing} lines are left out …")]).chain(last).collect()
}

/// The failures that `cargo test`, rustc and the wasm test runner tell of.
pub fn of_cargo_test(output: &str) -> Vec<Failure> {
    let mut reader = CargoReader::default();
    let lines: Vec<&str> = output.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        reader.read(line, lines.get(index.saturating_sub(CONTEXT)..index).unwrap_or_default());
    }
    reader.failures
}

/// Where in the output of `cargo test` the reader is.
#[derive(Default, PartialEq, Eq)]
enum Place {
    /// Between test programs, where compilers and cargo speak.
    #[default]
    Between,
    /// In an error of a compiler or of cargo.
    Error,
    /// Behind an error of cargo, where its cause may follow.
    AfterError,
    /// Where tests run.
    Running,
    /// In what failed tests printed.
    Output,
    /// In the list of failed tests.
    Names,
}

#[derive(Default)]
struct CargoReader {
    place: Place,
    /// The test program, as cargo names it.
    program: String,
    /// Whether that program told of its failed tests itself.
    told: bool,
    /// Where the failures of this program begin.
    from: usize,
    failures: Vec<Failure>,
}

impl CargoReader {
    fn read(&mut self, line: &str, before: &[&str]) {
        if let Some(program) = program_of(line) {
            program.clone_into(&mut self.program);
            self.told = false;
            self.place = Place::Between;
            return;
        }
        if line.starts_with("error: test failed, to rerun pass") {
            self.place = Place::Error;
            if self.told {
                // Everything about it has been read, and the next lines say it again.
                self.place = Place::Between;
            } else {
                self.failures.push(Failure::new(format!("{}: ended on its own", self.program)));
                let started =
                    before.iter().rposition(|line| program_of(line).is_some()).map_or(0, |at| at + 1);
                self.extend(before.get(started..).unwrap_or_default());
                self.extend(&[line]);
            }
            return;
        }
        match self.place {
            Place::Running if line == "failures:" => {
                self.place = Place::Output;
                self.from = self.failures.len();
            }
            Place::Running | Place::Output | Place::Names if line.starts_with("test result: ") => {
                self.told = line.starts_with("test result: FAILED");
                self.place = Place::Between;
            }
            Place::Running => {}
            Place::Output => self.output(line),
            Place::Names => self.name(line),
            Place::Error if line.is_empty() => self.place = Place::AfterError,
            Place::Error => self.extend(&[line]),
            Place::AfterError if line == "Caused by:" => {
                self.extend(&[line]);
                self.place = Place::Error;
            }
            Place::Between | Place::AfterError => self.between(line),
        }
    }

    fn between(&mut self, line: &str) {
        if line.starts_with("running ") && (line.ends_with(" tests") || line.ends_with(" test")) {
            self.place = Place::Running;
        } else if is_error(line) {
            self.failures.push(Failure::new(line));
            self.extend(&[line]);
            self.place = Place::Error;
        } else {
            self.place = Place::Between;
        }
    }

    fn output(&mut self, line: &str) {
        let title = line.strip_prefix("---- ").and_then(|line| line.strip_suffix(" ----"));
        if let Some(title) = title {
            let name = title.strip_suffix(" stdout").or(title.strip_suffix(" output")).unwrap_or(title);
            self.failures.push(Failure::new(format!("{name}, in {}", self.program)));
        } else if line == "failures:" {
            self.place = Place::Names;
        } else {
            self.extend(&[line]);
        }
    }

    /// A test that printed nothing is only in the list.
    fn name(&mut self, line: &str) {
        let name = line.trim();
        let whole = format!("{name}, in {}", self.program);
        let mut known = self.failures.iter().skip(self.from);
        if !name.is_empty() && !known.any(|failure| failure.name == whole) {
            self.failures.push(Failure::new(whole));
        }
    }

    fn extend(&mut self, lines: &[&str]) {
        if let Some(failure) = self.failures.last_mut() {
            for line in lines {
                add_without_foreign_frames(&mut failure.lines, line);
            }
        }
    }
}

/// The test program that a line of cargo announces.
fn program_of(line: &str) -> Option<&str> {
    let indented = line.starts_with(' ').then(|| line.trim_start())?;
    indented.strip_prefix("Running ").or_else(|| indented.strip_prefix("Doc-tests "))
}

fn is_error(line: &str) -> bool {
    let repeats = line.ends_with(" targets failed:") || line.ends_with(" target failed:");
    (line.starts_with("error: ") || line.starts_with("error[")) && !repeats
}

/// Adds a line of a failed test. Of a backtrace, which may be long, only frames in our own files stay.
fn add_without_foreign_frames(lines: &mut Vec<String>, line: &str) {
    let is_frame = |line: &str| {
        let number = line.trim_start().split_once(": ").map(|(number, _)| number);
        line.starts_with(' ') && number.is_some_and(|number| number.parse::<u16>().is_ok())
    };
    let is_foreign_place = line.starts_with("             at ") && !line.trim_start().starts_with("at ./");
    let follows_frame = lines.last().is_some_and(|last| is_frame(last));
    if follows_frame && (is_foreign_place || is_frame(line)) {
        lines.pop();
    }
    let opens_empty = line.is_empty() && lines.is_empty();
    if !is_foreign_place && !opens_empty {
        lines.push(line.to_owned());
    }
}

/// The failed subtests that node's test runner tells of in the TAP format.
pub fn of_node_test(output: &str) -> Vec<Failure> {
    let mut failures = Vec::new();
    // The names of the subtests that the reader is in, one for each level.
    let mut path: Vec<&str> = Vec::new();
    // What the tests printed since the last result.
    let mut printed: Vec<&str> = Vec::new();
    let mut lines = output.lines().peekable();
    while let Some(line) = lines.next() {
        let text = line.trim_start();
        let level = (line.len() - text.len()) / 4;
        if let Some(name) = text.strip_prefix("# Subtest: ") {
            path.truncate(level);
            path.push(name);
        } else if text.starts_with("ok ") {
            printed.clear();
        } else if text.starts_with("# ") {
            printed.push(text);
        } else if let Some((_, name)) = text.strip_prefix("not ok ").and_then(|text| text.split_once(" - ")) {
            path.truncate(level);
            let mut failure =
                Failure::new(path.iter().copied().chain([name]).collect::<Vec<_>>().join(" › "));
            let from = printed.len().saturating_sub(CONTEXT);
            failure.lines.extend(printed.drain(..).skip(from).map(str::to_owned));
            read_details(&mut lines, line.len() - text.len(), &mut failure.lines);
            let by_others = failure.lines.iter().any(|line| line.trim() == "failureType: 'subtestsFailed'");
            if !by_others && !name.to_ascii_lowercase().ends_with("# todo") {
                failures.push(failure);
            }
        }
    }
    failures
}

/// Reads the block of details behind a result, which is indented by two more than the result.
fn read_details<'a>(
    lines: &mut std::iter::Peekable<impl Iterator<Item = &'a str>>,
    indent: usize,
    details: &mut Vec<String>,
) {
    let inner = |line: &'a str| line.get(indent + 2..).filter(|_| line.starts_with(' '));
    if lines.peek().copied().and_then(inner) != Some("---") {
        return;
    }
    lines.next();
    while let Some(line) = lines.next_if(|line| line.is_empty() || inner(line).is_some()) {
        match inner(line) {
            Some("...") => return,
            other => details.push(other.unwrap_or_default().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `cargo test --no-fail-fast` prints it, with backtraces on.
    const CARGO: &str = "
     Running unittests src/lib.rs (target/debug/deps/c-49)

running 3 tests
test bad2 ... FAILED
test good ... ok
error: the output of something that a test started
test silent ... FAILED
test bad ... FAILED

failures:

---- bad2 stdout ----
Error: \"no\"

---- bad stdout ----
hello

thread 'bad' (17402) panicked at src/lib.rs:2:39:
assertion `left == right` failed: why
  left: 1
 right: 2
stack backtrace:
   0: __rustc::rust_begin_unwind
             at /rustc/5980/library/std/src/panicking.rs:689:5
   1: core::panicking::assert_failed_inner
   2: c::bad
             at ./src/lib.rs:2:39
   3: core::ops::function::FnOnce::call_once
             at /rustc/5980/library/core/src/ops/function.rs:250:5
note: Some details are omitted.


failures:
    bad
    bad2
    silent

test result: FAILED. 1 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.08s

error: test failed, to rerun pass `--lib`
     Running tests/a.rs (target/debug/deps/a-e2)

running 1 test
thread 'deep' has overflowed its stack
error: test failed, to rerun pass `--test a`

Caused by:
  process didn't exit successfully: `a-e2` (signal: 6, SIGABRT: process abort signal)
     Running tests/b.rs (target/debug/deps/b-76)

running 1 test
test fine ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

error: 2 targets failed:
    `--lib`
    `--test a`
";

    fn names(failures: &[Failure]) -> Vec<&str> {
        failures.iter().map(|failure| failure.name.as_str()).collect()
    }

    #[test]
    fn finds_each_failed_test_and_what_it_printed() {
        let failures = of_cargo_test(CARGO);
        let lib = "in unittests src/lib.rs (target/debug/deps/c-49)";
        assert_eq!(
            names(&failures),
            [
                &format!("bad2, {lib}"),
                &format!("bad, {lib}"),
                &format!("silent, {lib}"),
                "tests/a.rs (target/debug/deps/a-e2): ended on its own",
            ]
        );
        assert_eq!(failures[0].lines, ["Error: \"no\"", ""]);
        let bad = failures[1].lines.join("\n");
        assert!(bad.starts_with("hello\n") && bad.contains(" right: 2\n"), "{bad}");
        assert!(bad.contains("2: c::bad\n             at ./src/lib.rs:2:39\n"), "{bad}");
        assert!(!bad.contains("/rustc/") && !bad.contains("assert_failed_inner"), "{bad}");
        let died = failures[3].lines.join("\n");
        assert!(died.contains("overflowed its stack") && died.contains("signal: 6"), "{died}");
        assert!(!died.contains("targets failed") && !died.contains("fine"), "{died}");
    }

    #[test]
    fn finds_errors_of_compilers() {
        let output = "   Compiling c v0.0.0
warning: unused
 --> src/lib.rs:1:1

error[E0308]: mismatched types
 --> src/lib.rs:4:22
  |
4 | fn x() { let a: u8 = \"s\"; }

For more information about this error, try `rustc --explain E0308`.
error: could not compile `c` (lib) due to 1 previous error
warning: build failed, waiting for other jobs to finish...
";
        let failures = of_cargo_test(output);
        assert_eq!(
            names(&failures),
            ["error[E0308]: mismatched types", "error: could not compile `c` (lib) due to 1 previous error"]
        );
        assert!(failures[0].lines.contains(&" --> src/lib.rs:4:22".to_owned()));
    }

    #[test]
    fn finds_failures_of_the_wasm_runner() {
        let output = "     Running tests/web.rs (target/wasm32-unknown-unknown/debug/deps/web-22.wasm)
running 2 tests
test a ... ok
test b ... FAIL

failures:

---- b output ----
    error output:
        panicked at tests/web.rs:3:5:
        no

failures:

    b

test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 filtered out; finished in 0.13s

error: test failed, to rerun pass `-p x --test web`

Caused by:
  process didn't exit successfully: `runner` (exit status: 1)
";
        let failures = of_cargo_test(output);
        assert_eq!(
            names(&failures),
            ["b, in tests/web.rs (target/wasm32-unknown-unknown/debug/deps/web-22.wasm)"]
        );
        assert!(failures[0].lines.iter().any(|line| line.contains("tests/web.rs:3:5")));
    }

    #[test]
    fn finds_failed_subtests_and_not_those_around_them() {
        let output = "TAP version 13
# Subtest: outer
    # Subtest: inner ok
    ok 1 - inner ok
      ---
      duration_ms: 0.7
      ...
    # Subtest: inner bad
    # the node said something
    not ok 2 - inner bad
      ---
      failureType: 'testCodeFailure'
      error: |-
        waited for: the text
        
        the page says:
        not ok 7 - a lie of the page
      stack: |-
        TestContext.<anonymous> (file:///a.spec.mjs:2:107)
      ...
    1..2
not ok 1 - outer
  ---
  failureType: 'subtestsFailed'
  error: '1 subtest failed'
  ...
# Subtest: good
ok 2 - good
  ---
  ...
# Subtest: known
not ok 3 - known # todo
  ---
  error: 'later'
  ...
# Subtest: throws
not ok 4 - throws
  ---
  error: 'no'
  ...
1..4
# pass 2
# fail 2
";
        let failures = of_node_test(output);
        assert_eq!(names(&failures), ["outer › inner bad", "throws"]);
        let bad = failures[0].lines.join("\n");
        assert!(bad.starts_with("# the node said something\nfailureType"), "{bad}");
        assert!(bad.contains("waited for: the text\n  \n  the page says:\n  not ok 7 - a lie"), "{bad}");
        assert!(bad.ends_with("(file:///a.spec.mjs:2:107)"), "{bad}");
        assert_eq!(failures[1].lines, ["error: 'no'"]);
    }

    #[test]
    fn a_report_names_everything_first_and_stays_short() {
        let lines = |count: usize| (0..count).map(|number| format!("line {number}")).collect();
        let one = report(&[Failure { name: "only".into(), lines: lines(1000) }], "the\nend");
        assert!(one.starts_with("1 failed:\n    only\n\n── only ──\nline 0\n"), "{one}");
        assert!(one.contains("lines are left out …") && one.contains("\nline 999\n"), "{one}");
        assert!(one.ends_with("── the end of the output ──\nthe\nend"), "{one}");
        let many: Vec<Failure> =
            (0..500).map(|number| Failure { name: format!("test {number}"), lines: lines(40) }).collect();
        for text in [one, report(&many, CARGO), report(&many[..70], CARGO), report(&many[..20], CARGO)] {
            assert!(text.lines().count() <= LINES + TAIL + 5, "{}", text.lines().count());
        }
        let text = report(&many, "");
        assert!(text.contains("    test 59\n    … and 440 more\n\n── test 0 ──\nline 0\n"), "{text}");
        assert!(text.contains("more are in the log alone"), "{text}");
        let wide = report(&[Failure { name: "x".repeat(10_000), lines: vec!["y".repeat(10_000)] }], "");
        assert!(wide.chars().count() < 4 * COLUMNS);
    }

    #[test]
    fn without_a_named_failure_the_end_is_shown() {
        assert_eq!(of_cargo_test("killed"), []);
        assert_eq!(of_node_test("killed"), []);
        assert!(report(&[], "a\nkilled").ends_with("a\nkilled"));
    }
}
