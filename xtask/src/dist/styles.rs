//! The style sheets: kept apart in the source, one file in what ships, so that the first paint waits for one.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

const LINK: &str = "<link rel=\"stylesheet\" href=\"/";

/// Puts all style sheets that the document names into one file, in their order, and names that one instead.
pub(super) fn bundle(staging: &Path, html: &str) -> Result<String> {
    let (rest, names) = take_links(html)?;
    let mut styles = String::new();
    for name in &names {
        let file = staging.join(name);
        let text = std::fs::read_to_string(&file).with_context(|| format!("the document names {name}"))?;
        ensure!(!text.contains("@import") && !text.contains("@charset"), "{name} has to come first");
        ensure!(is_balanced(&text), "{name} has a brace too many or too few, which would undo the next one");
        styles.push_str(text.trim_end());
        styles.push('\n');
        std::fs::remove_file(file)?;
    }
    let name = format!("styles-{}.css", super::short_hash(styles.as_bytes()));
    std::fs::write(staging.join(&name), styles)?;
    Ok(rest.replacen(PLACE, &format!("{LINK}{name}\">"), 1))
}

/// Whether every block of a style sheet is closed, and nothing else.
fn is_balanced(styles: &str) -> bool {
    let outside = styles.split("/*").enumerate().map(|(index, part)| match part.split_once("*/") {
        Some((_comment, rest)) if index > 0 => rest,
        _ => part,
    });
    let depth = outside.flat_map(str::chars).try_fold(0_usize, |depth, letter| match letter {
        '{' => Some(depth + 1),
        '}' => depth.checked_sub(1),
        _ => Some(depth),
    });
    depth == Some(0)
}

/// Stands where the first of the links was.
const PLACE: &str = "<!--styles-->";

/// The document without its links to style sheets, and the files that they name.
fn take_links(html: &str) -> Result<(String, Vec<String>)> {
    let (mut rest, mut output, mut names) = (html, String::with_capacity(html.len()), Vec::new());
    while let Some(start) = rest.find(LINK) {
        let (before, link) = rest.split_at(start);
        let end = link.find('>').context("a link does not end")? + 1;
        let (link, after) = link.split_at(end);
        let name = link.strip_prefix(LINK).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        ensure!(name.ends_with(".css") && !name.contains('/'), "{link} is not a style sheet of the page");
        if names.is_empty() {
            output.push_str(before);
            output.push_str(PLACE);
        } else {
            output.push_str(before.trim_end());
        }
        names.push(name.to_owned());
        rest = after;
    }
    ensure!(!names.is_empty(), "the document names no style sheet");
    output.push_str(rest);
    Ok((output, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with some files, which goes away with the value.
    struct Folder(std::path::PathBuf);

    impl Folder {
        fn with(name: &str, files: &[(&str, &str)]) -> Self {
            let folder = std::env::temp_dir().join(format!("lantern-styles-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            for (name, text) in files {
                std::fs::write(folder.join(name), text).unwrap();
            }
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _gone = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn style_sheets_become_one_in_their_order() {
        let folder = Folder::with("bundle", &[("a-1.css", "a{}\n\n"), ("b-2.css", "b{}")]);
        let html = "<head>\n  <link rel=\"stylesheet\" href=\"/b-2.css\" integrity=\"x\"/>\n  \
                    <link rel=\"stylesheet\" href=\"/a-1.css\"/>\n  <title>x</title></head>";
        let bundled = bundle(&folder.0, html).unwrap();
        let files: Vec<_> = std::fs::read_dir(&folder.0).unwrap().map(|file| file.unwrap()).collect();
        let [file] = files.as_slice() else { panic!("{files:?}") };
        let name = file.file_name().into_string().unwrap();
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), "b{}\na{}\n");
        let expected =
            format!("<head>\n  <link rel=\"stylesheet\" href=\"/{name}\">\n  <title>x</title></head>");
        assert_eq!(bundled, expected);
        assert_eq!(crate::headers::cache_control(&name), "public, max-age=31536000, immutable");
    }

    #[test]
    fn what_cannot_be_bundled_is_refused() {
        let folder = Folder::with("refused", &[("a.css", "@import \"b.css\";")]);
        let refuse = |html: &str| assert!(bundle(&folder.0, html).is_err(), "{html}");
        refuse("<head></head>");
        refuse("<link rel=\"stylesheet\" href=\"/gone.css\">");
        refuse("<link rel=\"stylesheet\" href=\"/");
        refuse("<link rel=\"stylesheet\" href=\"/../a.css\">");
        refuse("<link rel=\"stylesheet\" href=\"/a.css\">");
        for (styles, expected) in [("a{b{}}", true), ("/* { */ a{}", true), ("a{", false), ("}a{", false)] {
            assert_eq!(is_balanced(styles), expected, "{styles}");
        }
    }
}
