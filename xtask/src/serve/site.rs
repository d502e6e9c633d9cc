//! Which file answers which path.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use super::http::{Request, Response};
use crate::headers;

/// A folder of static files, with a few files from elsewhere.
pub struct Site {
    folder: PathBuf,
    extra: BTreeMap<String, PathBuf>,
}

impl Site {
    /// The files of one folder; `index.html` answers every path that does not look like a file.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, extra: BTreeMap::new() }
    }

    /// Also serves `file` at `path`.
    pub fn with_file(mut self, path: &str, file: PathBuf) -> Self {
        self.extra.insert(path.to_owned(), file);
        self
    }

    /// Answers a request.
    pub fn answer(&self, request: &Request) -> Response {
        let mut response = match self.find(&request.path) {
            Some(file) => answer_with(&file, request),
            None => Response::plain(404, "Not found"),
        };
        response.headers.extend(headers::all(&request.path));
        response.headers.push(("Cache-Control", headers::cache_control(&request.path).to_owned()));
        response
    }

    fn find(&self, path: &str) -> Option<PathBuf> {
        let path = percent_decode(path)?;
        if let Some(file) = self.extra.get(&path) {
            return Some(file.clone());
        }
        let relative = path.trim_start_matches('/');
        if relative.split('/').any(|part| part == ".." || part.contains(['\\', '\0'])) {
            return None;
        }
        let file = self.folder.join(relative);
        if file.is_file() {
            return Some(file);
        }
        let looks_like_a_file = relative.rsplit('/').next().is_some_and(|name| name.contains('.'));
        (!looks_like_a_file).then(|| self.folder.join("index.html"))
    }
}

fn answer_with(file: &Path, request: &Request) -> Response {
    let Ok(metadata) = std::fs::metadata(file) else { return Response::plain(404, "Not found") };
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let tag = format!("\"{:x}-{:x}\"", modified.unwrap_or_default().as_nanos(), metadata.len());
    let mut headers = vec![
        ("Content-Type", content_type(file).to_owned()),
        ("ETag", tag.clone()),
        ("Vary", "Accept-Encoding".to_owned()),
    ];
    if request.header("if-none-match") == Some(tag.as_str()) {
        return Response { status: 304, headers, body: Vec::new() };
    }
    let compressed = if request.header("range").is_some() { None } else { compressed(file, request) };
    let source = match &compressed {
        Some((encoding, path)) => {
            headers.push(("Content-Encoding", (*encoding).to_owned()));
            path.as_path()
        }
        None => {
            headers.push(("Accept-Ranges", "bytes".to_owned()));
            file
        }
    };
    let Ok(body) = std::fs::read(source) else { return Response::plain(404, "Not found") };
    if let Some((from, to)) = request.range(body.len()) {
        headers.push(("Content-Range", format!("bytes {from}-{to}/{}", body.len())));
        let part = body.get(from..=to).unwrap_or_default().to_vec();
        return Response { status: 206, headers, body: part };
    }
    Response { status: 200, headers, body }
}

/// The compressed twin of a file, if it was built with one and the browser takes it.
fn compressed(file: &Path, request: &Request) -> Option<(&'static str, PathBuf)> {
    let accepted = request.header("accept-encoding")?;
    let takes = |encoding: &str| accepted.split(',').any(|word| word.trim() == encoding);
    let twin = |ending: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        Some(PathBuf::from(name)).filter(|path| path.is_file())
    };
    [("br", ".br"), ("gzip", ".gz")]
        .into_iter()
        .filter(|(encoding, _)| takes(encoding))
        .find_map(|(encoding, ending)| Some((encoding, twin(ending)?)))
}

fn content_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn percent_decode(path: &str) -> Option<String> {
    let mut bytes = path.bytes();
    let mut decoded = Vec::with_capacity(path.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            decoded.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_percent_signs() {
        assert_eq!(percent_decode("/a%20b").as_deref(), Some("/a b"));
        assert_eq!(percent_decode("/a%2"), None);
        assert_eq!(percent_decode("/%ff"), None);
    }

    #[test]
    fn names_the_types_that_browsers_check() {
        assert_eq!(content_type(Path::new("a/b.wasm")), "application/wasm");
        assert_eq!(content_type(Path::new("b.js")), "text/javascript; charset=utf-8");
    }
}
