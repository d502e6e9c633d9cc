//! Whether the device runs on battery, where the browser tells. `web_sys` marks this interface as unstable, so it
//! is read by name.

use gloo::events::EventListener;
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::EventTarget;

/// Tells now and at every change whether the device runs on battery. Nothing comes where the browser does not say.
/// The listener hears for as long as it is kept.
pub(crate) async fn follow(told: impl Fn(bool) + 'static) -> Option<EventListener> {
    let navigator: JsValue = web_sys::window()?.navigator().into();
    let ask: Function = Reflect::get(&navigator, &"getBattery".into()).ok()?.dyn_into().ok()?;
    let promise: Promise = ask.call0(&navigator).ok()?.dyn_into().ok()?;
    let battery: EventTarget = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    let tell = {
        let battery = battery.clone();
        move || {
            let charging = Reflect::get(&battery, &"charging".into()).ok();
            if let Some(is_charging) = charging.and_then(|value| value.as_bool()) {
                told(!is_charging);
            }
        }
    };
    tell();
    Some(EventListener::new(&battery, "chargingchange", move |_| tell()))
}
