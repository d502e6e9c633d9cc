//! What a text hashes to: a chain of SHA-256 over the model, the prompt, and each token with the fingerprint of
//! the logits that it was chosen from.

use sha2::{Digest as _, Sha256};

/// A chain after some tokens. Whoever has the model can check every link of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain([u8; 32]);

impl Chain {
    /// The first link: SHA-256 of a tag, the model's digest, and the prompt with its length, as little-endian words.
    #[must_use]
    pub fn start(model: &[u8; 32], prompt: &[u32]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"lantern-exact/1 text");
        hash.update(model);
        hash.update((prompt.len() as u64).to_le_bytes());
        prompt.iter().for_each(|token| hash.update(token.to_le_bytes()));
        Self(hash.finalize().into())
    }

    /// The next link: SHA-256 of the last one, the token and the four words of the fingerprint.
    #[must_use]
    pub fn then(self, token: u32, fingerprint: [u32; 4]) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(token.to_le_bytes());
        fingerprint.iter().for_each(|word| hash.update(word.to_le_bytes()));
        Self(hash.finalize().into())
    }

    /// The bytes of the link.
    #[must_use]
    pub fn bytes(self) -> [u8; 32] {
        self.0
    }
}

/// The chain over a whole text.
#[must_use]
pub fn of_text(model: &[u8; 32], prompt: &[u32], tokens: &[u32], fingerprints: &[[u32; 4]]) -> [u8; 32] {
    let pairs = tokens.iter().zip(fingerprints);
    pairs.fold(Chain::start(model, prompt), |chain, (token, print)| chain.then(*token, *print)).bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_changes_the_digest() {
        let all = [
            of_text(&[1; 32], &[1, 2], &[3], &[[4, 5, 6, 7]]),
            of_text(&[2; 32], &[1, 2], &[3], &[[4, 5, 6, 7]]),
            of_text(&[1; 32], &[1], &[3], &[[4, 5, 6, 7]]),
            of_text(&[1; 32], &[1, 2], &[2], &[[4, 5, 6, 7]]),
            of_text(&[1; 32], &[1, 2], &[3], &[[4, 5, 6, 8]]),
            of_text(&[1; 32], &[1, 2], &[3, 3], &[[4, 5, 6, 7]; 2]),
            of_text(&[1; 32], &[1, 2, 3], &[], &[]),
        ];
        for (at, digest) in all.iter().enumerate() {
            assert!(!all[..at].contains(digest), "{at}");
        }
    }
}
