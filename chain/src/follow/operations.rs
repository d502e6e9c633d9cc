//! Routes the events of operations to those who wait for them.
//!
//! An operation's events can arrive before the answer that names it, so events of unknown operations wait
//! for a moment.

use super::event::OperationEvent;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use futures::channel::mpsc;

/// Operations whose name is not known yet. A server runs at most some dozens at a time.
const MAX_EARLY: usize = 64;
/// Events that may wait for such an operation.
const MAX_EARLY_EVENTS: usize = 1024;

/// Events of running operations, by operation id.
#[derive(Debug, Default)]
pub(crate) struct Router {
    /// The server stops an operation that is not read by waiting for `continue`, so these are bounded.
    running: BTreeMap<String, mpsc::UnboundedSender<OperationEvent>>,
    early: VecDeque<(String, Vec<OperationEvent>)>,
}

impl Router {
    /// Starts to collect for an operation, with what came before.
    pub(crate) fn register(&mut self, id: String) -> mpsc::UnboundedReceiver<OperationEvent> {
        let (sender, receiver) = mpsc::unbounded();
        let mut is_over = false;
        if let Some(place) = self.early.iter().position(|(early, _)| *early == id) {
            for event in self.early.remove(place).map(|entry| entry.1).unwrap_or_default() {
                is_over |= event.is_last();
                // The receiver is right here.
                let _sent = sender.unbounded_send(event);
            }
        }
        if !is_over {
            self.running.insert(id, sender);
        }
        receiver
    }

    /// Hands an event to whoever waits for it.
    pub(crate) fn route(&mut self, id: String, event: OperationEvent) {
        if let Some(sender) = self.running.get(&id) {
            let is_over = event.is_last() | sender.is_closed();
            // A receiver that is gone has lost interest.
            let _sent = sender.unbounded_send(event);
            if is_over {
                self.running.remove(&id);
            }
            return;
        }
        match self.early.iter_mut().find(|(early, _)| *early == id) {
            Some((_, events)) if events.len() < MAX_EARLY_EVENTS => events.push(event),
            Some(_) => {}
            None => {
                if self.early.len() >= MAX_EARLY {
                    self.early.pop_front();
                }
                self.early.push_back((id, alloc::vec![event]));
            }
        }
    }

    /// Stops collecting. Returns whether the operation was still running.
    pub(crate) fn forget(&mut self, id: &str) -> bool {
        self.running.remove(id).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{FutureExt as _, StreamExt as _};

    #[test]
    fn events_that_come_before_the_answer_are_not_lost() {
        let mut router = Router::default();
        router.route("a".into(), OperationEvent::Items(Vec::new()));
        router.route("a".into(), OperationEvent::StorageDone);
        let mut events = router.register("a".into());
        assert_eq!(events.next().now_or_never(), Some(Some(OperationEvent::Items(Vec::new()))));
        assert_eq!(events.next().now_or_never(), Some(Some(OperationEvent::StorageDone)));
        assert_eq!(events.next().now_or_never(), Some(None));
        assert!(!router.forget("a"));
    }

    #[test]
    fn an_operation_ends_with_its_last_event_or_with_the_router() {
        let mut router = Router::default();
        let mut first = router.register("a".into());
        let mut second = router.register("b".into());
        router.route("a".into(), OperationEvent::Inaccessible);
        assert_eq!(first.next().now_or_never(), Some(Some(OperationEvent::Inaccessible)));
        assert_eq!(first.next().now_or_never(), Some(None));
        assert_eq!(second.next().now_or_never(), None);
        drop(router);
        assert_eq!(second.next().now_or_never(), Some(None));
    }

    #[test]
    fn what_nobody_asked_for_does_not_pile_up() {
        let mut router = Router::default();
        for n in 0..10_000_u32 {
            router.route(alloc::format!("{}", n % 200), OperationEvent::WaitingForContinue);
        }
        assert!(router.early.len() <= MAX_EARLY);
    }
}
