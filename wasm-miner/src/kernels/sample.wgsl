// Draws the next token: temperature, top-k, top-p, with a random number that depends on seed and position alone.
// Input: COUNT candidates, KEEP per workgroup of top_k. Dispatch: one workgroup.
@group(0) @binding(3) var<storage, read> candidates: array<vec2<u32>>;

fn draw() -> u32 {
    let kept = clamp(state.top_k, 1u, KEEP);
    let peak = value_of(pairs[0].x);
    var total = 0.0;
    for (var index = 0u; index < kept; index++) {
        if (pairs[index].x != 0u) { total += exp((value_of(pairs[index].x) - peak) / state.temperature); }
    }
    var nucleus = 0.0;
    var size = 0u;
    while (size < kept && nucleus < total * state.top_p) {
        if (pairs[size].x != 0u) { nucleus += exp((value_of(pairs[size].x) - peak) / state.temperature); }
        size++;
    }
    let random = philox(vec4<u32>(state.position, 0u, 0u, 0u), vec2<u32>(state.seed_low, state.seed_high));
    let target_sum = nucleus * (f32(random.x >> 8u) / 16777216.0);
    var sum = 0.0;
    for (var index = 0u; index < size; index++) {
        if (pairs[index].x != 0u) { sum += exp((value_of(pairs[index].x) - peak) / state.temperature); }
        if (sum > target_sum) { return pairs[index].y; }
    }
    return pairs[0].y;
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lid: u32) {
    var taken = 0u;
    var held = 0u;
    while (taken < COUNT) {
        for (var item = lid; item < SPAN - held; item += WIDTH) {
            var pair = vec2<u32>(0u, 0xffffffffu);
            if (taken + item < COUNT) { pair = candidates[taken + item]; }
            pairs[held + item] = pair;
        }
        sort(lid);
        taken += SPAN - held;
        held = KEEP;
    }
    if (lid == 0u) { advance(draw()); }
}
