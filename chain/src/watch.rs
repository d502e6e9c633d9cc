//! The newest value of something, for any number of readers that may skip values in between.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::future::poll_fn;
use core::task::{Poll, Waker};

/// The writing end. Dropping it ends all readers.
pub(crate) struct Writer<T> {
    shared: Rc<RefCell<Shared<T>>>,
}

/// A reading end. It sees the newest value only; nothing queues up.
pub struct Watch<T> {
    shared: Rc<RefCell<Shared<T>>>,
    seen: u64,
}

struct Shared<T> {
    value: Option<T>,
    version: u64,
    is_ended: bool,
    wakers: Vec<Waker>,
}

pub(crate) fn watch<T>() -> (Writer<T>, Watch<T>) {
    let shared =
        Rc::new(RefCell::new(Shared { value: None, version: 0, is_ended: false, wakers: Vec::new() }));
    (Writer { shared: Rc::clone(&shared) }, Watch { shared, seen: 0 })
}

impl<T> Writer<T> {
    pub(crate) fn set(&self, value: T) {
        let wakers = {
            let mut shared = self.shared.borrow_mut();
            shared.value = Some(value);
            shared.version = shared.version.wrapping_add(1);
            core::mem::take(&mut shared.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl<T> Drop for Writer<T> {
    fn drop(&mut self) {
        let wakers = {
            let mut shared = self.shared.borrow_mut();
            shared.is_ended = true;
            core::mem::take(&mut shared.wakers)
        };
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl<T> Clone for Watch<T> {
    fn clone(&self) -> Self {
        Self { shared: Rc::clone(&self.shared), seen: 0 }
    }
}

impl<T: Clone> Watch<T> {
    /// The newest value, if there is one yet.
    #[must_use]
    pub fn get(&self) -> Option<T> {
        self.shared.borrow().value.clone()
    }

    /// Waits for a value that this reader has not seen; nothing once the writer is gone.
    pub async fn changed(&mut self) -> Option<T> {
        poll_fn(|context| {
            let mut shared = self.shared.borrow_mut();
            if shared.version != self.seen {
                self.seen = shared.version;
                return Poll::Ready(shared.value.clone());
            }
            if shared.is_ended {
                return Poll::Ready(None);
            }
            if !shared.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                shared.wakers.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[test]
    fn readers_see_the_newest_value_and_the_end() {
        let (writer, mut reader) = watch();
        assert_eq!(reader.changed().now_or_never(), None);
        writer.set(1);
        writer.set(2);
        assert_eq!(reader.changed().now_or_never(), Some(Some(2)));
        assert_eq!(reader.changed().now_or_never(), None);
        drop(writer);
        assert_eq!(reader.changed().now_or_never(), Some(None));
        assert_eq!(reader.get(), Some(2));
    }
}
