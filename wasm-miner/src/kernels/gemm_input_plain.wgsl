// The vectors as they are.
const NORM: bool = false;

fn shaped(x: vec4<f32>, index: u32) -> vec4<f32> { return x; }

fn factors(token_quad: u32) -> vec4<f32> { return vec4<f32>(1.0); }
