//! Proof of work on the GPU: the unrolled hashes, the search's buffers and its dispatch.
//!
//! Both hashes are written out as straight code with named values. Arrays would be indexed in memory, which costs
//! more than the arithmetic.

use std::fmt::Write as _;

use crate::{
    error::{DeviceError, KernelError},
    runtime::{Gpu, buffers::Storage, pipeline::Source, recording::Recording},
};

/// SHA-256 states per dispatch.
pub const SLOTS: usize = 16;
/// Hits that come back from one dispatch; more are counted, and found again by a smaller search.
pub const HITS: usize = 30;
/// Nonces under one SHA-256 state: the high 24 bits.
pub const PER_SLOT: u32 = 1 << 24;
const WIDTH: usize = 64;

/// The constants of SHA-256.
const SHA256_K: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

/// The round constants of Keccak, low word first.
const KECCAK_RC: [[u32; 2]; 24] = [
    [0x0000_0001, 0],
    [0x0000_8082, 0],
    [0x0000_808a, 0x8000_0000],
    [0x8000_8000, 0x8000_0000],
    [0x0000_808b, 0],
    [0x8000_0001, 0],
    [0x8000_8081, 0x8000_0000],
    [0x0000_8009, 0x8000_0000],
    [0x0000_008a, 0],
    [0x0000_0088, 0],
    [0x8000_8009, 0],
    [0x8000_000a, 0],
    [0x8000_808b, 0],
    [0x0000_008b, 0x8000_0000],
    [0x0000_8089, 0x8000_0000],
    [0x0000_8003, 0x8000_0000],
    [0x0000_8002, 0x8000_0000],
    [0x0000_0080, 0x8000_0000],
    [0x0000_800a, 0],
    [0x8000_000a, 0x8000_0000],
    [0x8000_8081, 0x8000_0000],
    [0x0000_8080, 0x8000_0000],
    [0x8000_0001, 0],
    [0x8000_8008, 0x8000_0000],
];

/// The rotations of Keccak, by lane `x + 5 y`.
const KECCAK_ROTATIONS: [u32; 25] =
    [0, 1, 62, 28, 27, 36, 44, 6, 55, 20, 3, 10, 43, 25, 39, 41, 45, 15, 21, 8, 18, 2, 61, 56, 14];

/// A word of the message schedule: known now, or the name of a value.
#[derive(Clone)]
enum Word {
    Known(u32),
    Named(String),
}

impl Word {
    fn spread(&self, [a, b]: [u32; 2], shift: u32) -> Self {
        match self {
            Self::Known(x) => Self::Known(x.rotate_right(a) ^ x.rotate_right(b) ^ (x >> shift)),
            Self::Named(x) => {
                Self::Named(format!("(right({x}, {a}u) ^ right({x}, {b}u) ^ ({x} >> {shift}u))"))
            }
        }
    }

    fn sum(words: &[Self]) -> Self {
        let mut known = 0_u32;
        let mut names = Vec::new();
        for word in words {
            match word {
                Self::Known(x) => known = known.wrapping_add(*x),
                Self::Named(x) => names.push(x.clone()),
            }
        }
        if names.is_empty() {
            return Self::Known(known);
        }
        if known != 0 {
            names.push(format!("{known:#x}u"));
        }
        Self::Named(names.join(" + "))
    }
}

