//! Rules on the text of files: sizes, opening comments, owners of open ends, machine paths, colours.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Lines of a Rust file before its tests.
const MAX_RUST: usize = 600;
const MAX_MAIN: usize = 50;
const MAX_PAGE: usize = 300;
const MAX_COMPONENT_CSS: usize = 400;
const MAX_WGSL: usize = 250;

/// Checks every file.
pub fn check(root: &Path, files: &[PathBuf]) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for file in files {
        let path = file.to_str().context("a file name is not valid UTF-8")?;
        let is_text = matches!(
            file.extension().and_then(|ending| ending.to_str()),
            Some("rs" | "css" | "wgsl" | "js" | "mjs" | "html" | "toml" | "md" | "sh" | "patch" | "json")
        );
        if !is_text {
            continue;
        }
        let text = std::fs::read_to_string(root.join(file)).with_context(|| format!("cannot read {path}"))?;
        check_file(path, &text, &mut problems);
    }
    Ok(problems)
}

fn check_file(path: &str, text: &str, problems: &mut Vec<String>) {
    let ending = path.rsplit('.').next().unwrap_or_default();
    match ending {
        "rs" => check_rust(path, text, problems),
        "css" => check_css(path, text, problems),
        "wgsl" => limit(path, text.lines().count(), MAX_WGSL, problems),
        _ => {}
    }
    for (index, line) in text.lines().enumerate() {
        let at = format!("{path}:{}", index + 1);
        if matches!(ending, "rs" | "js" | "mjs" | "css" | "wgsl") && open_end_without_owner(line) {
            problems.push(format!("{at}: an open end without an owner: write the mark as TODO(name)"));
        }
        if names_a_machine(line) {
            problems.push(format!("{at}: a path of somebody's machine"));
        }
    }
}

fn check_rust(path: &str, text: &str, problems: &mut Vec<String>) {
    if path.ends_with("/build.rs") || !path.contains("/src/") && !path.contains("/tests/") {
        return;
    }
    let is_of_tests = path.ends_with("tests.rs") || path.contains("/tests/");
    if !is_of_tests && !text.lines().next().is_some_and(|line| line.starts_with("//!")) {
        problems.push(format!("{path}: the first line has to say what the module is for (//!)"));
    }
    let product = text.split("\n#[cfg(test)]\nmod tests").next().unwrap_or(text);
    let lines = product.lines().count();
    let max = match path {
        _ if path.ends_with("/main.rs") => MAX_MAIN,
        _ if path.strip_prefix("app/src/pages/").is_some_and(|rest| !rest.contains('/')) => MAX_PAGE,
        _ => MAX_RUST,
    };
    limit(path, lines, max, problems);
}

fn check_css(path: &str, text: &str, problems: &mut Vec<String>) {
    if path.ends_with("tokens.css") {
        return;
    }
    if path.starts_with("app/src/") {
        limit(path, text.lines().count(), MAX_COMPONENT_CSS, problems);
    }
    for (index, line) in text.lines().enumerate() {
        if has_colour(line) {
            problems.push(format!("{path}:{}: a colour outside tokens.css: use var(--…)", index + 1));
        }
    }
}

fn limit(path: &str, lines: usize, max: usize, problems: &mut Vec<String>) {
    if lines > max {
        problems.push(format!("{path}: {lines} lines, the limit is {max}"));
    }
}

fn open_end_without_owner(line: &str) -> bool {
    // Spelled in two parts so that this file does not break its own rule.
    [concat!("TO", "DO"), concat!("FIX", "ME")].iter().any(|mark| {
        line.split(mark).skip(1).any(|rest| {
            // A longer word, such as a constant's name, is not a mark.
            !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '(')
        })
    })
}

fn names_a_machine(line: &str) -> bool {
    [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")].iter().any(
        |path| {
            line.match_indices(path).any(|(at, _)| {
                // Only an absolute path counts: `at/home/x` in a sentence or a URL's path does not.
                line.get(..at)
                    .and_then(|before| before.chars().last())
                    .is_none_or(|before| matches!(before, ' ' | '"' | '\'' | '(' | '=' | '`' | ':'))
            })
        },
    )
}

/// Whether a line of CSS sets a colour by its value: `#rgb`, `rgb(…)`, `hsl(…)`, `oklch(…)`.
fn has_colour(line: &str) -> bool {
    let code = line.split("/*").next().unwrap_or(line);
    let Some((_, value)) = code.split_once(':') else { return false };
    let functions = ["rgb(", "rgba(", "hsl(", "hsla(", "oklch(", "oklab(", "lab(", "lch("];
    if functions.iter().any(|function| value.contains(function)) {
        return true;
    }
    value.split('#').skip(1).any(|rest| {
        let digits = rest.chars().take_while(char::is_ascii_hexdigit).count();
        let ends =
            rest.chars().nth(digits).is_none_or(|c| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
        matches!(digits, 3 | 4 | 6 | 8) && ends
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, text: &str) -> Vec<String> {
        let mut problems = Vec::new();
        check_file(path, text, &mut problems);
        problems
    }

    #[test]
    fn colours_belong_into_the_tokens() {
        for bad in ["a { color: #fff; }", "  background: rgb(1 2 3);", "  border: 1px solid #12345678;"] {
            assert_eq!(problems("app/styles/base.css", bad).len(), 1, "{bad}");
            assert!(problems("app/styles/tokens.css", bad).is_empty());
        }
        for good in
            ["color: var(--text);", "#face { margin: 0 }", "background: url(#grad-1x);", "/* x: #fff */"]
        {
            assert!(problems("app/styles/base.css", good).is_empty(), "{good}");
        }
    }

    #[test]
    fn open_ends_need_an_owner() {
        let mark = concat!("TO", "DO");
        assert_eq!(problems("a/b.js", &format!("// {mark}: later")).len(), 1);
        assert!(problems("a/b.js", &format!("// {mark}(ada): later")).is_empty());
        assert!(problems("a/b.js", &format!("const {mark}_LIST = 1;")).is_empty());
    }

    #[test]
    fn machine_paths_are_found() {
        assert_eq!(problems("a.md", concat!("see `/ro", "ot/x`")).len(), 1);
        assert!(problems("a.md", "see https://example.org/home/x and a/home/b").is_empty());
    }

    #[test]
    fn rust_files_open_with_their_purpose_and_stay_short() {
        assert_eq!(problems("chain/src/a.rs", "fn f() {}").len(), 1);
        let long = format!("//! A.\n{}", "x\n".repeat(MAX_RUST));
        assert_eq!(problems("chain/src/a.rs", &long).len(), 1);
        let tested = format!("//! A.\n\n#[cfg(test)]\nmod tests {{\n{}}}", "x\n".repeat(MAX_RUST));
        assert!(problems("chain/src/a.rs", &tested).is_empty());
        assert_eq!(problems("app/src/main.rs", &format!("//! A.\n{}", "x\n".repeat(MAX_MAIN))).len(), 1);
    }
}
