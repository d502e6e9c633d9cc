//! A list of strings in one piece of memory: vocabularies have hundreds of thousands.

use crate::error::LoadError;

/// The most bytes of a list: 32 MiB.
const LARGEST: usize = 32 << 20;

/// Strings, one after another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    /// Appends a string.
    ///
    /// # Errors
    /// [`LoadError::Header`] where the list becomes too long.
    pub fn push(&mut self, text: &str) -> Result<(), LoadError> {
        let end = self.text.len() + text.len();
        let Some(end) = u32::try_from(end).ok().filter(|_| end <= LARGEST) else {
            return Err(LoadError::Header {
                reason: format!("a list of strings of more than {LARGEST} bytes"),
            });
        };
        self.text.push_str(text);
        self.ends.push(end);
        Ok(())
    }

    /// Number of strings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// A string.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let begin =
            index.checked_sub(1).and_then(|before| self.ends.get(before)).map_or(0, |end| *end as usize);
        self.text.get(begin..end)
    }

    /// All strings in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl<'a> FromIterator<&'a str> for Strings {
    /// For short lists: what does not fit is left out.
    fn from_iter<T: IntoIterator<Item = &'a str>>(list: T) -> Self {
        let mut strings = Self::default();
        for text in list {
            if strings.push(text).is_err() {
                break;
            }
        }
        strings
    }
}
