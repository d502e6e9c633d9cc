// Attention in SPLITS parts per head, merged on the way in: each part has its largest score, its sum of
// exponentials and an unnormalised vector of HEAD_DIM.
@group(0) @binding(3) var<storage, read> input: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> stats: array<vec2<f32>>;
var<workgroup> shares: array<f32, HEADS * SPLITS>;

fn prepare(lid: u32) -> f32 {
    for (var head = lid; head < HEADS; head += WIDTH) {
        var peak = -1e30;
        for (var part = 0u; part < SPLITS; part++) { peak = max(peak, stats[head * SPLITS + part].x); }
        var total = 0.0;
        for (var part = 0u; part < SPLITS; part++) {
            let stat = stats[head * SPLITS + part];
            total += stat.y * exp(stat.x - peak);
        }
        for (var part = 0u; part < SPLITS; part++) {
            shares[head * SPLITS + part] = exp(stats[head * SPLITS + part].x - peak) / total;
        }
    }
    workgroupBarrier();
    return 1.0;
}

fn input4(index: u32) -> vec4<f32> {
    let head = index / (HEAD_DIM / 4u);
    if (head >= HEADS) { return vec4<f32>(); }
    var sum = vec4<f32>();
    for (var part = 0u; part < SPLITS; part++) {
        let at = (head * SPLITS + part) * (HEAD_DIM / 4u) + index % (HEAD_DIM / 4u);
        sum += input[at] * shares[head * SPLITS + part];
    }
    return sum;
}
