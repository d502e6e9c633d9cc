//! Writes SHA-256's last block and Keccak-256 as WGSL.
//!
//! Both are straight code with named 32-bit values: arrays would be indexed in memory, which costs more than the
//! arithmetic. What is known when the text is written is computed here, so that the zeros of the message and of
//! Keccak's first state cost nothing.

use std::fmt::Write as _;

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
pub(super) const KECCAK_RC: [[u32; 2]; 24] = [
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

/// How Keccak's rounds are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounds {
    /// One after the other.
    Unrolled,
    /// The rounds between the first and the last in a loop.
    Looped,
}

/// The finished text.
#[derive(Debug)]
pub struct Text {
    /// What stays the same over the nonces of an invocation, from the slot's state `a_in` to `h_in`.
    pub once: String,
    /// From `w0`, the block's first word, to `top`, the upper 32 bits of the seal as a little-endian number.
    pub each: String,
    /// 32-bit operations in `each`.
    pub operations: usize,
}

/// Writes the hashes of a message of so many bits.
#[must_use]
pub fn write(rounds: Rounds, message_bits: u32) -> Text {
    let mut once = Code::new("p");
    let mut code = Code::new("v");
    let digest = sha256(&mut once, &mut code, message_bits);
    let top = keccak(&mut code, &digest, rounds);
    _ = writeln!(code.text, "let top = {top};");
    Text { once: once.text, each: code.text, operations: code.operations }
}

/// A 32-bit value: known now, or the name of one.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    Known(u32),
    Named(String),
}

impl Word {
    fn named(name: &str) -> Self {
        Self::Named(name.to_owned())
    }
}

impl std::fmt::Display for Word {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Known(value) => write!(formatter, "{value:#x}u"),
            Self::Named(name) => formatter.write_str(name),
        }
    }
}

/// A lane of Keccak: low word, high word.
type Lane = [Word; 2];

/// Lines of WGSL in the making. Every value gets a name of its own.
struct Code {
    text: String,
    prefix: &'static str,
    values: usize,
    operations: usize,
}

impl Code {
    fn new(prefix: &'static str) -> Self {
        Self { text: String::new(), prefix, values: 0, operations: 0 }
    }

    fn value(&mut self, operations: usize, expression: &str) -> Word {
        let name = format!("{}{}", self.prefix, self.values);
        self.values += 1;
        self.operations += operations;
        // Writing to a string does not fail.
        _ = writeln!(self.text, "let {name} = {expression};");
        Word::Named(name)
    }

    /// Folds words with an operator whose neutral element is zero.
    fn fold(&mut self, words: &[Word], sign: &str, fold: fn(u32, u32) -> u32) -> Word {
        let mut known = 0;
        let mut names = Vec::new();
        for word in words {
            match word {
                Word::Known(value) => known = fold(known, *value),
                Word::Named(name) => names.push(name.clone()),
            }
        }
        if names.is_empty() {
            return Word::Known(known);
        }
        if known != 0 {
            names.push(Word::Known(known).to_string());
        }
        if let [name] = names.as_slice() {
            return Word::Named(name.clone());
        }
        self.value(names.len() - 1, &names.join(sign))
    }

    fn add(&mut self, words: &[Word]) -> Word {
        self.fold(words, " + ", u32::wrapping_add)
    }

    fn xor(&mut self, words: &[Word]) -> Word {
        self.fold(words, " ^ ", |a, b| a ^ b)
    }

    /// SHA-256's mixtures of a word: turned right by `a` and `b`, and turned or shifted right by `c`.
    fn mixed(&mut self, word: &Word, [a, b, c]: [u32; 3], is_shift: bool) -> Word {
        match word {
            Word::Known(x) => {
                let last = if is_shift { x >> c } else { x.rotate_right(c) };
                Word::Known(x.rotate_right(a) ^ x.rotate_right(b) ^ last)
            }
            Word::Named(x) => {
                let last = if is_shift { format!("({x} >> {c}u)") } else { right(x, c) };
                self.value(
                    if is_shift { 9 } else { 11 },
                    &format!("{} ^ {} ^ {last}", right(x, a), right(x, b)),
                )
            }
        }
    }

