//! The little of HTTP/1.1 that a static server needs.

use std::{
    collections::BTreeMap,
    io::{BufRead, Read as _, Write},
};

const MAX_HEAD: u64 = 16 * 1024;

/// Why no request could be read.
pub enum ReadError {
    /// The other side closed the connection, or went silent.
    Closed,
    /// What came is not an HTTP request.
    Malformed,
    /// Only GET and HEAD are answered.
    Method,
}

/// The head of a request.
pub struct Request {
    /// The path, still percent-encoded, without the query.
    pub path: String,
    /// Whether the body is to be left out of the answer.
    pub is_head: bool,
    /// Whether the connection ends after the answer.
    pub closes: bool,
    headers: BTreeMap<String, String>,
}

impl Request {
    /// Reads one request.
    pub fn read(reader: &mut impl BufRead) -> Result<Self, ReadError> {
        let mut head = reader.take(MAX_HEAD);
        let first = read_line(&mut head)?.ok_or(ReadError::Closed)?;
        let mut words = first.split(' ');
        let (Some(method), Some(target), Some(version)) = (words.next(), words.next(), words.next()) else {
            return Err(ReadError::Malformed);
        };
        if !version.starts_with("HTTP/1.") || !target.starts_with('/') {
            return Err(ReadError::Malformed);
        }
        let mut headers = BTreeMap::new();
        loop {
            let line = read_line(&mut head)?.ok_or(ReadError::Malformed)?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or(ReadError::Malformed)?;
            headers.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
        if !matches!(method, "GET" | "HEAD") {
            return Err(ReadError::Method);
        }
        let path = target.split(['?', '#']).next().unwrap_or("/").to_owned();
        let closes = version == "HTTP/1.0"
            || headers.get("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        Ok(Self { path, is_head: method == "HEAD", closes, headers })
    }

    /// A header's value by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The first and last byte of the one range asked for, cut to a file of `length` bytes.
    pub fn range(&self, length: usize) -> Option<(usize, usize)> {
        let (from, to) = self.header("range")?.strip_prefix("bytes=")?.split_once('-')?;
        let last = length.checked_sub(1)?;
        let (from, to) = match (from.parse::<usize>().ok(), to.parse::<usize>().ok()) {
            (Some(from), Some(to)) => (from, to.min(last)),
            (Some(from), None) if to.is_empty() => (from, last),
            (None, Some(suffix)) if from.is_empty() => (length.saturating_sub(suffix), last),
            _ => return None,
        };
        (from <= to).then_some((from, to))
    }
}

fn read_line(head: &mut impl BufRead) -> Result<Option<String>, ReadError> {
    let mut line = Vec::new();
    match head.read_until(b'\n', &mut line) {
        Ok(0) | Err(_) => return Ok(None),
        Ok(_) => {}
    }
    if line.pop() != Some(b'\n') {
        return Err(ReadError::Malformed);
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map(Some).map_err(|_not_text| ReadError::Malformed)
}

/// An answer.
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers besides `Content-Length`.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// A short text.
    pub fn plain(status: u16, text: &str) -> Self {
        let headers = vec![("Content-Type", "text/plain; charset=utf-8".to_owned())];
        Self { status, headers, body: format!("{text}\n").into_bytes() }
    }

    /// Writes the answer, without its body for a HEAD request.
    pub fn write(&self, mut stream: impl Write, is_head: bool) -> std::io::Result<()> {
        let reason = match self.status {
            200 => "OK",
            206 => "Partial Content",
            304 => "Not Modified",
            400 => "Bad Request",
            404 => "Not Found",
            405 => "Method Not Allowed",
            _ => "Error",
        };
        let mut answer = format!("HTTP/1.1 {} {reason}\r\n", self.status);
        for (name, value) in &self.headers {
            answer.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.status != 304 {
            answer.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        answer.push_str("\r\n");
        let mut bytes = answer.into_bytes();
        if !is_head && self.status != 304 {
            bytes.extend_from_slice(&self.body);
        }
        stream.write_all(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(header: &str, length: usize) -> Option<(usize, usize)> {
        let text = format!("GET / HTTP/1.1\r\nRange: {header}\r\n\r\n");
        Request::read(&mut text.as_bytes()).ok().unwrap().range(length)
    }

    #[test]
    fn ranges_are_cut_to_the_file() {
        assert_eq!(range("bytes=0-3", 10), Some((0, 3)));
        assert_eq!(range("bytes=4-", 10), Some((4, 9)));
        assert_eq!(range("bytes=-3", 10), Some((7, 9)));
        assert_eq!(range("bytes=4-99", 10), Some((4, 9)));
        for refused in ["bytes=12-", "bytes=5-2", "bytes=x-y", "lines=0-1"] {
            assert_eq!(range(refused, 10), None, "{refused}");
        }
        assert_eq!(range("bytes=0-0", 0), None);
    }
}
