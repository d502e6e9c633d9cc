//! Text to tokens and back.

pub mod bytes;
pub mod stream;
pub mod wordpiece;
