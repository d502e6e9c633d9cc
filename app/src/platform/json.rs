//! The browser's own JSON parser: files may be megabytes long, and a second parser would have to be shipped.

use wasm_bindgen::{JsCast as _, JsValue};

/// The text in a field of the outermost object.
pub(crate) fn text_field(json: &str, name: &str) -> Option<String> {
    field(&js_sys::JSON::parse(json).ok()?, name)?.as_string()
}

/// The fields of the object that the outermost object holds under `name`, each by what `inner` names in it.
pub(crate) fn texts_in(json: &str, name: &str, inner: &str) -> Option<Vec<(String, String)>> {
    let object = field(&js_sys::JSON::parse(json).ok()?, name)?.dyn_into::<js_sys::Object>().ok()?;
    js_sys::Object::entries(&object)
        .iter()
        .map(|entry| {
            let entry = entry.dyn_into::<js_sys::Array>().ok()?;
            Some((entry.get(0).as_string()?, field(&entry.get(1), inner)?.as_string()?))
        })
        .collect()
}

fn field(value: &JsValue, name: &str) -> Option<JsValue> {
    let found = js_sys::Reflect::get(value, &JsValue::from_str(name)).ok()?;
    (!found.is_undefined()).then_some(found)
}