/// The rounds of the last block: word 0 varies, words 1 to 14 are zero, word 15 is the length of the message in
/// bits. What is known is computed here.
fn sha256_text(message_bits: u32) -> String {
    let mut text = String::new();
    let mut schedule = vec![Word::Known(0); 64];
    let put = |index: usize, word: Word, schedule: &mut Vec<Word>| {
        if let Some(slot) = schedule.get_mut(index) {
            *slot = word;
        }
    };
    put(0, Word::Named("w0".into()), &mut schedule);
    put(15, Word::Known(message_bits), &mut schedule);
    for index in 16..64 {
        let word = |back: usize| schedule.get(index - back).cloned().unwrap_or(Word::Known(0));
        let sum = Word::sum(&[word(2).spread([17, 19], 10), word(7), word(15).spread([7, 18], 3), word(16)]);
        let sum = match sum {
            Word::Named(sum) => {
                // Writing to a string does not fail.
                _ = writeln!(text, "    let w{index} = {sum};");
                Word::Named(format!("w{index}"))
            }
            known @ Word::Known(_) => known,
        };
        put(index, sum, &mut schedule);
    }
    for (index, name) in ["a", "b", "c", "d", "e", "f", "g", "h"].iter().enumerate() {
        _ = writeln!(text, "    let {name}_in = search.slots[slot][{index}];");
    }
    let mut v: [String; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| format!("{name}_in"));
    for (round, (word, k)) in schedule.iter().zip(SHA256_K).enumerate() {
        let addend = match Word::sum(&[word.clone(), Word::Known(k)]) {
            Word::Known(x) => format!("{x:#x}u"),
            Word::Named(x) => x,
        };
        let [a, b, c, d, e, f, g, h] = v;
        _ = writeln!(
            text,
            "    let t{round} = {h} + (right({e}, 6u) ^ right({e}, 11u) ^ right({e}, 25u)) \
             + ({g} ^ ({e} & ({f} ^ {g}))) + {addend};\n    \
             let e{round} = {d} + t{round};\n    \
             let a{round} = t{round} + (right({a}, 2u) ^ right({a}, 13u) ^ right({a}, 22u)) \
             + (({a} & {b}) | ({c} & ({a} | {b})));"
        );
        v = [format!("a{round}"), a, b, c, format!("e{round}"), e, f, g];
    }
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    for (index, (value, name)) in v.iter().zip(names).enumerate() {
        _ = writeln!(text, "    let digest{index} = swap({value} + {name}_in);");
    }
    text
}

fn rotated(value: &str, by: u32) -> String {
    match by {
        0 => value.to_owned(),
        32.. => {
            let by = by - 32;
            if by == 0 {
                format!("{value}.yx")
            } else {
                format!("(({value}.yx << vec2<u32>({by}u)) | ({value} >> vec2<u32>({}u)))", 32 - by)
            }
        }
        by => format!("(({value} << vec2<u32>({by}u)) | ({value}.yx >> vec2<u32>({}u)))", 32 - by),
    }
}

/// Theta, rho and pi: `b` from `s`.
fn keccak_mix(text: &mut String, needed: &[usize]) {
    for x in 0..5 {
        let column: Vec<String> = (0..5).map(|y| format!("s{}", x + 5 * y)).collect();
        _ = writeln!(text, "        let c{x} = {};", column.join(" ^ "));
    }
    for x in 0..5 {
        let turned = rotated(&format!("c{}", (x + 1) % 5), 1);
        _ = writeln!(text, "        let d{x} = c{} ^ {turned};", (x + 4) % 5);
    }
    for (lane, by) in KECCAK_ROTATIONS.iter().enumerate() {
        let (x, y) = (lane % 5, lane / 5);
        let to = y + 5 * ((2 * x + 3 * y) % 5);
        if needed.contains(&to) {
            _ = writeln!(text, "        let m{lane} = s{lane} ^ d{x};");
            _ = writeln!(text, "        let b{to} = {};", rotated(&format!("m{lane}"), *by));
        }
    }
}

/// Keccak-256 of the digest, as far as the upper words of the seal need it.
fn keccak_text() -> String {
    let mut text = String::new();
    for lane in 0..25 {
        let value = match lane {
            0..4 => format!("vec2<u32>(digest{}, digest{})", 2 * lane, 2 * lane + 1),
            4 => "vec2<u32>(1u, 0u)".into(),
            16 => "vec2<u32>(0u, 0x80000000u)".into(),
            _ => "vec2<u32>()".into(),
        };
        _ = writeln!(text, "    var s{lane} = {value};");
    }
    text.push_str("    for (var round = 0u; round < 23u; round++) {\n");
    keccak_mix(&mut text, &(0..25).collect::<Vec<_>>());
    for y in 0..5 {
        for x in 0..5 {
            let [a, b, c] = [x, (x + 1) % 5, (x + 2) % 5].map(|x| format!("b{}", x + 5 * y));
            let constant = if x + y == 0 { " ^ search.constants[round]" } else { "" };
            _ = writeln!(text, "        s{} = {a} ^ (~{b} & {c}){constant};", x + 5 * y);
        }
    }
    text.push_str("    }\n    {\n");
    keccak_mix(&mut text, &[0, 3, 4]);
    text.push_str("        return b3 ^ (~b4 & b0);\n    }\n");
    text
}

