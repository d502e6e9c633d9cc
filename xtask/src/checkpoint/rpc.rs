//! JSON-RPC over HTTP, which Substrate nodes serve on the same port as WebSocket.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use parity_scale_codec::Decode;
use serde_json::{Value, json};

use super::header::Header;

/// Longest time for one answer.
const LIMIT: Duration = Duration::from_secs(60);
/// A finality proof carries headers that we do not need, and they may be many.
const MAX_ANSWER: u64 = 256 * 1024 * 1024;

/// A full node.
pub struct Node {
    agent: ureq::Agent,
    url: String,
}

impl Node {
    /// A node at an address such as `wss://host:443` or `http://127.0.0.1:9944`.
    pub fn new(url: &str) -> Result<Self> {
        let url = match url.split_once("://") {
            Some(("ws", rest)) => format!("http://{rest}"),
            Some(("wss", rest)) => format!("https://{rest}"),
            Some(("http" | "https", _)) => url.to_owned(),
            _ => bail!("{url} is not an address: it starts with wss://, ws://, https:// or http://"),
        };
        let agent = ureq::Agent::config_builder().timeout_global(Some(LIMIT)).build().new_agent();
        Ok(Self { agent, url })
    }

    /// Calls a method. An answer with an error is an error.
    pub fn call(&self, method: &str, parameters: Value) -> Result<Value> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": parameters });
        let mut response = self
            .agent
            .post(&self.url)
            .send_json(&request)
            .with_context(|| format!("{} does not answer {method}", self.url))?;
        let mut answer: Value = response.body_mut().with_config().limit(MAX_ANSWER).read_json()?;
        if let Some(error) = answer.get("error") {
            bail!("{method}: {}", error["message"].as_str().unwrap_or("an error without a message"));
        }
        Ok(answer["result"].take())
    }

    /// Calls a method that gives bytes in hexadecimal.
    pub fn bytes(&self, method: &str, parameters: Value) -> Result<Vec<u8>> {
        let answer = self.call(method, parameters)?;
        unhex(answer.as_str().with_context(|| format!("{method} gave no bytes"))?)
    }

    /// The header of a block, after checking that its hash is the one asked for.
    pub fn header(&self, hash: &[u8; 32]) -> Result<Header> {
        let answer = self.call("chain_getHeader", json!([hex(hash)]))?;
        let header = Header::from_json(&answer)?;
        if header.hash() != *hash {
            bail!("the node's header of {} has another hash: do not use this node", hex(hash));
        }
        Ok(header)
    }

    /// The hash of the block with this number.
    pub fn hash_of(&self, number: u32) -> Result<[u8; 32]> {
        hash(&self.bytes("chain_getBlockHash", json!([number]))?)
    }

    /// Calls a function of the runtime at a block and decodes its result.
    pub fn runtime<T: Decode>(&self, function: &str, at: &[u8; 32]) -> Result<T> {
        let bytes = self.bytes("state_call", json!([function, "0x", hex(at)]))?;
        T::decode(&mut &bytes[..]).map_err(|error| anyhow!("{function} gave something else: {error}"))
    }
}

/// Bytes in hexadecimal, with `0x`.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// Reads bytes in hexadecimal, with `0x`.
pub fn unhex(text: &str) -> Result<Vec<u8>> {
    let digits = text.strip_prefix("0x").context("hexadecimal has to start with 0x")?;
    anyhow::ensure!(digits.len().is_multiple_of(2) && digits.is_ascii(), "not hexadecimal: {text}");
    (0..digits.len())
        .step_by(2)
        .map(|at| {
            let pair = digits.get(at..at + 2).unwrap_or_default();
            u8::from_str_radix(pair, 16).with_context(|| format!("not hexadecimal: {text}"))
        })
        .collect()
}

/// Bytes that have to be a hash.
pub fn hash(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes.try_into().with_context(|| format!("{} bytes are not a hash", bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_comes_back() {
        assert_eq!(hex(&[0, 255, 16]), "0x00ff10");
        assert_eq!(unhex("0x00ff10").unwrap(), [0, 255, 16]);
        for bad in ["00", "0x0", "0xzz", "0xé1"] {
            assert!(unhex(bad).is_err(), "{bad}");
        }
    }
}
