// The best of COUNT candidates becomes the next token; their fingerprints add up. Dispatch: one workgroup.
@group(0) @binding(3) var<storage, read> candidates: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read> prints: array<vec4<u32>>;
var<workgroup> best: array<vec2<u32>, WIDTH>;
var<workgroup> sums: array<vec4<u32>, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lid: u32) {
    var mine = vec2<u32>(0u, 0xffffffffu);
    var sum = vec4<u32>();
    for (var index = lid; index < COUNT; index += WIDTH) {
        if (before(candidates[index], mine)) { mine = candidates[index]; }
        sum += prints[index];
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
    if (lid == 0u) { advance(best[0].y, sums[0]); }
}
