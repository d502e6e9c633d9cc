//! The page: built by Trunk, then freed of inline scripts so that the content security policy can forbid them,
//! and given one style sheet.

use anyhow::{Context as _, Result, ensure};

use super::{Build, Profile, short_hash, styles};
use crate::{cargo::plain, headers, process, tools};

/// Builds the page into the staging folder.
pub(super) fn build(build: &Build<'_>) -> Result<()> {
    let mut trunk = plain("trunk");
    trunk.current_dir(build.root);
    trunk.args(["build", "--release", "--skip-version-check", "--offline=true", "--locked=true"]);
    trunk.args(["--public-url", "/", "--color", "never"]);
    if build.profile == Profile::Quick {
        trunk.args(["--cargo-profile", build.profile.name()]);
    }
    trunk.arg("--dist").arg(&build.staging);
    // Trunk reads these two from the environment as well; a developer's own settings must not reach the build.
    trunk.env_remove("NO_COLOR").env("TRUNK_SKIP_VERSION_CHECK", "true");
    build.compiles(&mut trunk)?;
    tools::on_path(build.root, &mut trunk)?;
    process::run(&mut trunk, "trunk build", &build.logs())?;

    let index = build.staging.join("index.html");
    let html = std::fs::read_to_string(&index).context("Trunk wrote no index.html")?;
    let Externalised { html, scripts } = externalise_scripts(&html)?;
    for (name, text) in scripts {
        std::fs::write(build.staging.join(name), text)?;
    }
    let html = styles::bundle(&build.staging, &html)?;
    std::fs::write(&index, with_policy(&html)?)?;
    Ok(())
}

struct Externalised {
    html: String,
    scripts: Vec<(String, String)>,
}

/// Moves every inline script into a file of its own, named by its content.
fn externalise_scripts(html: &str) -> Result<Externalised> {
    let mut rest = html;
    let mut output = String::with_capacity(html.len());
    let mut scripts = Vec::new();
    while let Some(start) = rest.find("<script") {
        let (before, from_tag) = rest.split_at(start);
        output.push_str(before);
        let open_end = from_tag.find('>').context("a script element does not end")?;
        let (open, body_on) = from_tag.split_at(open_end + 1);
        let close = body_on.find("</script>").context("a script element is not closed")?;
        let (body, after) = body_on.split_at(close);
        if open.contains("src=") {
            ensure!(body.trim().is_empty(), "a script element has both a source and a body");
            output.push_str(open);
        } else {
            let text = format!("{}\n", body.trim());
            let name = format!("boot-{}.js", short_hash(text.as_bytes()));
            output.push_str(&format!("{} src=\"/{name}\">", open.trim_end_matches('>')));
            scripts.push((name, text));
        }
        output.push_str("</script>");
        rest = after.strip_prefix("</script>").unwrap_or(after);
    }
    output.push_str(rest);
    Ok(Externalised { html: output, scripts })
}

/// Puts the content security policy first into the head, and refuses what it would block.
fn with_policy(html: &str) -> Result<String> {
    ensure!(
        !html.contains("http-equiv=\"Content-Security-Policy\""),
        "index.html must not carry a policy of its own"
    );
    ensure!(!html.contains("<style") && !html.contains(" style="), "index.html has an inline style");
    // Trunk's minifier leaves out the tags that HTML does not need, `<head>` among them.
    let start = match html.find("<head>") {
        Some(at) => at + "<head>".len(),
        None => {
            let at = html.find("<html").context("index.html has no html element")?;
            at + html.get(at..).and_then(|rest| rest.find('>')).context("the html tag does not end")? + 1
        }
    };
    let (before, after) = html.split_at(start);
    let policy = headers::meta_content_security_policy();
    Ok(format!("{before}<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_become_files() {
        let html =
            "<head><script type=\"module\">\nstart();\n</script><script src=\"/a.js\"></script></head>";
        let found = externalise_scripts(html).unwrap();
        let [(name, text)] = found.scripts.as_slice() else { panic!("{} scripts", found.scripts.len()) };
        assert_eq!(text, "start();\n");
        let expected = format!(
            "<head><script type=\"module\" src=\"/{name}\"></script><script src=\"/a.js\"></script></head>"
        );
        assert_eq!(found.html, expected);
        assert_eq!(headers::cache_control(name), "public, max-age=31536000, immutable");
    }

    #[test]
    fn broken_scripts_are_refused() {
        assert!(externalise_scripts("<script>never closed").is_err());
        assert!(externalise_scripts("<script").is_err());
    }

    #[test]
    fn the_policy_comes_first_and_styles_are_refused() {
        let html = with_policy("<html><head><title>x</title></head></html>").unwrap();
        assert!(html.starts_with("<html><head><meta http-equiv=\"Content-Security-Policy\""), "{html}");
        assert!(!html.contains("frame-ancestors"));
        let short = with_policy("<!doctype html><html lang=en><title>x</title>").unwrap();
        assert!(short.starts_with("<!doctype html><html lang=en><meta http-equiv=\"Content-S"), "{short}");
        assert!(with_policy("<head></head><p style=\"color:red\">").is_err());
    }
}
