//! The document: its clock, its address, its theme, and when it was painted.

use crate::state::preferences::Theme;
use std::cell::RefCell;
use std::collections::VecDeque;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{HtmlElement, MessageChannel, MessagePort};

/// Milliseconds on the page's clock. It never runs backwards.
pub(crate) fn now() -> u64 {
    let millis = web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now());
    whole(millis)
}

/// Milliseconds since 1970.
pub(crate) fn wall_clock() -> u64 {
    whole(js_sys::Date::now())
}

/// A wall-clock time as `18:04:11` in the user's time zone.
pub(crate) fn time_of_day(millis: u64) -> String {
    let seconds = u32::try_from(millis / 1_000).unwrap_or(u32::MAX);
    let date = js_sys::Date::new(&JsValue::from_f64(f64::from(seconds) * 1_000.0));
    format!("{:02}:{:02}:{:02}", date.get_hours(), date.get_minutes(), date.get_seconds())
}

/// The host that served the page.
pub(crate) fn host() -> String {
    web_sys::window().and_then(|window| window.location().hostname().ok()).unwrap_or_default()
}

/// Loads the page again.
pub(crate) fn reload() {
    if let Some(window) = web_sys::window() {
        // A page that may not be loaded again stays as it is.
        let _refused = window.location().reload();
    }
}

/// Whether the page is in sight.
pub(crate) fn is_visible() -> bool {
    document().is_some_and(|document| !document.hidden())
}

/// Puts a theme on the root element.
pub(crate) fn set_theme(theme: Theme) {
    let Some(root) = document().and_then(|document| document.document_element()) else { return };
    let _detached = match theme {
        Theme::System => root.remove_attribute("data-theme"),
        Theme::Light | Theme::Dark => root.set_attribute("data-theme", theme.key()),
    };
}

/// Sets the document's title.
pub(crate) fn set_title(title: &str) {
    if let Some(document) = document() {
        document.set_title(title);
    }
}

thread_local! {
    /// Where the page is drawn before it is put into the document.
    static STAGE: RefCell<Option<HtmlElement>> = const { RefCell::new(None) };
    /// What is to be drawn once the page was painted.
    static LATER: RefCell<Vec<Box<dyn FnOnce()>>> = const { RefCell::new(Vec::new()) };
}

/// Has the page drawn outside the document from now on, until [`raise`].
pub(crate) fn set_stage() {
    let stage = document().and_then(|document| document.create_element("div").ok());
    STAGE.set(stage.and_then(|stage| stage.dyn_into().ok()));
}

/// The element whose children are the page.
pub(crate) fn place() -> Option<HtmlElement> {
    STAGE.with_borrow(Clone::clone).or_else(|| document()?.body())
}

/// Puts what was drawn on the stage in the place of the frame that stood in for it while the program loaded.
pub(crate) fn raise() {
    let Some(document) = document() else { return };
    if let (Some(body), Some(stage)) = (document.body(), STAGE.take()) {
        while let Some(part) = stage.first_child() {
            if body.append_child(&part).is_err() {
                break;
            }
        }
    }
    if let Some(frame) = document.get_element_by_id("boot") {
        frame.remove();
    }
    let go_on = || LATER.take().into_iter().for_each(soon);
    if is_visible() {
        after_paint(go_on);
    } else {
        // Nothing is painted out of sight.
        soon(go_on);
    }
}

/// Calls once the page was raised and painted, so that what is seen first need not wait for it. What comes after
/// that is called at once.
pub(crate) fn later(then: impl FnOnce() + 'static) {
    if STAGE.with_borrow(Option::is_some) {
        LATER.with_borrow_mut(|waiting| waiting.push(Box::new(then)));
    } else {
        then();
    }
}

/// Moves the focus to an element.
pub(crate) fn focus(id: &str) {
    let element = document().and_then(|document| document.get_element_by_id(id));
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _gone = element.focus();
    }
}

/// Moves the focus to an element, where there is one.
pub(crate) fn focus_if_there(id: &str) -> bool {
    let is_there = document().is_some_and(|document| document.get_element_by_id(id).is_some());
    if is_there {
        focus(id);
    }
    is_there
}

/// Whether the focus is in a field where letters are text.
pub(crate) fn is_typing() -> bool {
    let element = document().and_then(|document| document.active_element());
    element.is_some_and(|element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
            || element.has_attribute("contenteditable")
    })
}

/// What is to be called soon, and the port that calls it.
struct Turns {
    waiting: RefCell<VecDeque<Box<dyn FnOnce()>>>,
    port: Option<MessagePort>,
}

impl Turns {
    fn new() -> Self {
        let channel = MessageChannel::new().ok();
        if let Some(channel) = &channel {
            let next = Closure::<dyn Fn()>::new(|| {
                let then = TURNS.with(|turns| turns.waiting.borrow_mut().pop_front());
                if let Some(then) = then {
                    then();
                }
            });
            channel.port1().set_onmessage(Some(next.into_js_value().unchecked_ref()));
        }
        Self { waiting: RefCell::default(), port: channel.map(|channel| channel.port2()) }
    }
}

thread_local! {
    static TURNS: Turns = Turns::new();
}

/// Calls in a task of its own, after what the browser has to do meanwhile. A message wakes it and not a timer:
/// browsers make timers that start each other wait.
pub(crate) fn soon(then: impl FnOnce() + 'static) {
    TURNS.with(|turns| {
        turns.waiting.borrow_mut().push_back(Box::new(then));
        if let Some(port) = &turns.port {
            // Nothing is refused that holds nothing.
            let _sent = port.post_message(&JsValue::NULL);
        }
    });
}

/// Calls once the browser has painted what is drawn now.
pub(crate) fn after_paint(then: impl FnOnce() + 'static) {
    let Some(window) = web_sys::window() else { return then() };
    // The callback of a frame runs before its paint; the task queued from it runs after.
    let callback = Closure::once_into_js(move || soon(then));
    if window.request_animation_frame(callback.unchecked_ref()).is_err() {
        soon(|| ());
    }
}

/// The document.
pub(crate) fn document() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}

/// A non-negative number of the browser's as a whole one.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped, and a clock needs no fraction"
)]
pub(crate) fn whole(number: f64) -> u64 {
    number.clamp(0.0, 9_007_199_254_740_991.0) as u64
}
