// RMS norm on the way in: x * gain, and 1 / rms as a factor on the finished sums. Every workgroup adds up the
// squares for itself, which costs less than a dispatch of its own.
@group(0) @binding(3) var<storage, read> input: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> gain: array<vec4<f32>>;
var<workgroup> squares: array<f32, WIDTH>;

fn prepare(lid: u32) -> f32 {
    var sum = 0.0;
    for (var index = lid; index < STRIDE / 4u; index += WIDTH) {
        let x = input[index];
        sum += dot(x, x);
    }
    squares[lid] = sum;
    workgroupBarrier();
    for (var width = WIDTH / 2u; width > 0u; width /= 2u) {
        if (lid < width) { squares[lid] += squares[lid + width]; }
        workgroupBarrier();
    }
    return inverseSqrt(squares[0] / f32(COLUMNS) + EPSILON);
}

fn input4(index: u32) -> vec4<f32> { return input[index] * gain[index]; }
