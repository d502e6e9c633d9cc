//! Bytes to text as they come: characters are held back until they are complete.

/// Collects bytes and gives text away.
#[derive(Debug, Clone, Default)]
pub struct TextStream {
    held: Vec<u8>,
}

impl TextStream {
    /// Takes bytes and returns all text that is complete. Bytes that can never become text turn into the
    /// replacement character, at once.
    pub fn push(&mut self, bytes: impl IntoIterator<Item = u8>) -> String {
        self.held.extend(bytes);
        let mut text = String::new();
        let mut rest = self.held.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    rest = &[];
                    break;
                }
                Err(error) => {
                    let (valid, broken) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    rest = broken;
                    let Some(length) = error.error_len() else { break };
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = rest.get(length..).unwrap_or(&[]);
                }
            }
        }
        self.held = rest.to_vec();
        text
    }

    /// Ends the text: what is incomplete becomes the replacement character.
    pub fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.held)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn characters_wait_until_they_are_complete() {
        let mut stream = TextStream::default();
        assert_eq!(stream.push([b'a', 0xe2, 0x82]), "a");
        assert_eq!(stream.push([0xac, 0xff, b'b']), "€\u{fffd}b");
        assert_eq!(stream.push([0xf0]), "");
        assert_eq!(stream.finish(), "\u{fffd}");
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_text(text in ".*", cuts in proptest::collection::vec(0_usize..8, 0..20)) {
            let mut stream = TextStream::default();
            let (mut got, mut rest) = (String::new(), text.as_bytes());
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                got += &stream.push(piece.iter().copied());
                rest = after;
            }
            got += &stream.push(rest.iter().copied());
            got += &stream.finish();
            prop_assert_eq!(got, text);
        }
    }
}
