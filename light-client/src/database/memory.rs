//! Storage in memory: the twin for tests and native builds.

use super::{Storage, StorageError};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Texts in memory, which can be made to fail.
#[derive(Debug, Default)]
pub struct Memory {
    texts: RefCell<BTreeMap<String, String>>,
    failure: RefCell<Option<StorageError>>,
}

impl Memory {
    /// Fails every access from now on, or works again.
    pub fn fail(&self, with: Option<StorageError>) {
        self.failure.replace(with);
    }

    fn access<T>(&self, work: impl FnOnce(&mut BTreeMap<String, String>) -> T) -> Result<T, StorageError> {
        match &*self.failure.borrow() {
            Some(failure) => Err(failure.clone()),
            None => Ok(work(&mut self.texts.borrow_mut())),
        }
    }
}

impl Storage for Memory {
    fn read<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<Option<String>, StorageError>> {
        async move { self.access(|texts| texts.get(key).cloned()) }.boxed_local()
    }

    fn write<'a>(&'a self, key: &'a str, text: String) -> LocalBoxFuture<'a, Result<(), StorageError>> {
        async move { self.access(|texts| drop(texts.insert(key.to_owned(), text))) }.boxed_local()
    }

    fn remove<'a>(&'a self, key: &'a str) -> LocalBoxFuture<'a, Result<(), StorageError>> {
        async move { self.access(|texts| drop(texts.remove(key))) }.boxed_local()
    }
}
