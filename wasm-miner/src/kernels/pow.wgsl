// Proof of work: SHA-256, then Keccak-256, over messages that differ in the nonce alone.
// The first two SHA-256 blocks hold the message and the low 40 bits of the nonce; their state comes from the host,
// one per slot. The last block holds the high 24 bits of the nonce, which count up here.
// Input: the slots' states, the two upper words of the target, the Keccak round constants.
// Output: the number of hits and, for the first HITS of them, slot and high bits.
// Dispatch: x = invocations / WIDTH, y = slots; every invocation tries PER_INVOCATION nonces.
struct Search {
    target_high: u32,
    target_low: u32,
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

fn right(x: u32, by: u32) -> u32 { return (x >> by) | (x << (32u - by)); }

fn swap(x: u32) -> u32 {
    return (right(x, 8u) & 0xff00ff00u) | (right(x, 24u) & 0x00ff00ffu);
}

// The two upper words of the seal as a little-endian number: lane 3 of the Keccak output.
fn top_of_seal(slot: u32, high: u32) -> vec2<u32> {
    let w0 = swap(high) | 0x80u;
//@ sha256
//@ keccak
}

@compute @workgroup_size(WIDTH)
fn main(@builtin(global_invocation_id) at: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    for (var round = 0u; round < PER_INVOCATION; round++) {
        let index = round * groups.x * WIDTH + at.x;
        if (index < search.count) {
            let high = search.first + index;
            let top = top_of_seal(at.y, high);
            if (top.y < search.target_high || (top.y == search.target_high && top.x <= search.target_low)) {
                let place = atomicAdd(&hits.count, 1u);
                if (place < HITS) { hits.found[place] = vec2<u32>(at.y, high); }
            }
        }
    }
}
