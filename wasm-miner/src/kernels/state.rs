//! Where generation stands, as the shaders see it.

/// The state of one generation: 64 bytes, laid out as `state.wgsl` says.
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct State {
    /// The position that the next run computes.
    pub position: u32,
    /// Positions below this take their token from the prompt.
    pub prompt_length: u32,
    /// The token chosen last.
    pub token: u32,
    /// Not zero when generation has ended; kernels then do nothing.
    pub done: u32,
    /// Tokens chosen so far.
    pub generated: u32,
    /// The most tokens to choose.
    pub token_limit: u32,
    /// Positions in the KV cache.
    pub position_limit: u32,
    /// The token that ends the text, or `u32::MAX`.
    pub end_token: u32,
    /// The seed, low half.
    pub seed_low: u32,
    /// The seed, high half.
    pub seed_high: u32,
    /// Divides the logits; above zero.
    pub temperature: f32,
    /// The share of probability to draw from, in (0, 1].
    pub top_p: f32,
    /// The number of tokens to draw from, 1 to [`crate::kernels::sample::KEEP`].
    pub top_k: u32,
    /// Always zero.
    pub zero: u32,
    /// Not used.
    pub reserved: [u32; 2],
}

/// Its declaration for shaders; needs the constant `RING`.
pub const SHADER: &str = include_str!("state.wgsl");

/// Bytes of the state's buffer: the state, then the ring.
pub const BYTES: u64 = 64 + RING as u64 * 4;

/// Tokens kept for the host between two read-backs.
pub const RING: usize = 64;
