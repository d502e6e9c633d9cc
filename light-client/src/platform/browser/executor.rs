//! Runs tasks in turns, without keeping the event loop waiting.
//!
//! Tasks that are ready queue up and each gets one poll per round, so none can crowd out the others. A
//! turn ends after a few milliseconds and the next one is ordered through a `MessageChannel`: messages
//! arrive as tasks of the event loop, after what the browser has to do meanwhile, and without the four
//! milliseconds that nested timers cost. Promises would not do: their callbacks run before the
//! browser gets its turn.

use super::timer::now;
use async_task::Runnable;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::Duration;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{MessageChannel, MessagePort};

/// How long a turn may last before the event loop gets its own.
const TURN: Duration = Duration::from_millis(6);

thread_local! {
    static EXECUTOR: Executor = Executor::new();
}

struct Executor {
    ready: RefCell<VecDeque<Runnable>>,
    is_ordered: Cell<bool>,
    /// Where a turn is ordered. Nothing if the browser refuses channels, which no browser does.
    order: Option<MessagePort>,
    _on_turn: Closure<dyn FnMut()>,
}

impl Executor {
    fn new() -> Self {
        let on_turn = Closure::<dyn FnMut()>::new(|| EXECUTOR.with(Self::turn));
        let order = MessageChannel::new().ok().map(|channel| {
            channel.port1().set_onmessage(Some(on_turn.as_ref().unchecked_ref()));
            channel.port2()
        });
        Self { ready: RefCell::new(VecDeque::new()), is_ordered: Cell::new(false), order, _on_turn: on_turn }
    }

    fn push(&self, task: Runnable) {
        self.ready.borrow_mut().push_back(task);
        self.order_turn();
    }

    fn order_turn(&self) {
        if self.is_ordered.replace(true) {
            return;
        }
        if let Some(order) = &self.order {
            // A port refuses only values that cannot be cloned.
            let _cannot_fail = order.post_message(&JsValue::NULL);
        }
    }

    fn turn(&self) {
        self.is_ordered.set(false);
        let end = now() + TURN;
        loop {
            // Taken out first: the task may push others while it runs.
            let next = self.ready.borrow_mut().pop_front();
            let Some(task) = next else { return };
            task.run();
            if now() >= end {
                break;
            }
        }
        if !self.ready.borrow().is_empty() {
            self.order_turn();
        }
    }
}

/// Runs a task until it is done.
pub(crate) fn spawn(task: impl Future<Output = ()> + 'static) {
    let (runnable, task) =
        async_task::spawn_local(task, |runnable| EXECUTOR.with(|executor| executor.push(runnable)));
    task.detach();
    runnable.schedule();
}
