// The largest of COUNT narrow logits per workgroup of SPAN logits, and the fingerprint of those logits.
// Output per workgroup: a candidate (order, token), and four sums. Dispatch: ceil(COUNT / SPAN) workgroups.
@group(0) @binding(2) var<storage, read> logits: array<i32>;
@group(0) @binding(3) var<storage, read_write> candidates: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read_write> prints: array<vec4<u32>>;
var<workgroup> best: array<vec2<u32>, WIDTH>;
var<workgroup> sums: array<vec4<u32>, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lid: u32) {
    var mine = vec2<u32>(0u, 0xffffffffu);
    var sum = vec4<u32>();
    for (var index = group.x * SPAN + lid; index < min(COUNT, (group.x + 1u) * SPAN); index += WIDTH) {
        let logit = bitcast<u32>(logits[index]);
        let other = vec2<u32>(logit ^ 0x80000000u, index);
        if (before(other, mine)) { mine = other; }
        let key = index * 4u;
        sum += vec4<u32>(scramble(logit ^ scramble(key + 1u)), scramble(logit ^ scramble(key + 2u)),
                         scramble(logit ^ scramble(key + 3u)), scramble(logit ^ scramble(key + 4u)));
    }
    best[lid] = mine;
    sums[lid] = sum;
    workgroupBarrier();
    for (var width = WIDTH / 2u; width > 0u; width /= 2u) {
        if (lid < width) {
            if (before(best[lid + width], best[lid])) { best[lid] = best[lid + width]; }
            sums[lid] += sums[lid + width];
        }
        workgroupBarrier();
    }
    if (lid == 0u) {
        candidates[group.x] = best[0];
        prints[group.x] = sums[0];
    }
}
