//! The one scheduler of light requests.
//!
//! A full node bans a client that has more than about twenty light requests in flight, so all of them pass
//! through here, first come, first served.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use futures::channel::oneshot;

/// Light requests in flight per peer that every full node tolerates.
pub(crate) const PER_PEER: usize = 8;

/// Hands out a limited number of permits.
#[derive(Clone)]
pub(crate) struct Limiter {
    inner: Rc<Inner>,
}

struct Inner {
    capacity: Cell<usize>,
    in_flight: Cell<usize>,
    /// Bounded by the callers: each waits with one entry at a time.
    waiting: RefCell<VecDeque<oneshot::Sender<Permit>>>,
    until_finished: RefCell<Vec<oneshot::Sender<()>>>,
}

/// The right to have one light request in flight.
pub(crate) struct Permit {
    inner: Rc<Inner>,
}

impl Limiter {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            inner: Rc::new(Inner {
                capacity: Cell::new(capacity.max(1)),
                in_flight: Cell::new(0),
                waiting: RefCell::new(VecDeque::new()),
                until_finished: RefCell::new(Vec::new()),
            }),
        }
    }

    /// Changes the number of permits. Those that are out stay out.
    pub(crate) fn set_capacity(&self, capacity: usize) {
        self.inner.capacity.set(capacity.max(1));
        Inner::hand_out(&self.inner);
    }

    pub(crate) async fn acquire(&self) -> Permit {
        loop {
            let (sender, receiver) = oneshot::channel();
            self.inner.waiting.borrow_mut().push_back(sender);
            Inner::hand_out(&self.inner);
            // The sender is only dropped without a permit when the limiter is, and we hold it.
            if let Ok(permit) = receiver.await {
                return permit;
            }
        }
    }

    /// Ends when the next request that is in flight has ended; `false` where none is.
    pub(crate) async fn one_finished(&self) -> bool {
        if self.inner.in_flight.get() == 0 {
            return false;
        }
        let (sender, receiver) = oneshot::channel();
        self.inner.until_finished.borrow_mut().push(sender);
        receiver.await.is_ok()
    }
}

impl Inner {
    fn hand_out(this: &Rc<Self>) {
        while this.in_flight.get() < this.capacity.get() {
            let Some(next) = this.waiting.borrow_mut().pop_front() else { return };
            if next.is_canceled() {
                continue;
            }
            this.in_flight.set(this.in_flight.get().saturating_add(1));
            // If the receiver went away in the meantime, the permit comes back by being dropped.
            drop(next.send(Permit { inner: Rc::clone(this) }));
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.inner.in_flight.set(self.inner.in_flight.get().saturating_sub(1));
        let finished = core::mem::take(&mut *self.inner.until_finished.borrow_mut());
        for waiting in finished {
            // Whoever waited may have gone.
            let _sent = waiting.send(());
        }
        Inner::hand_out(&self.inner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[test]
    fn permits_are_limited_and_come_back() {
        let limiter = Limiter::new(2);
        let first = limiter.acquire().now_or_never();
        let second = limiter.acquire().now_or_never();
        assert!(first.is_some() && second.is_some());
        let mut third = alloc::boxed::Box::pin(limiter.acquire());
        let mut finished = alloc::boxed::Box::pin(limiter.one_finished());
        assert!((&mut third).now_or_never().is_none());
        assert!((&mut finished).now_or_never().is_none());
        drop(first);
        assert!((&mut third).now_or_never().is_some());
        assert_eq!((&mut finished).now_or_never(), Some(true));
        drop(second);
        assert_eq!(limiter.one_finished().now_or_never(), Some(false));
    }

    #[test]
    fn a_caller_that_gave_up_does_not_keep_a_permit() {
        let limiter = Limiter::new(1);
        let first = limiter.acquire().now_or_never();
        drop(alloc::boxed::Box::pin(limiter.acquire()).now_or_never());
        drop(first);
        assert!(limiter.acquire().now_or_never().is_some());
        limiter.set_capacity(0);
        assert!(limiter.acquire().now_or_never().is_some());
    }
}
