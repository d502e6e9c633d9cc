// Where generation stands. Only the sampler writes it, so no dispatch of a token needs anything from the host.
struct State {
    position: u32,
    prompt_length: u32,
    token: u32,
    done: u32,
    generated: u32,
    token_limit: u32,
    position_limit: u32,
    end_token: u32,
    seed_low: u32,
    seed_high: u32,
    temperature: f32,
    top_p: f32,
    top_k: u32,
    // Adding this zero keeps a value out of the reach of the compiler's algebra.
    zero: u32,
    reserved_a: u32,
    reserved_b: u32,
    // The tokens chosen last, for the host to read.
    ring: array<u32, RING>,
}
