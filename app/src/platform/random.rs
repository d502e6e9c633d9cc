//! The browser's source of randomness.

/// 32 fresh random bytes; nothing where the browser gives none.
pub(crate) fn entropy() -> Option<[u8; 32]> {
    let crypto = web_sys::window()?.crypto().ok()?;
    let mut bytes = [0; 32];
    crypto.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(bytes)
}
