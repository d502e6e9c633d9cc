// Proof of work: SHA-256, then Keccak-256, over messages that differ in the nonce alone.
// The first two SHA-256 blocks hold the message and the low 40 bits of the nonce; their state comes from the host,
// one per slot. The last block holds the high 24 bits of the nonce, which count up here.
// Input: the slots' states, the upper word of the target, the Keccak round constants.
// Output: the number of hits and, for the first HITS of them, slot and high bits.
// Dispatch: x = invocations / WIDTH, y = slots; every invocation tries PER_INVOCATION nonces.
struct Search {
    target_high: u32,
    reserved: u32,
    first: u32,
    count: u32,
    constants: array<vec2<u32>, 24>,
    slots: array<array<u32, 8>, SLOTS>,
}
struct Hits {
    count: atomic<u32>,
    reserved: u32,
    found: array<vec2<u32>, HITS>,
}
@group(0) @binding(0) var<storage, read> search: Search;
@group(0) @binding(1) var<storage, read_write> hits: Hits;

fn swap(x: u32) -> u32 {
    return (((x >> 8u) | (x << 24u)) & 0xff00ff00u) | (((x >> 24u) | (x << 8u)) & 0x00ff00ffu);
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) at: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let a_in = search.slots[at.y][0];
    let b_in = search.slots[at.y][1];
    let c_in = search.slots[at.y][2];
    let d_in = search.slots[at.y][3];
    let e_in = search.slots[at.y][4];
    let f_in = search.slots[at.y][5];
    let g_in = search.slots[at.y][6];
    let h_in = search.slots[at.y][7];
//@ once
    for (var step = 0u; step < PER_INVOCATION; step++) {
        let index = step * groups.x * WIDTH + at.x;
        let high = search.first + index;
        let w0 = swap(high) | 0x80u;
//@ hash
        if (top <= search.target_high && index < search.count) {
            let place = atomicAdd(&hits.count, 1u);
            if (place < HITS) { hits.found[place] = vec2<u32>(at.y, high); }
        }
    }
}
