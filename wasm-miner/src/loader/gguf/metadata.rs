//! The metadata of a GGUF file: keys with typed values, asked for by name.

use std::collections::BTreeMap;

use crate::{error::LoadError, loader::gguf::strings::Strings};

/// A value of the metadata. Lists that nothing asks for are not kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Any whole number from zero on.
    Whole(u64),
    /// A number below zero.
    Negative(i64),
    /// A float.
    Float(f64),
    /// Yes or no.
    Bool(bool),
    /// A text.
    Text(String),
    /// A list of texts.
    Texts(Strings),
    /// A list of numbers.
    Numbers(Vec<f32>),
    /// A list that is not kept.
    Skipped,
}

/// The entries of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    entries: BTreeMap<String, Value>,
}

fn refuse<T>(reason: String) -> Result<T, LoadError> {
    Err(LoadError::Header { reason })
}

impl Metadata {
    /// Adds an entry.
    ///
    /// # Errors
    /// [`LoadError::Header`] for a key that is there already.
    pub fn insert(&mut self, key: String, value: Value) -> Result<(), LoadError> {
        if self.entries.contains_key(&key) {
            return refuse(format!("{key} is there twice"));
        }
        self.entries.insert(key, value);
        Ok(())
    }

    /// Any value.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.get(key)
    }

    /// Takes a value out.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        self.entries.remove(key)
    }

    /// A text, where it is there.
    ///
    /// # Errors
    /// [`LoadError::Header`] for a value of another type.
    pub fn text(&self, key: &str) -> Result<Option<&str>, LoadError> {
        match self.entries.get(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => refuse(format!("{key} is not a text")),
        }
    }

    /// A whole number, where it is there.
    ///
    /// # Errors
    /// [`LoadError::Header`] for a value of another type.
    pub fn whole(&self, key: &str) -> Result<Option<u64>, LoadError> {
        match self.entries.get(key) {
            None => Ok(None),
            Some(Value::Whole(number)) => Ok(Some(*number)),
            Some(_) => refuse(format!("{key} is not a whole number from zero on")),
        }
    }

    /// A count, where it is there.
    ///
    /// # Errors
    /// [`LoadError::Header`] for a value of another type or one beyond memory.
    pub fn count(&self, key: &str) -> Result<Option<usize>, LoadError> {
        let number = self.whole(key)?;
        number
            .map(|number| usize::try_from(number).or_else(|_| refuse(format!("{key} is {number}"))))
            .transpose()
    }

    /// A number, where it is there.
    ///
    /// # Errors
    /// [`LoadError::Header`] for a value of another type.
    pub fn number(&self, key: &str) -> Result<Option<f64>, LoadError> {
        match self.entries.get(key) {
            None => Ok(None),
            Some(Value::Float(number)) => Ok(Some(*number)),
            #[expect(clippy::cast_precision_loss, reason = "a number that was meant to be a float")]
            Some(Value::Whole(number)) => Ok(Some(*number as f64)),
            Some(_) => refuse(format!("{key} is not a number")),
        }
    }

    /// Yes or no, where it is there.
    ///
    /// # Errors
    /// [`LoadError::Header`] for a value of another type.
    pub fn flag(&self, key: &str) -> Result<Option<bool>, LoadError> {
        match self.entries.get(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => refuse(format!("{key} is not yes or no")),
        }
    }
}
