//! Storage in memory: the twin for tests and native builds.

use super::{Storage, StorageError};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Texts and bytes in memory, which can be made to fail.
#[derive(Debug, Default)]
pub struct Memory {
    texts: RefCell<BTreeMap<String, String>>,
    bytes: RefCell<BTreeMap<String, Vec<u8>>>,
    failure: RefCell<Option<StorageError>>,
}

impl Memory {
    /// Fails every access from now on, or works again.
    pub fn fail(&self, with: Option<StorageError>) {
        self.failure.replace(with);
    }

    fn access<T>(&self, work: impl FnOnce() -> T) -> Result<T, StorageError> {
        match &*self.failure.borrow() {
            Some(failure) => Err(failure.clone()),
            None => Ok(work()),
        }
    }
}

impl Storage for Memory {
    fn read<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<Option<String>, StorageError>> {
        async move { self.access(|| self.texts.borrow().get(key).cloned()) }.boxed_local()
    }

    fn write<'a>(&'a self, key: &'a str, text: String) -> LocalBoxFuture<'a, Result<(), StorageError>> {
        async move { self.access(|| drop(self.texts.borrow_mut().insert(key.to_owned(), text))) }
            .boxed_local()
    }

    fn remove<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<(), StorageError>> {
        async move {
            self.access(|| {
                self.texts.borrow_mut().remove(key);
                self.bytes.borrow_mut().remove(key);
            })
        }
        .boxed_local()
    }

    fn read_bytes<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<Option<Vec<u8>>, StorageError>> {
        async move { self.access(|| self.bytes.borrow().get(key).cloned()) }.boxed_local()
    }

    fn write_bytes<'a>(
        &'a self,
        key: &'a str,
        bytes: Vec<u8>,
    ) -> LocalBoxFuture<'a, Result<(), StorageError>> {
        async move { self.access(|| drop(self.bytes.borrow_mut().insert(key.to_owned(), bytes))) }
            .boxed_local()
    }

    fn keys<'a>(&'a self, prefix: &'a str) -> LocalBoxFuture<'a, Result<Vec<String>, StorageError>> {
        async move {
            self.access(|| {
                let (texts, bytes) = (self.texts.borrow(), self.bytes.borrow());
                let mut keys: Vec<_> = texts.keys().chain(bytes.keys()).cloned().collect();
                keys.retain(|key| key.starts_with(prefix));
                keys.sort();
                keys
            })
        }
        .boxed_local()
    }
}
