//! Takes the placeholder `BabeApi` out of what a runtime's wasm says about itself.
//!
//! Finney's runtime lists `AuraApi` and a `BabeApi` without authorities, and so does ours. Light
//! clients that were not changed for that refuse such a chain. For comparing with them there is
//! the same runtime without that entry: the list is a custom section of the wasm, which both the
//! node and light clients read in place of calling the runtime.

use crate::Error;
use lantern_devnet_runtime::opaque::Block;
use sp_api::RuntimeApiInfo;
use sp_consensus_babe::BabeApi;

const SECTION: &str = "runtime_apis";
const HEADER_BYTES: usize = 8;
const CUSTOM_SECTION: u8 = 0;
/// An identifier of eight bytes and a version of four.
const ENTRY_BYTES: usize = 12;

/// The same wasm without `BabeApi` in its list of runtime APIs.
pub fn without_babe(wasm: &[u8]) -> Result<Vec<u8>, Error> {
    let broken = || Error::Genesis("the runtime's wasm has no readable list of APIs".into());
    let (header, mut rest) = wasm.split_at_checked(HEADER_BYTES).ok_or_else(broken)?;
    let mut changed = header.to_vec();
    let mut removed = false;
    while let Some((&id, tail)) = rest.split_first() {
        let (length, tail) = read_leb(tail).ok_or_else(broken)?;
        let (content, tail) = tail.split_at_checked(length).ok_or_else(broken)?;
        let filtered = if id == CUSTOM_SECTION { filter(content).ok_or_else(broken)? } else { None };
        removed |= filtered.is_some();
        let content = filtered.as_deref().unwrap_or(content);
        changed.push(id);
        write_leb(content.len(), &mut changed);
        changed.extend_from_slice(content);
        rest = tail;
    }
    if removed {
        Ok(changed)
    } else {
        Err(broken())
    }
}

/// The content of the custom section without the entry; `Some(None)` when it is another section.
fn filter(content: &[u8]) -> Option<Option<Vec<u8>>> {
    let (name_length, after_length) = read_leb(content)?;
    let (name, entries) = after_length.split_at_checked(name_length)?;
    if name != SECTION.as_bytes() {
        return Some(None);
    }
    let mut kept = content[..content.len() - entries.len()].to_vec();
    for entry in entries.chunks(ENTRY_BYTES) {
        if !entry.starts_with(&<dyn BabeApi<Block> as RuntimeApiInfo>::ID) {
            kept.extend_from_slice(entry);
        }
    }
    Some(Some(kept))
}

fn read_leb(mut bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0usize;
    for shift in (0..35).step_by(7) {
        let (&byte, tail) = bytes.split_first()?;
        bytes = tail;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value, bytes));
        }
    }
    None
}

fn write_leb(mut value: usize, output: &mut Vec<u8>) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            output.push(low);
            return;
        }
        output.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(name: &str, entries: &[u8]) -> Vec<u8> {
        let mut content = vec![name.len() as u8];
        content.extend_from_slice(name.as_bytes());
        content.extend_from_slice(entries);
        let mut section = vec![CUSTOM_SECTION];
        write_leb(content.len(), &mut section);
        section.extend_from_slice(&content);
        section
    }

    #[test]
    fn only_the_entry_of_babe_goes() {
        let other = [7u8; ENTRY_BYTES];
        let mut babe = <dyn BabeApi<Block> as RuntimeApiInfo>::ID.to_vec();
        babe.extend_from_slice(&2u32.to_le_bytes());
        let wasm = |entries: &[u8]| {
            [b"\0asm\x01\0\0\0".to_vec(), section("name", &babe), section(SECTION, entries)].concat()
        };
        let with = wasm(&[other.as_slice(), &babe, &other].concat());
        assert_eq!(without_babe(&with).unwrap(), wasm(&[other, other].concat()));
    }

    #[test]
    fn damaged_wasm_is_an_error() {
        assert!(without_babe(b"\0asm").is_err());
        assert!(without_babe(b"\0asm\x01\0\0\0\x00\xff").is_err());
        assert!(without_babe(b"\0asm\x01\0\0\0").is_err());
    }
}
