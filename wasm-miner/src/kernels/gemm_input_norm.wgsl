// RMS norm on the way in: x * gain, and 1 / rms of each token as a factor on the finished sums. The squares are
// added up while a tile is loaded and lie in `left` at the end, one vector of four tokens per loading invocation.
@group(0) @binding(4) var<storage, read> gain: array<vec4<f32>>;
const NORM: bool = true;

fn shaped(x: vec4<f32>, index: u32) -> vec4<f32> { return x * gain[index]; }

fn factors(token_quad: u32) -> vec4<f32> {
    var sum = vec4<f32>();
    for (var depth = 0u; depth < DEPTH_QUADS; depth++) { sum += left[token_quad * DEPTH_QUADS + depth]; }
    return inverseSqrt(sum / f32(COLUMNS) + vec4<f32>(EPSILON));
}
