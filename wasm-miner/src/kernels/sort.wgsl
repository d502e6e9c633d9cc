// Sorts SPAN (order, token) pairs in workgroup memory, best first: a bitonic network. SPAN is a power of two.
var<workgroup> pairs: array<vec2<u32>, SPAN>;

fn sort(lid: u32) {
    for (var size = 2u; size <= SPAN; size *= 2u) {
        for (var stride = size / 2u; stride > 0u; stride /= 2u) {
            workgroupBarrier();
            for (var item = lid; item < SPAN / 2u; item += WIDTH) {
                let a = (item / stride) * stride * 2u + item % stride;
                let b = a + stride;
                let falling = (a & size) == 0u;
                let first = pairs[a];
                let second = pairs[b];
                if (before(second, first) == falling) {
                    pairs[a] = second;
                    pairs[b] = first;
                }
            }
        }
    }
    workgroupBarrier();
}
