// The best of COUNT candidates becomes the next token. Dispatch: one workgroup of one invocation per WIDTH.
@group(0) @binding(3) var<storage, read> candidates: array<vec2<u32>>;
var<workgroup> best: array<vec2<u32>, WIDTH>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(local_invocation_index) lid: u32) {
    var mine = vec2<u32>(0u, 0xffffffffu);
    for (var index = lid; index < COUNT; index += WIDTH) {
        if (before(candidates[index], mine)) { mine = candidates[index]; }
    }
    best[lid] = mine;
    workgroupBarrier();
    for (var width = WIDTH / 2u; width > 0u; width /= 2u) {
        if (lid < width && before(best[lid + width], best[lid])) { best[lid] = best[lid + width]; }
        workgroupBarrier();
    }
    if (lid == 0u) { advance(best[0].y); }
}
