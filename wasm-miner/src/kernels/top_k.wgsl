// The KEEP best of SPAN logits per workgroup, sorted. Output: KEEP candidates per workgroup.
// Dispatch: ceil(COUNT / SPAN) workgroups.
@group(0) @binding(2) var<storage, read> logits: array<f32>;
@group(0) @binding(3) var<storage, read_write> candidates: array<vec2<u32>>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    for (var item = lid; item < SPAN; item += WIDTH) {
        let index = group.x * SPAN + item;
        var pair = vec2<u32>(0u, 0xffffffffu);
        if (index < COUNT) { pair = vec2<u32>(order_of(logits[index]), index); }
        pairs[item] = pair;
    }
    sort(lid);
    if (lid < KEEP) { candidates[group.x * KEEP + lid] = pairs[lid]; }
}
