//! Time: `performance.now`, `Date.now` and timers through gloo.

use gloo_timers::future::TimeoutFuture;
use send_wrapper::SendWrapper;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
unsafe extern "C" {
    // Both a page and a worker have it, under the same name but on objects of different classes.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// Monotonic time.
pub(in crate::platform) fn now() -> Duration {
    Duration::try_from_secs_f64(performance_now() / 1000.0).unwrap_or_default()
}

/// Time since 1970.
pub(in crate::platform) fn unix_time() -> Duration {
    Duration::try_from_secs_f64(js_sys::Date::now() / 1000.0).unwrap_or_default()
}

/// A timer that is cancelled when it is dropped.
pub struct Sleep(SendWrapper<TimeoutFuture>);

/// Waits. Timers count whole milliseconds: a part of one is a whole one here.
pub(crate) fn sleep(duration: Duration) -> Sleep {
    let millis = duration.as_nanos().div_ceil(1_000_000);
    // Timers overflow beyond 24 days; whoever waits that long is woken early and waits again.
    let millis = u32::try_from(millis).unwrap_or(u32::MAX).min(i32::MAX.unsigned_abs());
    Sleep(SendWrapper::new(TimeoutFuture::new(millis)))
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut *self.0).poll(context)
    }
}