    /// One word of a lane turned left by `by`: the high one where `high` is set.
    fn turned(&mut self, lane: &Lane, by: u32, high: bool) -> Word {
        // Turning by 32 exchanges the words.
        let [low_word, high_word] = lane;
        let (this, other) = if high != (by >= 32) { (high_word, low_word) } else { (low_word, high_word) };
        match (this, other, by % 32) {
            (this, _, 0) => this.clone(),
            (Word::Known(a), Word::Known(b), by) => Word::Known((a << by) | (b >> (32 - by))),
            (this, Word::Known(0), by) => self.value(1, &format!("{this} << {by}u")),
            (Word::Known(0), other, by) => self.value(1, &format!("{other} >> {}u", 32 - by)),
            (this, other, by) => self.value(3, &format!("({this} << {by}u) | ({other} >> {}u)", 32 - by)),
        }
    }

    /// Keccak's only step that is not linear: `a ^ (!b & c)`.
    fn chi(&mut self, a: &Word, b: &Word, c: &Word) -> Word {
        self.value(3, &format!("{a} ^ (~{b} & {c})"))
    }
}

fn right(x: &str, by: u32) -> String {
    format!("(({x} >> {by}u) | ({x} << {}u))", 32 - by)
}

/// The rounds of the last block and the digest as words of Keccak: word 0 of the block varies, words 1 to 14 are
/// zero, word 15 is the length of the message.
fn sha256(once: &mut Code, code: &mut Code, message_bits: u32) -> Vec<Word> {
    let mut schedule = vec![Word::Known(0); 16];
    if let [first, .., last] = schedule.as_mut_slice() {
        (*first, *last) = (Word::named("w0"), Word::Known(message_bits));
    }
    for index in 16..64 {
        let word = |back: usize| schedule.get(index - back).cloned().unwrap_or(Word::Known(0));
        let (near, far) = (word(2), word(15));
        let terms =
            [code.mixed(&near, [17, 19, 10], true), word(7), code.mixed(&far, [7, 18, 3], true), word(16)];
        let sum = code.add(&terms);
        schedule.push(sum);
    }
    let start = ["a_in", "b_in", "c_in", "d_in", "e_in", "f_in", "g_in", "h_in"].map(Word::named);
    let mut v = start.clone();
    for (round, (word, k)) in schedule.into_iter().zip(SHA256_K).enumerate() {
        // All of the first round but its word is the same for every nonce.
        let to = if round == 0 { &mut *once } else { &mut *code };
        let [a, b, c, d, e, f, g, h] = v;
        let turned_e = to.mixed(&e, [6, 11, 25], false);
        let choice = to.value(3, &format!("{g} ^ ({e} & ({f} ^ {g}))"));
        let turned_a = to.mixed(&a, [2, 13, 22], false);
        let majority = to.value(4, &format!("({a} & {b}) | ({c} & ({a} | {b}))"));
        let known = to.add(&[h, turned_e, choice, Word::Known(k)]);
        let rest = to.add(&[turned_a, majority]);
        let sum = code.add(&[known, word]);
        v = [code.add(&[sum.clone(), rest]), a, b, c, code.add(&[d, sum]), e, f, g];
    }
    let mut digest = Vec::with_capacity(8);
    for (value, start) in v.into_iter().zip(start) {
        let word = code.add(&[value, start]);
        // Keccak reads bytes from the least significant one on.
        let Word::Named(x) = &word else { continue };
        let swapped = format!("({} & 0xff00ff00u) | ({} & 0x00ff00ffu)", right(x, 8), right(x, 24));
        digest.push(code.value(9, &swapped));
    }
    digest
}

