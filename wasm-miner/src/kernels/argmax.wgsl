// The largest of COUNT logits per workgroup of SPAN logits; ties go to the lower token.
// Output: a candidate (order, token) per workgroup. Dispatch: ceil(COUNT / SPAN) workgroups.
@group(0) @binding(2) var<storage, read> logits: array<f32>;
@group(0) @binding(3) var<storage, read_write> candidates: array<vec2<u32>>;
var<workgroup> best: array<vec2<u32>, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    var mine = vec2<u32>(0u, 0xffffffffu);
    for (var index = group.x * SPAN + lid; index < min(COUNT, (group.x + 1u) * SPAN); index += WIDTH) {
        let other = vec2<u32>(order_of(logits[index]), index);
        if (before(other, mine)) { mine = other; }
    }
    best[lid] = mine;
    workgroupBarrier();
    for (var width = WIDTH / 2u; width > 0u; width /= 2u) {
        if (lid < width && before(best[lid + width], best[lid])) { best[lid] = best[lid + width]; }
        workgroupBarrier();
    }
    if (lid == 0u) { candidates[group.x] = best[0]; }
}