fn source(per_invocation: usize) -> Source {
    let kernel = include_str!("pow.wgsl")
        .replace("//@ sha256\n", &sha256_text(crate::pow::MESSAGE_BYTES as u32 * 8))
        .replace("//@ keccak\n", &keccak_text());
    Source::new("pow")
        .count("WIDTH", WIDTH)
        .count("SLOTS", SLOTS)
        .count("HITS", HITS)
        .count("PER_INVOCATION", per_invocation)
        .part(&kernel)
}

/// A nonce that may be a solution: its upper words are at or below the target's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Which SHA-256 state.
    pub slot: usize,
    /// The high 24 bits of the nonce.
    pub high: u32,
}

/// What one dispatch searches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// SHA-256 states after the first two blocks; at most [`SLOTS`].
    pub states: Vec<[u32; 8]>,
    /// The upper 64 bits of the target.
    pub target_top: u64,
    /// The first high part.
    pub first: u32,
    /// How many high parts; `first + count` is at most [`PER_SLOT`].
    pub count: u32,
}

/// The kernel with its buffers.
#[derive(Debug)]
pub struct PowKernel {
    search: Storage,
    hits: Storage,
    pipeline: crate::runtime::pipeline::Pipeline,
    per_invocation: u32,
}

impl PowKernel {
    /// Compiles the kernel; each invocation tries `per_invocation` nonces.
    ///
    /// # Errors
    /// [`KernelError::Compile`] from the driver.
    pub async fn new(gpu: &Gpu, per_invocation: u32) -> Result<Self, KernelError> {
        let pipeline = gpu.pipeline(&source(per_invocation.max(1) as usize)).await?;
        let search = gpu.storage("pow search", (16 + 24 * 8 + SLOTS * 32) as u64)?;
        let hits = gpu.storage("pow hits", (8 + HITS * 8) as u64)?;
        Ok(Self { search, hits, pipeline, per_invocation: per_invocation.max(1) })
    }

    /// Searches and waits for the hits. The flag says that there were more than could be brought back.
    ///
    /// # Errors
    /// [`KernelError::Shape`] for a search that does not fit, [`KernelError::Device`] where the device fails.
    pub async fn run(&self, gpu: &Gpu, search: &Search) -> Result<(Vec<Hit>, bool), KernelError> {
        let fits = search.first.checked_add(search.count).is_some_and(|end| end <= PER_SLOT);
        if !fits || search.count == 0 || search.states.is_empty() || search.states.len() > SLOTS {
            let reason = format!("{} nonces in {} slots", search.count, search.states.len());
            return Err(KernelError::Shape { kernel: "pow", reason });
        }
        #[expect(clippy::cast_possible_truncation, reason = "the two halves of the target")]
        let mut words =
            vec![(search.target_top >> 32) as u32, search.target_top as u32, search.first, search.count];
        words.extend(KECCAK_RC.as_flattened());
        words.extend(search.states.as_flattened());
        gpu.write(&self.search, 0, bytemuck::cast_slice(&words));
        gpu.write(&self.hits, 0, &[0; 8]);
        let invocations = search.count.div_ceil(self.per_invocation);
        let mut recording = Recording::default();
        let bindings = [(0, &self.search), (1, &self.hits)];
        #[expect(clippy::cast_possible_truncation, reason = "at most SLOTS")]
        let grid = [invocations.div_ceil(WIDTH as u32), search.states.len() as u32];
        if grid[0] > 65_535 {
            return Err(KernelError::Shape { kernel: "pow", reason: format!("{} workgroups", grid[0]) });
        }
        recording.push(gpu, &self.pipeline, &bindings, grid);
        let bytes = gpu.run_and_read(&[&recording], &self.hits, self.hits.bytes()).await?;
        let words: Vec<u32> = bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
        let Some((head, found)) = words.split_at_checked(2) else {
            let reason = "nothing came back".to_owned();
            return Err(DeviceError::ReadBack { reason }.into());
        };
        let count = head.first().copied().unwrap_or(0) as usize;
        let found = found.as_chunks::<2>().0.iter().take(count.min(HITS));
        let hits = found.map(|[slot, high]| Hit { slot: *slot as usize, high: *high }).collect();
        Ok((hits, count > HITS))
    }
}