/// Keccak-256 of the digest, as far as the upper word of the seal needs it.
fn keccak(code: &mut Code, digest: &[Word], rounds: Rounds) -> Word {
    const ZERO: Word = Word::Known(0);
    let mut state: Vec<Lane> = (0..25)
        .map(|lane| match (digest.get(2 * lane), digest.get(2 * lane + 1), lane) {
            (Some(low), Some(high), _) => [low.clone(), high.clone()],
            (_, _, 4) => [Word::Known(1), ZERO],
            (_, _, 16) => [ZERO, Word::Known(0x8000_0000)],
            _ => [ZERO, ZERO],
        })
        .collect();
    let constant = |round: usize| KECCAK_RC.get(round).copied().unwrap_or([0; 2]).map(Word::Known);
    match rounds {
        Rounds::Unrolled => {
            for round in 0..23 {
                state = round_of(code, &state, &constant(round));
            }
        }
        Rounds::Looped => {
            state = round_of(code, &state, &constant(0));
            let names: Vec<Lane> =
                (0..25).map(|lane| [format!("s{lane}l"), format!("s{lane}h")].map(Word::Named)).collect();
            for (name, value) in names.as_flattened().iter().zip(state.as_flattened()) {
                _ = writeln!(code.text, "var {name} = {value};");
            }
            code.text.push_str("for (var round = 1u; round < 23u; round++) {\n");
            code.text.push_str("let constant = search.constants[round];\n");
            let before = code.operations;
            let next = round_of(code, &names, &["constant.x", "constant.y"].map(Word::named));
            code.operations += 21 * (code.operations - before);
            for (name, value) in names.as_flattened().iter().zip(next.as_flattened()) {
                _ = writeln!(code.text, "{name} = {value};");
            }
            code.text.push_str("}\n");
            state = names;
        }
    }
    let d = theta(code, &state);
    let mut high_of = |lane: usize, by: u32| {
        let zero = [ZERO, ZERO];
        let (lane_words, turn) = (state.get(lane).unwrap_or(&zero), d.get(lane % 5).unwrap_or(&zero));
        let [low, high] = [0, 1].map(|half: usize| {
            let words = [lane_words, turn].map(|lane| lane.get(half).cloned().unwrap_or(ZERO));
            code.xor(&words)
        });
        code.turned(&[low, high], by, true)
    };
    // Lane 3 of the result, from the lanes that rho and pi bring to places 0, 3 and 4.
    let [first, third, fourth] = [(0, 0), (18, 21), (24, 14)].map(|(lane, by)| high_of(lane, by));
    code.chi(&third, &fourth, &first)
}

/// What theta adds to each column.
fn theta(code: &mut Code, state: &[Lane]) -> Vec<Lane> {
    let halves = |x: usize, half: usize| -> Vec<Word> {
        state.iter().skip(x).step_by(5).filter_map(|lane| lane.get(half).cloned()).collect()
    };
    let columns: Vec<Lane> = (0..5).map(|x| [0, 1].map(|half| code.xor(&halves(x, half)))).collect();
    let column = |x: usize| columns.get(x % 5).cloned().unwrap_or([Word::Known(0), Word::Known(0)]);
    (0..5)
        .map(|x| {
            let (left, next) = (column(x + 4), column(x + 1));
            let turned = [code.turned(&next, 1, false), code.turned(&next, 1, true)];
            let [a, b] = left;
            let [c, d] = turned;
            [code.xor(&[a, c]), code.xor(&[b, d])]
        })
        .collect()
}

/// One round.
fn round_of(code: &mut Code, state: &[Lane], constant: &Lane) -> Vec<Lane> {
    let zero: Lane = [Word::Known(0), Word::Known(0)];
    let d = theta(code, state);
    let mut moved = vec![zero.clone(); 25];
    for (index, (lane, by)) in state.iter().zip(KECCAK_ROTATIONS).enumerate() {
        let (x, y) = (index % 5, index / 5);
        let [low, high] = lane.clone();
        let [turn_low, turn_high] = d.get(x).unwrap_or(&zero).clone();
        let mixed = [code.xor(&[low, turn_low]), code.xor(&[high, turn_high])];
        if let Some(to) = moved.get_mut(y + 5 * ((2 * x + 3 * y) % 5)) {
            *to = [code.turned(&mixed, by, false), code.turned(&mixed, by, true)];
        }
    }
    let at = |x: usize, y: usize| moved.get(x % 5 + 5 * y).unwrap_or(&zero);
    let mut next = Vec::with_capacity(25);
    for y in 0..5 {
        for x in 0..5 {
            let [[a, p], [b, q], [c, r]] = [at(x, y), at(x + 1, y), at(x + 2, y)];
            next.push([code.chi(a, b, c), code.chi(p, q, r)]);
        }
    }
    if let Some(first) = next.first_mut() {
        let [low, high] = first.clone();
        let [constant_low, constant_high] = constant.clone();
        *first = [code.xor(&[low, constant_low]), code.xor(&[high, constant_high])];
    }
    next
}
