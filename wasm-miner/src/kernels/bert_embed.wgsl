// An encoder's first step: the word, its position in the sentence and the kind of sentence, added up.
// Input: one `batch` entry per token: token, position, where its sentence starts and ends. Words come in shards of
// rows; each shard writes the tokens that it has. Output: CHUNK tokens of STRIDE values, padding included.
// Dispatch: ceil(CHUNK * STRIDE / 4 / WIDTH) workgroups, numbered along x then y.
@group(0) @binding(0) var<storage, read> state: State;
@group(0) @binding(3) var<storage, read> batch: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> positions: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> kinds: array<vec4<f32>>;

@compute @workgroup_size(WIDTH)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lid: u32) {
    let at = (group.x + group.y * groups.x) * WIDTH + lid;
    let token = at / (STRIDE / 4u);
    let index = at % (STRIDE / 4u);
    if (token >= chunk_tokens()) { return; }
    let entry = batch[token];
    if (entry.x < FIRST_ROW || entry.x >= FIRST_ROW + ROWS) { return; }
    output[at] = four(entry.x - FIRST_ROW, index) + positions[entry.y * (STRIDE / 4u) + index] + kinds[index];
}
