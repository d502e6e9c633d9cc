//! Randomness from the browser's generator.

/// Fills the buffer. The contract of `PlatformRef` wants a panic if that is impossible, since
/// keys made of anything else would be worse than none.
#[expect(clippy::expect_used, reason = "the contract of PlatformRef asks for a panic")]
pub(in crate::platform) fn fill_random(buffer: &mut [u8]) {
    getrandom::getrandom(buffer).expect("the browser has a random number generator");
}
