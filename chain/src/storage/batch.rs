//! Collects keys, reads them at once, and gives out their values.

use super::key::{self, KeyPart};
use crate::chain::View;
use crate::collect::set_of;
use crate::decode::{DecodeError, FromValue, Value, decode_all};
use crate::error::ReadError;
use crate::metadata::Entry;
use crate::reader::Values;
use alloc::borrow::ToOwned as _;
use alloc::vec::Vec;
use lantern_types::{Available, ProofSource};

/// Keys to be read together.
pub(crate) struct Batch<'v> {
    view: &'v View,
    items: Vec<Item<'v>>,
}

struct Item<'v> {
    /// Pallet and entry, such as `SubtensorModule.SubnetTAO`.
    name: &'static str,
    entry: &'v Entry,
    key: Vec<u8>,
}

/// Where a value of a batch will be found. Empty where the runtime has no such entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot(Option<usize>);

impl Slot {
    /// A slot for something that is not read.
    pub(crate) const NONE: Self = Self(None);
}

/// What was read.
pub(crate) struct Answers<'v> {
    view: &'v View,
    items: Vec<Item<'v>>,
    values: Values,
}

impl<'v> Batch<'v> {
    pub(crate) fn new(view: &'v View) -> Self {
        Self { view, items: Vec::new() }
    }

    /// Adds the key of an entry, such as `SubtensorModule.SubnetTAO` with a netuid.
    pub(crate) fn add(&mut self, name: &'static str, parts: &[KeyPart]) -> Result<Slot, ReadError> {
        let metadata = self.view.metadata();
        let Some(entry) = name.split_once('.').and_then(|(pallet, entry)| metadata.entry(pallet, entry))
        else {
            return Ok(Slot(None));
        };
        if parts.len() != entry.keys.len() {
            // The runtime keys this entry by something else: it is another entry of the same name.
            return Ok(Slot(None));
        }
        let key = match key::key(metadata, entry, parts) {
            Ok(key) => key,
            Err(DecodeError::Unexpected(_)) => return Ok(Slot(None)),
            Err(source) => return Err(ReadError::Undecodable { item: name.to_owned(), source }),
        };
        self.items.push(Item { name, entry, key });
        Ok(Slot(self.items.len().checked_sub(1)))
    }

    /// Reads all keys at the view's block.
    pub(crate) async fn read(self) -> Result<Answers<'v>, ReadError> {
        let keys = set_of(self.items.iter().map(|item| item.key.clone()));
        let keys: Vec<Vec<u8>> = keys.into_iter().collect();
        let values = self.view.values(&keys).await?;
        Ok(Answers { view: self.view, items: self.items, values })
    }
}

impl<'v> Answers<'v> {
    fn item(&self, slot: Slot) -> Option<&Item<'v>> {
        self.items.get(slot.0?)
    }

    fn raw(&self, item: &Item<'v>) -> Option<&[u8]> {
        self.values.get(&item.key)?.as_deref()
    }

    /// Whether something is stored under the key; nothing where the runtime has no such entry.
    pub(crate) fn is_stored(&self, slot: Slot) -> Option<bool> {
        self.item(slot).map(|item| self.raw(item).is_some())
    }

    /// The value, with the runtime's own default for an empty key.
    pub(crate) fn value(&self, slot: Slot) -> Result<Available<Value<'v>>, ReadError> {
        let Some(item) = self.item(slot) else { return Ok(Available::NotInRuntime) };
        let Some(bytes) = self.raw(item).or(item.entry.default.as_deref()) else {
            return Ok(Available::NoRecord);
        };
        decode_all(&self.view.metadata().types, item.entry.value, bytes)
            .map(Available::Value)
            .map_err(|source| ReadError::Undecodable { item: item.name.to_owned(), source })
    }

    /// The value as one of Lantern's types. An entry whose type has become something else is not the one
    /// that this client knows, so it counts as absent from the runtime.
    pub(crate) fn get<T: FromValue>(&self, slot: Slot) -> Result<Available<T>, ReadError> {
        self.take(slot, T::from_value)
    }

    /// Like [`get`](Self::get), only where something is stored: a default is `NoRecord`.
    pub(crate) fn stored<T: FromValue>(&self, slot: Slot) -> Result<Available<T>, ReadError> {
        match self.is_stored(slot) {
            Some(true) => self.get(slot),
            Some(false) => Ok(Available::NoRecord),
            None => Ok(Available::NotInRuntime),
        }
    }

    /// Takes something out of the value.
    pub(crate) fn take<T>(
        &self,
        slot: Slot,
        take: impl FnOnce(&Value<'v>) -> Result<T, DecodeError>,
    ) -> Result<Available<T>, ReadError> {
        let value = match self.value(slot)? {
            Available::Value(value) => value,
            Available::NoRecord => return Ok(Available::NoRecord),
            Available::NotInRuntime => return Ok(Available::NotInRuntime),
        };
        match take(&value) {
            Ok(taken) => Ok(Available::Value(taken)),
            Err(DecodeError::Unexpected(_) | DecodeError::MissingField(_)) => Ok(Available::NotInRuntime),
            Err(source) => {
                let item = self.item(slot).map_or("", |item| item.name).to_owned();
                Err(ReadError::Undecodable { item, source })
            }
        }
    }

    /// What was read, for a provenance.
    pub(crate) fn source(&self, slot: Slot) -> Option<ProofSource> {
        let item = self.item(slot)?;
        Some(ProofSource::Storage {
            entry: item.name.to_owned(),
            key: item.key.clone(),
            value: self.raw(item).map(<[u8]>::to_vec),
        })
    }
}
