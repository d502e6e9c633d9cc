//! Compressed copies beside the files, and the compressed sizes that the budgets speak of.

use std::{io::Write as _, path::Path};

use anyhow::Result;
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};

/// The endings of files that compress well.
const COMPRESSIBLE: &[&str] = &["html", "js", "wasm", "css", "json", "svg", "txt", "webmanifest"];

/// Compresses with brotli at its highest level.
pub fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let parameters = BrotliEncoderParams { quality: 11, lgwin: 24, ..Default::default() };
    let mut output = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut output, &parameters)?;
    Ok(output)
}

/// Compresses with gzip at its highest level. The header carries no time and no name.
pub fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// The gzip and brotli sizes of a file: those of the copies beside it, else computed. A file whose kind gets no
/// copies, such as a model's weights, is sent as it is.
pub fn sizes(file: &Path, bytes: &[u8]) -> Result<(usize, usize)> {
    if !is_compressible(file) {
        return Ok((bytes.len(), bytes.len()));
    }
    let copy = |ending: &str| std::fs::read(format!("{}.{ending}", file.display())).ok();
    let gzip = match copy("gz") {
        Some(copy) => copy,
        None => gzip(bytes)?,
    };
    let brotli = match copy("br") {
        Some(copy) => copy,
        None => brotli(bytes)?,
    };
    Ok((gzip.len().min(bytes.len()), brotli.len().min(bytes.len())))
}

/// Writes `.br` and `.gz` copies beside every file that gets smaller by it.
pub(super) fn write_copies(folder: &Path) -> Result<()> {
    let mut work = Vec::new();
    collect(folder, &mut work)?;
    // The light client takes as long as all the others together, so each file has its own thread.
    std::thread::scope(|scope| {
        let running: Vec<_> = work.iter().map(|file| scope.spawn(move || write_copies_of(file))).collect();
        running.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_panic| anyhow::bail!("a compressing thread panicked"))
        })
    })
}

fn write_copies_of(file: &Path) -> Result<()> {
    let bytes = std::fs::read(file)?;
    for (ending, compressed) in [("br", brotli(&bytes)?), ("gz", gzip(&bytes)?)] {
        if compressed.len() < bytes.len() {
            std::fs::write(format!("{}.{ending}", file.display()), compressed)?;
        }
    }
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) -> Result<()> {
    for item in std::fs::read_dir(folder)? {
        let item = item?;
        let path = item.path();
        if item.file_type()?.is_dir() {
            collect(&path, files)?;
        } else if is_compressible(&path) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_compressible(file: &Path) -> bool {
    file.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| COMPRESSIBLE.contains(&ending))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn both_formats_come_back_unchanged_and_small() {
        let text = b"light ".repeat(1000);
        let (brotli, gzip) = (brotli(&text).unwrap(), gzip(&text).unwrap());
        assert!(brotli.len() < 50 && gzip.len() < 100);
        let mut back = Vec::new();
        brotli::Decompressor::new(&brotli[..], 4096).read_to_end(&mut back).unwrap();
        assert_eq!(back, text);
        back.clear();
        flate2::read::GzDecoder::new(&gzip[..]).read_to_end(&mut back).unwrap();
        assert_eq!(back, text);
    }
}
